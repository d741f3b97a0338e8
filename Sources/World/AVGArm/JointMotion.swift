/// Where the joints of an arm are and how fast they turn.
///
/// Each joint follows the speed that it is told, no faster than its acceleration permits.
public struct JointMotion: Codable, Hashable, Sendable {
  /// The angles in radians.
  public var angles: JointVector
  /// The speeds in radians per second.
  public var speeds = JointVector()

  /// Makes joints at rest.
  public init(angles: JointVector) { self.angles = angles }

  /// Lets time go by.
  ///
  /// - Parameters:
  ///   - speeds: what the joints are told.
  ///   - acceleration: the greatest, in rad/s².
  public mutating func advance(
    toward speeds: JointVector, acceleration: Double, seconds: Double
  ) {
    let change = acceleration * seconds
    let next =
      (speeds - self.speeds).clamped(
        lowerBound: JointVector(repeating: -change), upperBound: JointVector(repeating: change)) + self.speeds
    angles += (self.speeds + next) * (seconds / 2)
    self.speeds = next
  }
}
