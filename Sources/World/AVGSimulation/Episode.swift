public import AVGCore

/// What of the world stays as it is through an episode.
public struct Episode: Codable, Hashable, Sendable {
  /// How the camera is mounted.
  public internal(set) var mount: CameraMount
  /// The target's colour in white light, levels of 255.
  var targetColor = Color.black
  /// What is added to the colours of the four walls, in the order of `Pen.Wall`, and of the floor.
  var surfaceOffsets: [Color]
  /// The sheets on the walls.
  var distractors: [Distractor]
  /// Control cycles that pass before a command reaches the wheels.
  public internal(set) var motorDelayCycles = 0
  /// What the left wheel makes of its speed.
  public internal(set) var leftWheelGain = 1.0
  /// What the right wheel makes of its speed.
  public internal(set) var rightWheelGain = 1.0

  /// Draws the first episode.
  init(_ configuration: PenConfiguration, _ random: inout RandomSource) {
    mount = CameraMount(configuration)
    surfaceOffsets = [Color](repeating: .black, count: Self.surfaceCount)
    distractors = []
    makeRoom(for: configuration)
    draw(configuration, &random)
  }

  private static var surfaceCount: Int { Surfaces.wallColors.count + 1 }

  /// Makes room for the sheets of a world.
  mutating func makeRoom(for configuration: PenConfiguration) {
    distractors = [Distractor](repeating: Distractor(), count: configuration.distractorCount)
  }

  /// Whether as much is drawn in a world of `configuration`.
  func fits(_ configuration: PenConfiguration) -> Bool {
    surfaceOffsets.count == Self.surfaceCount && distractors.count == configuration.distractorCount
  }

  /// Draws another episode in the memory of this one.
  mutating func draw(_ configuration: PenConfiguration, _ random: inout RandomSource) {
    let spread = configuration.randomization
    mount = CameraMount(configuration)
    mount.heightMeters += random.within(spread.cameraHeightMeters)
    mount.tiltDegrees += random.within(spread.cameraTiltDegrees)
    mount.fieldOfViewDegrees += random.within(spread.fieldOfViewDegrees)
    targetColor = Color(
      red: Float(configuration.targetRed + random.within(spread.targetLevels)),
      green: Float(configuration.targetGreen + random.within(spread.targetLevels)),
      blue: Float(configuration.targetBlue + random.within(spread.targetLevels)))
    for index in surfaceOffsets.indices {
      surfaceOffsets[index] = Color(
        red: Float(random.within(spread.surfaceLevels)), green: Float(random.within(spread.surfaceLevels)),
        blue: Float(random.within(spread.surfaceLevels)))
    }
    let delays = UInt64(spread.motorDelayCycles + 1)
    motorDelayCycles = configuration.motorDelayCycles + Int(random.next() % delays)
    leftWheelGain = configuration.leftWheelGain * (1 + random.within(spread.wheelSpeedShare))
    rightWheelGain = configuration.rightWheelGain * (1 + random.within(spread.wheelSpeedShare))
    for index in distractors.indices {
      distractors[index].draw(configuration, &random)
    }
  }
}

/// How the camera is mounted, and how much it sees.
public struct CameraMount: Codable, Hashable, Sendable {
  /// Height of the lens above the floor, in metres.
  public var heightMeters: Double
  /// How far the camera looks down, in degrees.
  public var tiltDegrees: Double
  /// How far the camera looks to the left, in degrees.
  @AddedLater public var panDegrees: Double
  /// Angle between the left and the right edge of the image, in degrees.
  public var fieldOfViewDegrees: Double

  /// The mount as configured.
  init(_ configuration: PenConfiguration) {
    heightMeters = configuration.cameraHeightMeters
    tiltDegrees = configuration.cameraTiltDegrees
    panDegrees = configuration.cameraPanDegrees
    fieldOfViewDegrees = configuration.horizontalFieldOfViewDegrees
  }

  /// Where the camera looks on a robot at `pose`, in radians.
  func heading(at pose: Pose) -> Double { pose.heading + panDegrees * .pi / 180 }

  /// Where its lens is, so many metres forward of the robot's centre.
  func lens(at pose: Pose, forward: Double) -> (x: Double, y: Double) {
    (pose.x + forward * Elementary.cos(pose.heading), pose.y + forward * Elementary.sin(pose.heading))
  }
}

extension RandomSource {
  /// A number drawn uniformly from −`spread` … `spread`.
  fileprivate mutating func within(_ spread: Double) -> Double { uniform(in: -spread...spread) }
}
