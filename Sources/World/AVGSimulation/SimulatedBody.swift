public import AVGCore
public import AVGCreate2
import AVGImaging

/// A camera on a differential drive in a rectangular pen, all in software and in simulated time.
///
/// One seed gives one sequence of frames and signals. Nothing is allocated in a cycle, but for the encoder where images
/// are sent as JPEG.
public struct SimulatedBody: ResumableBody, ~Copyable {
  /// The world at the start, and what it becomes.
  private let worlds: [PenWorld]
  private let cycle: Duration
  private let period: Int64
  private let maximumFrameAge: Int64
  private var compression = JPEGCompression()
  private var random: RandomSources
  /// The state but for the random sources.
  private var present: State

  /// Makes a body at its first starting place.
  ///
  /// - Parameters:
  ///   - configuration: the world.
  ///   - changes: what the world becomes, in the order of their steps.
  ///   - cycle: the length of a control cycle.
  ///   - maximumFrameAge: how long after the last image a new one may come before the view is stale; nil stands for
  ///     two cycles.
  ///   - frameShape: rows and columns of the camera's image.
  ///   - seed: the source of every random number in this world.
  /// - Throws: `InvalidSetting`, naming the key of `configuration` that is out of range.
  public init(
    _ configuration: PenConfiguration = PenConfiguration(), changes: [ComingWorld] = [],
    cycle: Duration = .milliseconds(45),
    maximumFrameAge: Duration? = nil, frameShape: FrameShape = .standard, seed: UInt64
  ) throws(InvalidSetting) {
    var worlds = [try PenWorld(ComingWorld(step: 0, configuration), frameShape)]
    for change in changes { worlds.append(try PenWorld(change, frameShape)) }
    self.worlds = worlds
    self.cycle = cycle
    period = cycle.nanoseconds
    self.maximumFrameAge = (maximumFrameAge ?? cycle * 2).nanoseconds
    random = RandomSources(seed: seed)
    present = State(configuration, &random)
    present.clock.start(period: period)
    if let exposurePeriod { schedule(first: exposurePeriod) }
  }

  /// The present world's settings.
  public var configuration: PenConfiguration { world.configuration }

  private var world: PenWorld { worlds[present.world] }

  private var exposurePeriod: Int64? { world.exposurePeriod }

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

  /// Lets the world go on to the end of the cycle, at once.
  ///
  /// - Returns: the cycles missed while the last image was waited for: 0 for a camera that loses none.
  /// - Throws: `SimulationError.poseOutsidePen`.
  public mutating func awaitCycle() throws(SimulationError) -> Int {
    present.bumps = DifferentialDrive.Bumps()
    present.cycles += 1
    let missed = present.clock.skipMissed(period: period)
    try advance(to: present.clock.deadline)
    present.clock.beginCycle(period: period)
    return missed
  }

  /// Lets the world go on for a part of a cycle, at once, whatever its deadline; the bumps felt next are this part's.
  public mutating func advance(by duration: Duration) throws(SimulationError) {
    present.bumps = DifferentialDrive.Bumps()
    try advance(to: present.clock.now + duration.nanoseconds)
  }

  /// Draws the newest image that the camera has taken and reads the sensors, each with its noise.
  ///
  /// Where an image was lost, the world goes on until the next one, as it does while a real camera is waited for; if it
  /// comes too late the view is stale.
  ///
  /// - Parameters:
  ///   - observation: its newest frame is of the camera's shape, and its stamp counts frames and simulated time. In one
  ///     without frames no image is awaited nor drawn.
  ///   - senses: receives light bumps, the bumps since the last cycle began, and the distance since the last sensing.
  /// - Throws: `SimulationError`.
  public mutating func sense(
    into observation: inout Observation, _ senses: inout Create2Senses
  ) throws(SimulationError) -> Freshness {
    try checkPose(present.pose, in: configuration)
    guard !observation.frames.isEmpty else {
      feel(into: &senses)
      return .fresh
    }
    let capture = try awaitImage()
    feel(into: &senses)
    guard let capture else { return .stale }
    try draw(capture, into: &observation.newestFrame)
    return .fresh
  }

  private mutating func feel(into senses: inout Create2Senses) {
    world.sensors.read(at: present.pose, &random.lightBumpNoise, into: &senses.lightBumps)
    senses.leftBump = present.bumps.left
    senses.rightBump = present.bumps.right
    senses.wheelDrop = false
    senses.cliff = false
    senses.isDocked = false
    senses.distanceMillimeters = present.encoders.read()
  }

  private mutating func draw(
    _ capture: WorldClock.Capture, into frame: inout Frame
  ) throws(SimulationError) {
    precondition(
      frame.shape == world.renderer.shape,
      "a camera of \(world.renderer.shape) cannot fill a frame of \(frame.shape)")
    world.renderer.render(from: capture.pose, capture.light, present.episode, into: &frame.pixels)
    world.dirt.apply(to: &frame.pixels)
    world.noise.add(to: &frame.pixels, frame.shape, &random.pixelNoise)
    if configuration.jpegQuality > 0 {
      try compression.apply(quality: configuration.jpegQuality, to: &frame)
    }
    frame.stamp = FrameStamp(
      captured: MonotonicInstant(nanoseconds: capture.nanoseconds),
      sequence: UInt32(truncatingIfNeeded: capture.sequence))
  }

  /// Goes to a new starting place, in new light, with its wheels at rest, in what the world has become by now; always
  /// `true`.
  public mutating func reset() throws(SimulationError) -> Bool {
    let before = present.world
    while present.world + 1 < worlds.count, worlds[present.world + 1].step <= present.cycles {
      present.world += 1
    }
    if present.world != before { present.makeRoom(for: configuration) }
    present.begin(configuration, &random)
    present.clock.start(period: period)
    if present.world != before, let exposurePeriod { schedule(first: exposurePeriod) }
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
  /// - Throws: `SimulationError.poseOutsidePen` or `.otherWorld`; the body is then unchanged.
  public mutating func restore(_ state: State) throws(SimulationError) {
    guard let world = worlds.indices.contains(state.world) ? worlds[state.world] : nil,
      state.fits(world.configuration)
    else { throw .otherWorld }
    if let key = state.impossibleKey(world.configuration, followsOwnClock: world.exposurePeriod != nil) {
      throw .impossibleState(key: key)
    }
    try checkPose(state.pose, in: world.configuration)
    if let capture = state.clock.unread { try checkPose(capture.pose, in: world.configuration) }
    present = state
    random.states = state.randomStates
  }
}

// MARK: - Time

extension SimulatedBody {
  /// Waits for an image that nobody has seen yet, no longer than until the view is stale.
  private mutating func awaitImage() throws(SimulationError) -> WorldClock.Capture? {
    let patience = present.clock.lastSight + maximumFrameAge
    while true {
      if exposurePeriod == nil { expose() }
      if let capture = present.clock.takeUnread(maximumAge: maximumFrameAge) { return capture }
      let next = exposurePeriod == nil ? present.clock.nextTick : present.clock.nextExposure
      guard next <= patience else { break }
      try advance(to: next)
    }
    if patience > present.clock.now { try advance(to: patience) }
    present.clock.goBlind()
    return nil
  }

  /// Lets the world go on to an instant, in pieces in which the wheels' commands stay the same.
  private mutating func advance(to end: Int64) throws(SimulationError) {
    while present.clock.now < end {
      let next = present.clock.nextEvent(until: end, followsOwnClock: exposurePeriod != nil)
      try move(for: .nanoseconds(next - present.clock.now))
      present.clock.advance(to: next)
      if next == present.clock.nextTick {
        shiftCommands()
        present.clock.tick(period: period)
      }
      if let exposurePeriod, next == present.clock.nextExposure {
        expose()
        present.clock.scheduleExposure(period: exposurePeriod)
      }
    }
  }

  /// Moves the robot, and the light.
  private mutating func move(for duration: Duration) throws(SimulationError) {
    let seconds = duration.seconds
    let delay = present.episode.motorDelayCycles
    let left = delay == 0 ? present.commandedLeft : present.pastCommands[delay - 1].left
    let right = delay == 0 ? present.commandedRight : present.pastCommands[delay - 1].right
    let gain = 1 - Elementary.pow(configuration.motorLag, seconds / cycle.seconds)
    present.wheelLeft += (left * present.episode.leftWheelGain - present.wheelLeft) * gain
    present.wheelRight += (right * present.episode.rightWheelGain - present.wheelRight) * gain
    let bumps = world.differentialDrive.move(
      &present.pose, left: present.wheelLeft * grip(), right: present.wheelRight * grip(), seconds: seconds)
    present.bumps.left = present.bumps.left || bumps.left
    present.bumps.right = present.bumps.right || bumps.right
    present.encoders.turn(
      leftMillimeters: present.wheelLeft * seconds * 1000 * encoderError(),
      rightMillimeters: present.wheelRight * seconds * 1000 * encoderError())
    present.light.advance(seconds: seconds, configuration)
    try checkPose(present.pose, in: configuration)
  }

  /// The share of its motion that a wheel brings to the floor.
  private mutating func grip() -> Double {
    configuration.wheelSlip == 0 ? 1 : 1 - random.wheelSlip.uniform(in: 0...configuration.wheelSlip)
  }

  private mutating func encoderError() -> Double {
    1 + configuration.encoderNoiseShare * random.encoderNoise.normal()
  }

  private mutating func shiftCommands() {
    for index in present.pastCommands.indices.reversed() {
      present.pastCommands[index] =
        index == 0
        ? PastCommand(left: present.commandedLeft, right: present.commandedRight)
        : present.pastCommands[index - 1]
    }
  }

  /// Takes an image, which may be lost on its way.
  private mutating func expose() {
    let capture = WorldClock.Capture(
      pose: present.pose, light: present.light, nanoseconds: present.clock.now, sequence: present.frameCount)
    present.frameCount += 1
    let share = configuration.droppedFrameShare
    if share > 0, random.camera.uniform() < share { return }
    present.clock.keep(capture)
  }

  /// Lets the camera begin at some time within its first period: its clock knows nothing of the control cycle's.
  private mutating func schedule(first exposurePeriod: Int64) {
    let offset = Int64(random.camera.uniform() * Double(exposurePeriod))
    present.clock.beginExposures(after: offset + 1)
  }

  private func checkPose(
    _ pose: Pose, in configuration: PenConfiguration
  ) throws(SimulationError) {
    let radius = configuration.robotRadius
    // Comparisons with a number that is not finite fail, so they catch it.
    guard pose.isFinite,
      pose.x >= radius, pose.x <= configuration.penLengthMeters - radius,
      pose.y >= radius, pose.y <= configuration.penWidthMeters - radius
    else { throw .poseOutsidePen(pose) }
  }
}
