import AVGCore

/// A scripted driver that knows where it is and drives lap after lap: what a good mover does.
///
/// The lap has the shape of a stadium, two straights and two half-circles, and keeps clear of the walls; from anywhere
/// else a field of directions leads to it (Nelson et al., *Vector Field Path Following for Miniature Air Vehicles*, 2007).
public struct LapDriver: Sendable {
  /// The line whose surroundings the lap is: from one half-circle's centre to the other's, along the longer side.
  private let first: (x: Double, y: Double)
  private let second: (x: Double, y: Double)
  private let radius: Double
  private let wheelBase: Double

  /// Free space between robot and wall, in metres.
  private static let clearance = 0.06
  /// The distance from the lap, in metres, at which the robot drives to it at 45°.
  private static let approach = 0.1
  /// Turn per metre, in radians, for each radian of heading error.
  private static let steering = 8.0
  /// Off by more than this, in radians, the robot turns on the spot.
  private static let aimTolerance = 0.8

  /// Makes a driver for one pen.
  public init(_ configuration: PenConfiguration) {
    let (length, width) = (configuration.penLengthMeters, configuration.penWidthMeters)
    let inset = configuration.robotRadius + Self.clearance
    // In a pen hardly wider than the robot the lap is a turn on the spot.
    radius = max(0.01, min(length, width) / 2 - inset)
    let reach = max(0, max(length, width) / 2 - inset - radius)
    let along = length >= width
    first = (length / 2 - (along ? reach : 0), width / 2 - (along ? 0 : reach))
    second = (length / 2 + (along ? reach : 0), width / 2 + (along ? 0 : reach))
    wheelBase = configuration.wheelBaseMillimeters / 1000
  }

  /// Chooses wheel speeds: the faster wheel at full speed, forward.
  ///
  /// - Parameter action: receives the left and the right wheel's speed, −1…1.
  public func act(at pose: Pose, into action: inout [Float]) {
    precondition(action.count == 2, "a differential drive takes 2 numbers, not \(action.count)")
    let (lineX, lineY) = (second.x - first.x, second.y - first.y)
    let lengthSquared = lineX * lineX + lineY * lineY
    let place =
      lengthSquared == 0
      ? 0 : ((pose.x - first.x) * lineX + (pose.y - first.y) * lineY) / lengthSquared
    let nearest = min(1, max(0, place))
    let outX = pose.x - first.x - nearest * lineX
    let outY = pose.y - first.y - nearest * lineY
    let distance = (outX * outX + outY * outY).squareRoot()
    let outward = Elementary.atan2(outY, outX)
    // With the clock or against it: whichever the robot already looks along.
    let turn: Double = Elementary.cos(pose.heading - outward - .pi / 2) >= 0 ? 1 : -1
    let inward = Elementary.atan((distance - radius) / Self.approach)
    let error = wrappedAngle(outward + turn * (.pi / 2 + inward) - pose.heading)
    if abs(error) > Self.aimTolerance {
      action[0] = error > 0 ? -1 : 1
      action[1] = -action[0]
      return
    }
    let isInBend = place <= 0 || place >= 1
    let turnPerMeter = (isInBend ? turn / radius : 0) + Self.steering * error
    let right = 1 + turnPerMeter * wheelBase / 2
    let left = 1 - turnPerMeter * wheelBase / 2
    let fastest = max(abs(left), abs(right))
    action[0] = Float(left / fastest)
    action[1] = Float(right / fastest)
  }
}
