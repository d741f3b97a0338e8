public import AVGCore

/// A camera on a differential drive in a rectangular pen, all in software and in simulated time.
///
/// One seed gives one sequence of frames and signals; nothing is allocated in a cycle.
public struct SimulatedBody: ResumableBody, ~Copyable {
  /// The world's settings.
  public let configuration: PenConfiguration

  private let differentialDrive: DifferentialDrive
  private let sensors: LightBumpSensors
  private let renderer: PenRenderer
  private let noise: SensorNoise
  private let cycle: Duration
  private var random: RandomSources
  /// The state but for the random sources.
  private var present: State

  /// Makes a body at its first starting place.
  ///
  /// - Parameters:
  ///   - configuration: the world.
  ///   - cycle: the length of a control cycle.
  ///   - frameShape: rows and columns of the camera's image.
  ///   - seed: the source of every random number in this world.
  /// - Throws: `InvalidSetting`, naming the key of `configuration` that is out of range.
  public init(
    _ configuration: PenConfiguration = PenConfiguration(), cycle: Duration = .milliseconds(45),
    frameShape: FrameShape = .standard, seed: UInt64
  ) throws(InvalidSetting) {
    try configuration.validate()
    self.configuration = configuration
    self.cycle = cycle
    differentialDrive = DifferentialDrive(configuration)
    sensors = LightBumpSensors(configuration)
    renderer = PenRenderer(configuration, shape: frameShape)
    noise = SensorNoise(levels: configuration.pixelNoiseLevels, shape: frameShape)
    random = RandomSources(seed: seed)
    present = State(configuration, &random.starts)
  }

  /// Where the robot is.
  public var pose: Pose { present.pose }

  /// Sets the wheel speeds, clamped to what the wheels can do.
  ///
  /// - Throws: `SimulationError.nonFiniteSpeed`; the speeds are then unchanged.
  public mutating func drive(_ speeds: WheelSpeeds) throws(SimulationError) {
    let left = speeds.left.millimetersPerSecond
    let right = speeds.right.millimetersPerSecond
    guard left.isFinite, right.isFinite else { throw .nonFiniteSpeed(left: left, right: right) }
    let fastest = configuration.maximumWheelSpeedMillimetersPerSecond
    present.commandedLeft = max(-fastest, min(fastest, left)) / 1000
    present.commandedRight = max(-fastest, min(fastest, right)) / 1000
  }

  /// Lets the world go on by one cycle, at once; no simulated cycle is ever missed.
  ///
  /// - Throws: `SimulationError.poseOutsidePen`.
  public mutating func awaitCycle() throws(SimulationError) -> Int {
    let seconds = cycle.seconds
    let gain = 1 - configuration.motorLag
    present.wheelLeft += (present.commandedLeft - present.wheelLeft) * gain
    present.wheelRight += (present.commandedRight - present.wheelRight) * gain
    present.bumps = differentialDrive.move(
      &present.pose, left: present.wheelLeft, right: present.wheelRight, seconds: seconds)
    present.light.advance(seconds: seconds, configuration)
    present.cycleCount += 1
    try checkPose(present.pose)
    return 0
  }

  /// Draws the camera's view and reads the sensors, each with its noise; the view is always fresh.
  ///
  /// - Parameters:
  ///   - frame: of the camera's shape; its stamp counts frames and simulated time.
  ///   - senses: receives light bumps, and the bumps of the last cycle.
  /// - Throws: `SimulationError.poseOutsidePen`.
  public mutating func sense(
    into frame: inout Frame, _ senses: inout BaseSenses
  ) throws(SimulationError) -> Freshness {
    precondition(
      frame.shape == renderer.shape, "a camera of \(renderer.shape) cannot fill a frame of \(frame.shape)")
    try checkPose(present.pose)
    renderer.render(from: present.pose, present.light, into: &frame.pixels)
    noise.add(to: &frame.pixels, frame.shape, &random.pixelNoise)
    frame.stamp = FrameStamp(
      captured: MonotonicInstant(nanoseconds: cycle.nanoseconds * Int64(present.cycleCount)),
      sequence: UInt32(truncatingIfNeeded: present.frameCount))
    present.frameCount += 1
    sensors.read(at: present.pose, &random.lightBumpNoise, into: &senses.lightBumps)
    senses.leftBump = present.bumps.left
    senses.rightBump = present.bumps.right
    senses.wheelDrop = false
    return .fresh
  }

  /// Goes to a new starting place, in new light, with its wheels at rest; always `true`.
  public mutating func reset() throws(SimulationError) -> Bool {
    var next = State(configuration, &random.starts)
    next.cycleCount = present.cycleCount
    next.frameCount = present.frameCount
    present = next
    return true
  }

  /// Everything that changes as the world goes on; with the configuration it resumes a run exactly.
  public var state: State {
    var state = present
    state.randomStates = random.states
    return state
  }

  /// Goes on from `state`, taken from a body of the same configuration.
  ///
  /// - Throws: `SimulationError.poseOutsidePen`; the body is then unchanged.
  public mutating func restore(_ state: State) throws(SimulationError) {
    try checkPose(state.pose)
    present = state
    random.states = state.randomStates
  }

  private func checkPose(_ pose: Pose) throws(SimulationError) {
    let radius = configuration.robotRadius
    // Comparisons with a number that is not finite fail, so they catch it.
    guard pose.isFinite,
      pose.x >= radius, pose.x <= configuration.penLengthMeters - radius,
      pose.y >= radius, pose.y <= configuration.penWidthMeters - radius
    else { throw .poseOutsidePen(pose) }
  }
}
