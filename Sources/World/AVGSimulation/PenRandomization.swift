import AVGCore

/// What of a simulated world is drawn anew for every episode, each uniformly about its setting: domain randomisation
/// (Tobin et al., *Domain Randomization for Transferring Deep Neural Networks from Simulation to the Real World*,
/// IROS 2017). The ranges of light and the sheets on the walls have keys of their own.
public struct PenRandomization: Codable, Hashable, Sendable {
  /// How far each channel of the target's colour may be off, in levels of 255.
  public var targetLevels = 0.0
  /// How far each channel of the colour of each wall and of the floor may be off, in levels of 255.
  public var surfaceLevels = 0.0
  /// How far the camera's tilt may be off, in degrees.
  public var cameraTiltDegrees = 0.0
  /// How far the camera's height may be off, in metres.
  public var cameraHeightMeters = 0.0
  /// How far the angle of view may be off, in degrees.
  public var fieldOfViewDegrees = 0.0
  /// Up to how many more control cycles a command may take to reach the wheels.
  public var motorDelayCycles = 0
  /// How far each wheel's speed may be off, as a share.
  public var wheelSpeedShare = 0.0

  /// Makes settings that draw nothing: every episode is in the same world.
  public init() {}

  /// Checks every key, and that no draw leads out of what the world allows.
  func validate(with pen: PenConfiguration) throws(InvalidSetting) {
    try Self.check("targetLevels", targetLevels, in: 0...255)
    try Self.check("surfaceLevels", surfaceLevels, in: 0...255)
    try Self.check("cameraTiltDegrees", cameraTiltDegrees, in: 0...45 - abs(pen.cameraTiltDegrees))
    try Self.check("cameraHeightMeters", cameraHeightMeters, in: 0...pen.cameraHeightMeters - 0.01)
    let roomBelow = pen.horizontalFieldOfViewDegrees - 5
    let roomAbove = 150 - pen.horizontalFieldOfViewDegrees
    try Self.check("fieldOfViewDegrees", fieldOfViewDegrees, in: 0...min(roomBelow, roomAbove))
    try Self.check("motorDelayCycles", motorDelayCycles, in: 0...20)
    try Self.check("wheelSpeedShare", wheelSpeedShare, in: 0...0.9)
  }

  private static func check<Value: Comparable>(
    _ key: String, _ value: Value, in range: ClosedRange<Value>
  ) throws(InvalidSetting) {
    try InvalidSetting.check("randomization." + key, value, in: range)
  }
}
