public import AVGCreate2

/// The surroundings of an emulated robot, in software.
public protocol EmulatedWorld: ~Copyable {
  /// Lets the robot drive for `EmulatedRobot.tick`.
  mutating func advance(_ speeds: WheelSpeeds)

  /// Writes light bumps and bumps into `senses`.
  mutating func feel(into senses: inout Create2Senses)

  /// The speeds with which the robot finds its dock; nil when it stands there.
  func speedsTowardsDock() -> WheelSpeeds?
}
