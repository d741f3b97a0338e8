import AVGCore

/// Where the robot is and where it looks.
public struct Pose: Codable, Hashable, Sendable {
  /// Metres from the near wall to the robot's centre.
  public var x: Double
  /// Metres from the right wall to the robot's centre.
  public var y: Double
  /// Radians from the x axis, counter-clockwise (to the left) positive, −π…π.
  public var heading: Double

  /// Makes a pose.
  public init(x: Double, y: Double, heading: Double) {
    self.x = x
    self.y = y
    self.heading = heading
  }

  /// Whether all three numbers are finite.
  public var isFinite: Bool { x.isFinite && y.isFinite && heading.isFinite }
}

/// The angle in −π…π that points the same way as `angle`, in radians.
func wrappedAngle(_ angle: Double) -> Double {
  Elementary.atan2(Elementary.sin(angle), Elementary.cos(angle))
}
