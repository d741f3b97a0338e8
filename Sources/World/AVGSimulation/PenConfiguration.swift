public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// The simulated world: a rectangular pen, the robot in it, its camera and its sensors; `keys` describes each property.
///
/// The x axis runs from the near wall (x = 0) to the far wall, which bears the target; y = 0 is the right wall
/// as seen by a robot that faces the target. The defaults are the pen in which the default learner is known to learn.
public struct PenConfiguration: ConfigurationSection {
  public var penLengthMeters = 1.6
  public var penWidthMeters = 1.2
  public var wallHeightMeters = 0.30
  public var targetWidthMeters = 0.28
  public var targetBottomMeters = 0.03
  public var targetTopMeters = 0.23
  public var targetRed = 45.0
  public var targetGreen = 170.0
  public var targetBlue = 70.0
  public var distractorCount = 0
  public var wheelBaseMillimeters = 235.0
  public var robotRadiusMillimeters = 170.0
  public var nearestStartMeters = 0.2
  public var farthestStartMeters = 0.8
  public var maximumWheelSpeedMillimetersPerSecond = 500.0
  public var motorLag = 0.0
  public var motorDelayCycles = 0
  public var leftWheelGain = 1.0
  public var rightWheelGain = 1.0
  public var wheelSlip = 0.0
  public var encoderNoiseShare = 0.01
  public var wallSlide = 0.5
  public var lightBumpNoiseShare = 0.03
  public var lightBumpNoiseUnits = 0.3
  public var cameraHeightMeters = 0.12
  public var cameraForwardOffsetMeters = 0.12
  public var cameraTiltDegrees = 0.0
  public var cameraPanDegrees = 0.0
  public var horizontalFieldOfViewDegrees = 60.0
  public var lensDirt = 0.0
  public var pixelNoiseLevels = 3.0
  public var cameraFramesPerSecond = 0.0
  public var droppedFrameShare = 0.0
  public var jpegQuality = 0
  public var minimumLightGain = 0.85
  public var maximumLightGain = 1.12
  public var maximumLightTint = 0.03
  public var maximumLightDriftPerSecond = 0.005
  public var maximumTintDriftPerSecond = 0.0
  public var randomization = PenRandomization()
  public var changes: [WorldChange] = []

  public init() {}

  public static let keys: [Key<Self>] = [
    Key(
      "penLengthMeters", \.penLengthMeters, 0.5...20, unit: "m",
      "Distance from the near wall to the far wall, which bears the target."),
    Key(
      "penWidthMeters", \.penWidthMeters, 0.5...20, unit: "m",
      "Distance from the right wall to the left wall."),
    Key("wallHeightMeters", \.wallHeightMeters, 0.01...5, unit: "m", "Height of the walls."),
    Key(
      "targetWidthMeters", \.targetWidthMeters,
      from: 0, to: .of("penWidthMeters", \.penWidthMeters), unit: "m",
      "Width of the target in the middle of the far wall."),
    Key(
      "targetBottomMeters", \.targetBottomMeters,
      from: 0, to: .of("wallHeightMeters", \.wallHeightMeters), unit: "m",
      "Height of the target's lower edge above the floor."),
    Key(
      "targetTopMeters", \.targetTopMeters,
      from: .of("targetBottomMeters", \.targetBottomMeters), to: .of("wallHeightMeters", \.wallHeightMeters),
      unit: "m",
      "Height of the target's upper edge above the floor."),
    Key("targetRed", \.targetRed, 0...255, "The target's red in white light, in levels of 255."),
    Key("targetGreen", \.targetGreen, 0...255, "The target's green in white light."),
    Key("targetBlue", \.targetBlue, 0...255, "The target's blue in white light."),
    Key(
      "distractorCount", \.distractorCount, 0...64,
      "Number of coloured sheets on the walls, none of them green, placed anew for every episode."),
    Key(
      "wheelBaseMillimeters", \.wheelBaseMillimeters, 20...1000, unit: "mm",
      "Distance between the wheels."),
    Key(
      "robotRadiusMillimeters", \.robotRadiusMillimeters,
      from: 20, to: .of("half the pen's shorter side less 11 mm") { $0.largestRobotRadiusMillimeters },
      unit: "mm",
      "Radius of the round body."),
    Key(
      "nearestStartMeters", \.nearestStartMeters,
      from: .of("R", \.robotRadius), to: .of("penLengthMeters − R") { $0.penLengthMeters - $0.robotRadius },
      unit: "m",
      "An episode starts at least this far from the near wall, at any heading."),
    Key(
      "farthestStartMeters", \.farthestStartMeters,
      from: .of("nearestStartMeters", \.nearestStartMeters),
      to: .of("penLengthMeters − R") { $0.penLengthMeters - $0.robotRadius }, unit: "m",
      "An episode starts at most this far from the near wall."),
    Key(
      "maximumWheelSpeedMillimetersPerSecond", \.maximumWheelSpeedMillimetersPerSecond,
      1...5000, unit: "mm/s",
      "Maximum speed of a wheel; faster commands are clamped."),
    Key(
      "motorLag", \.motorLag, 0...0.99,
      "Share of a change of speed that is still missing one cycle later; 0 has no lag."),
    Key(
      "motorDelayCycles", \.motorDelayCycles, 0...20,
      "Delay of commands to the wheels, in whole control cycles."),
    Key(
      "leftWheelGain", \.leftWheelGain, -1...1,
      "What the left wheel makes of a speed: 0.6 is a worn one, −1 one that is connected the wrong way round."
    ),
    Key("rightWheelGain", \.rightWheelGain, -1...1, "What the right wheel makes of a speed."),
    Key(
      "wheelSlip", \.wheelSlip, 0...0.9,
      "Maximum share of its motion that a wheel loses by slipping; drawn anew for each cycle."),
    Key(
      "encoderNoiseShare", \.encoderNoiseShare, 0...1,
      "Standard deviation of an encoder's distance, as a share of the distance of the cycle."),
    Key(
      "wallSlide", \.wallSlide, 0...1,
      "Share of the motion along a wall that remains while the robot rubs against it."),
    Key(
      "lightBumpNoiseShare", \.lightBumpNoiseShare, 0...1,
      "Standard deviation of a light-bump signal, as a share of the reflected light."),
    Key(
      "lightBumpNoiseUnits", \.lightBumpNoiseUnits, 0...100,
      "Standard deviation added to that, in units of the signal (0 … 4095)."),
    Key(
      "cameraHeightMeters", \.cameraHeightMeters, 0.01...5, unit: "m",
      "Height of the lens above the floor."),
    Key(
      "cameraForwardOffsetMeters", \.cameraForwardOffsetMeters,
      from: .of("−R") { -$0.robotRadius }, to: .of("R", \.robotRadius), unit: "m",
      """
      Distance from the robot's centre forward to the lens; a lens outside the body would see through walls.
      """),
    Key("cameraTiltDegrees", \.cameraTiltDegrees, -45...45, unit: "°", "How far the camera looks down."),
    Key("cameraPanDegrees", \.cameraPanDegrees, -45...45, unit: "°", "How far the camera looks to the left."),
    Key(
      "horizontalFieldOfViewDegrees", \.horizontalFieldOfViewDegrees, 5...150, unit: "°",
      "Angle between the left and the right edge of the image."),
    Key(
      "lensDirt", \.lensDirt, 0...1,
      "How much of the light the blurred spots on a dirty lens keep off, in their middle; 0 is a clean lens."),
    Key(
      "pixelNoiseLevels", \.pixelNoiseLevels, 0...40,
      "Standard deviation of each sample's noise, in levels of 255."),
    Key(
      "cameraFramesPerSecond", \.cameraFramesPerSecond,
      allowed: "0, or 1 … 1000", where: { $0 == 0 || (1...1000).contains($0) },
      """
      Frame rate of a camera with a clock of its own, so that images reach the agent at varying ages; 0 takes
      one image at the end of each control cycle.
      """),
    Key(
      "droppedFrameShare", \.droppedFrameShare, 0...0.9,
      """
      Share of images that are dropped. The loop then waits for the next one, as with a real camera: a cycle is
      missed, and if the image comes later than camera.maximumFrameAgeCycles allow, the wheels stop.
      """),
    Key(
      "jpegQuality", \.jpegQuality, 0...100,
      "JPEG quality of the images of 160×90; 0 does not compress them."),
    Key(
      "minimumLightGain", \.minimumLightGain, 0.05...4,
      "The dimmest light of an episode; the colours above are given for a light of 1."),
    Key(
      "maximumLightGain", \.maximumLightGain, from: .of("minimumLightGain", \.minimumLightGain), to: 4,
      "The brightest light of an episode."),
    Key(
      "maximumLightTint", \.maximumLightTint, 0...0.5,
      "Maximum deviation of the light's red, green and blue from white: factors within 1 ± this."),
    Key(
      "maximumLightDriftPerSecond", \.maximumLightDriftPerSecond, 0...1,
      "Maximum change of the light's gain within an episode, per second."),
    Key(
      "maximumTintDriftPerSecond", \.maximumTintDriftPerSecond, 0...1,
      "Maximum change of each of the three factors of its colour within an episode, per second."),
    Key(
      "randomization",
      "Domain randomisation: what else is drawn anew for every episode, uniformly around the settings above.",
      [
        Key(
          "targetLevels", \.randomization.targetLevels, 0...255,
          "Maximum deviation of each channel of the target's colour, in levels of 255."),
        Key(
          "surfaceLevels", \.randomization.surfaceLevels, 0...255,
          "Maximum deviation of each channel of the colours of walls and floor, in levels of 255."),
        Key(
          "cameraTiltDegrees", \.randomization.cameraTiltDegrees,
          from: 0, to: .of("45 less the tilt") { 45 - abs($0.cameraTiltDegrees) }, unit: "°",
          "Maximum deviation of the camera's tilt."),
        Key(
          "cameraHeightMeters", \.randomization.cameraHeightMeters,
          from: 0, to: .of("the height less 0.01") { $0.cameraHeightMeters - 0.01 }, unit: "m",
          "Maximum deviation of the camera's height."),
        Key(
          "fieldOfViewDegrees", \.randomization.fieldOfViewDegrees,
          from: 0,
          to: .of("what keeps it within 5 … 150") { pen in
            min(pen.horizontalFieldOfViewDegrees - 5, 150 - pen.horizontalFieldOfViewDegrees)
          }, unit: "°",
          "Maximum deviation of the camera's angle of view."),
        Key(
          "motorDelayCycles", \.randomization.motorDelayCycles, 0...20,
          "Maximum additional delay of commands to the wheels, in control cycles."),
        Key(
          "wheelSpeedShare", \.randomization.wheelSpeedShare, 0...0.9,
          "Maximum deviation of each wheel's speed, as a share."),
      ]),
    Key(
      "changes", \.changes,
      "How the world changes while a training goes on (docs/learning.md); with the keys of the world as they begin."
    ),
  ]

  /// What is wrong with the changes' order; nil if nothing is.
  public var contradiction: InvalidSetting? {
    for (index, change) in changes.enumerated().dropFirst() where change.step <= changes[index - 1].step {
      return InvalidSetting(
        key: "changes[\(index)].step", value: "\(change.step)",
        allowed: "a step after that of the change before it, \(changes[index - 1].step)")
    }
    return nil
  }

  /// The robot's radius in metres.
  var robotRadius: Double { robotRadiusMillimeters / 1000 }

  /// The greatest radius that leaves the pen wide enough for a start between the walls.
  private var largestRobotRadiusMillimeters: Double {
    (min(penLengthMeters, penWidthMeters) / 2 - startClearance) * 1000 - 1
  }

  /// Free space between the robot and the side walls at the start of an episode, in metres.
  var startClearance: Double { 0.01 }
}
