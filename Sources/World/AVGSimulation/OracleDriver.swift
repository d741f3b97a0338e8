import AVGCore

/// A scripted driver that knows where it is: the best that a learner can hope to come near.
public struct OracleDriver: Sendable {
  private let targetX: Double
  private let targetY: Double

  /// Off by more than this, in radians, the robot turns on the spot.
  private static let aimTolerance = 0.3

  /// Makes a driver for one pen.
  public init(_ configuration: PenConfiguration) {
    targetX = configuration.penLengthMeters
    targetY = configuration.penWidthMeters / 2
  }

  /// Chooses wheel speeds: turn towards the target, then drive to it, correcting on the way.
  ///
  /// - Parameter action: receives the left and the right wheel's speed, −1…1.
  public func act(at pose: Pose, into action: inout [Float]) {
    precondition(action.count == 2, "a differential drive takes 2 numbers, not \(action.count)")
    let bearing = wrappedAngle(Elementary.atan2(targetY - pose.y, targetX - pose.x) - pose.heading)
    if abs(bearing) > Self.aimTolerance {
      action[0] = bearing > 0 ? -1 : 1
      action[1] = -action[0]
    } else {
      // The inner wheel slows down in proportion to the error.
      let slower = Float(1 - 2 * abs(bearing) / Self.aimTolerance)
      action[0] = bearing > 0 ? slower : 1
      action[1] = bearing > 0 ? 1 : slower
    }
  }
}
