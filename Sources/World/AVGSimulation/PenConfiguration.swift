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
  /// Red of the target in white light, in levels of 255.
  public var targetRed = 45.0
  /// Green of the target in white light, in levels of 255.
  public var targetGreen = 170.0
  /// Blue of the target in white light, in levels of 255.
  public var targetBlue = 70.0
  /// Coloured sheets on the walls that are not the target: other ones in other places in every episode.
  public var distractorCount = 0
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
  /// Control cycles that pass before a command reaches the wheels.
  public var motorDelayCycles = 0
  /// The greatest share of its motion that a slipping wheel loses in a cycle, drawn anew for each.
  public var wheelSlip = 0.0
  /// Standard deviation of the distance that an encoder tells, as a share of the cycle's distance.
  public var encoderNoiseShare = 0.01
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
  /// How far the camera looks down, in degrees.
  public var cameraTiltDegrees = 0.0
  /// Angle between the left and the right edge of the image, in degrees.
  public var horizontalFieldOfViewDegrees = 60.0
  /// Standard deviation of each sample's noise, in levels of 255.
  public var pixelNoiseLevels = 3.0
  /// Images per second; 0 takes one at the end of each control cycle.
  public var cameraFramesPerSecond = 0.0
  /// The share of the images that are lost on the way, 0…0.9.
  public var droppedFrameShare = 0.0
  /// The JPEG quality that images are sent with, 1…100; 0 sends them as they are.
  public var jpegQuality = 0
  /// The dimmest light an episode can have; 1 is the light the colours are given for.
  public var minimumLightGain = 0.85
  /// The brightest light an episode can have.
  public var maximumLightGain = 1.12
  /// How far the light's red, green and blue may each be from white: factors within 1 ± this.
  public var maximumLightTint = 0.03
  /// The fastest that the light's gain can change within an episode, per second.
  public var maximumLightDriftPerSecond = 0.005
  /// The fastest that each factor of the light's colour can change within an episode, per second.
  public var maximumTintDriftPerSecond = 0.0

  /// What else is drawn anew for every episode.
  public var randomization = PenRandomization()

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
    for (key, level) in [
      ("targetRed", targetRed), ("targetGreen", targetGreen), ("targetBlue", targetBlue),
    ] {
      try InvalidSetting.check(key, level, in: 0...255)
    }
    try InvalidSetting.check("distractorCount", distractorCount, in: 0...64)
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
    try InvalidSetting.check("motorDelayCycles", motorDelayCycles, in: 0...20)
    try InvalidSetting.check("wheelSlip", wheelSlip, in: 0...0.9)
    try InvalidSetting.check("encoderNoiseShare", encoderNoiseShare, in: 0...1)
    try InvalidSetting.check("wallSlide", wallSlide, in: 0...1)
    try InvalidSetting.check("lightBumpNoiseShare", lightBumpNoiseShare, in: 0...1)
    try InvalidSetting.check("lightBumpNoiseUnits", lightBumpNoiseUnits, in: 0...100)
    try InvalidSetting.check("cameraHeightMeters", cameraHeightMeters, in: 0.01...5)
    // A lens outside of the body would see through walls.
    try InvalidSetting.check("cameraForwardOffsetMeters", cameraForwardOffsetMeters, in: -radius...radius)
    try InvalidSetting.check("cameraTiltDegrees", cameraTiltDegrees, in: -45...45)
    try InvalidSetting.check("horizontalFieldOfViewDegrees", horizontalFieldOfViewDegrees, in: 5...150)
    try InvalidSetting.check("pixelNoiseLevels", pixelNoiseLevels, in: 0...40)
    // 0 has a meaning of its own.
    if cameraFramesPerSecond != 0 {
      try InvalidSetting.check("cameraFramesPerSecond", cameraFramesPerSecond, in: 1...1000)
    }
    try InvalidSetting.check("droppedFrameShare", droppedFrameShare, in: 0...0.9)
    try InvalidSetting.check("jpegQuality", jpegQuality, in: 0...100)
    try InvalidSetting.check("minimumLightGain", minimumLightGain, in: 0.05...4)
    try InvalidSetting.check("maximumLightGain", maximumLightGain, in: minimumLightGain...4)
    try InvalidSetting.check("maximumLightTint", maximumLightTint, in: 0...0.5)
    try InvalidSetting.check("maximumLightDriftPerSecond", maximumLightDriftPerSecond, in: 0...1)
    try InvalidSetting.check("maximumTintDriftPerSecond", maximumTintDriftPerSecond, in: 0...1)
    try randomization.validate(with: self)
  }

  /// The robot's radius in metres.
  var robotRadius: Double { robotRadiusMillimeters / 1000 }

  /// Free space between the robot and the side walls at the start of an episode, in metres.
  var startClearance: Double { 0.01 }
}
