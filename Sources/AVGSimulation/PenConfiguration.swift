public import AVGCore

/// The simulated world: a rectangular pen, the robot in it, its camera and its sensors.
///
/// The x axis runs from the near wall (x = 0) to the far wall, which bears the target; y = 0 is the right wall
/// as seen by a robot that faces the target.
public struct PenConfiguration: Codable, Hashable, Sendable {
  // MARK: Pen

  /// Distance from the near wall to the far wall, in metres.
  public var penLengthMeters = 1.6
  /// Distance from the right wall to the left wall, in metres.
  public var penWidthMeters = 1.2
  /// Height of the four walls, in metres.
  public var wallHeightMeters = 0.30
  /// Width of the green target, which hangs in the middle of the far wall, in metres.
  public var targetWidthMeters = 0.28
  /// Height of the target's lower edge above the floor, in metres.
  public var targetBottomMeters = 0.03
  /// Height of the target's upper edge above the floor, in metres.
  public var targetTopMeters = 0.23
  /// An episode starts at least this far from the near wall, in metres (and at any heading).
  public var nearestStartMeters = 0.2
  /// An episode starts at most this far from the near wall, in metres.
  public var farthestStartMeters = 0.8

  // MARK: Robot

  /// Distance between the two wheels, in millimetres.
  public var wheelBaseMillimeters = 235.0
  /// Radius of the round body, in millimetres.
  public var robotRadiusMillimeters = 170.0
  /// The fastest that a wheel can turn, in millimetres per second; faster commands are clamped.
  public var maximumWheelSpeedMillimetersPerSecond = 500.0
  /// Share of a change of speed that is still missing after one cycle, 0 (at once) … 0.99.
  public var motorLag = 0.0
  /// Share of the motion along a wall that is left while the robot rubs against it, 0…1.
  public var wallSlide = 0.5
  /// Standard deviation of a light-bump signal, as a share of the reflected light.
  public var lightBumpNoiseShare = 0.03
  /// Standard deviation added to that, in units of the signal (0…4095).
  public var lightBumpNoiseUnits = 0.3

  // MARK: Camera and light

  /// Height of the lens above the floor, in metres.
  public var cameraHeightMeters = 0.12
  /// Distance from the robot's centre forward to the lens, in metres; the camera looks straight ahead.
  public var cameraForwardOffsetMeters = 0.12
  /// Angle between the left and the right edge of the image, in degrees.
  public var horizontalFieldOfViewDegrees = 60.0
  /// Standard deviation of each sample's noise, in levels of 255.
  public var pixelNoiseLevels = 3.0
  /// The dimmest light an episode can have; 1 is the light the colours are given for.
  public var minimumLightGain = 0.85
  /// The brightest light an episode can have.
  public var maximumLightGain = 1.12
  /// How far the light's red, green and blue may each be from white: factors within 1 ± this.
  public var maximumLightTint = 0.03
  /// The fastest that the light's gain can change within an episode, per second.
  public var maximumLightDriftPerSecond = 0.005

  /// Makes the pen in which the default learner is known to learn.
  public init() {}

  /// Checks every key.
  public func validate() throws(InvalidSetting) {
    try InvalidSetting.check("penLengthMeters", penLengthMeters, in: 0.5...20)
    try InvalidSetting.check("penWidthMeters", penWidthMeters, in: 0.5...20)
    try InvalidSetting.check("wallHeightMeters", wallHeightMeters, in: 0.01...5)
    try InvalidSetting.check("targetWidthMeters", targetWidthMeters, in: 0...penWidthMeters)
    try InvalidSetting.check("targetBottomMeters", targetBottomMeters, in: 0...wallHeightMeters)
    try InvalidSetting.check("targetTopMeters", targetTopMeters, in: targetBottomMeters...wallHeightMeters)
    try InvalidSetting.check("wheelBaseMillimeters", wheelBaseMillimeters, in: 20...1000)
    // The pen stays wide enough for a start between the walls.
    let largestRadius = (min(penLengthMeters, penWidthMeters) / 2 - startClearance) * 1000 - 1
    try InvalidSetting.check("robotRadiusMillimeters", robotRadiusMillimeters, in: 20...largestRadius)
    let radius = robotRadius
    try InvalidSetting.check("nearestStartMeters", nearestStartMeters, in: radius...penLengthMeters - radius)
    try InvalidSetting.check(
      "farthestStartMeters", farthestStartMeters, in: nearestStartMeters...penLengthMeters - radius)
    try InvalidSetting.check(
      "maximumWheelSpeedMillimetersPerSecond", maximumWheelSpeedMillimetersPerSecond, in: 1...5000)
    try InvalidSetting.check("motorLag", motorLag, in: 0...0.99)
    try InvalidSetting.check("wallSlide", wallSlide, in: 0...1)
    try InvalidSetting.check("lightBumpNoiseShare", lightBumpNoiseShare, in: 0...1)
    try InvalidSetting.check("lightBumpNoiseUnits", lightBumpNoiseUnits, in: 0...100)
    try InvalidSetting.check("cameraHeightMeters", cameraHeightMeters, in: 0.01...5)
    // A lens outside of the body would see through walls.
    try InvalidSetting.check("cameraForwardOffsetMeters", cameraForwardOffsetMeters, in: -radius...radius)
    try InvalidSetting.check("horizontalFieldOfViewDegrees", horizontalFieldOfViewDegrees, in: 5...150)
    try InvalidSetting.check("pixelNoiseLevels", pixelNoiseLevels, in: 0...40)
    try InvalidSetting.check("minimumLightGain", minimumLightGain, in: 0.05...4)
    try InvalidSetting.check("maximumLightGain", maximumLightGain, in: minimumLightGain...4)
    try InvalidSetting.check("maximumLightTint", maximumLightTint, in: 0...0.5)
    try InvalidSetting.check("maximumLightDriftPerSecond", maximumLightDriftPerSecond, in: 0...1)
  }

  /// The robot's radius in metres.
  var robotRadius: Double { robotRadiusMillimeters / 1000 }

  /// Free space between the robot and the side walls at the start of an episode, in metres.
  var startClearance: Double { 0.01 }
}
