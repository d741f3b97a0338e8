public import AVGCore

/// An arm in software, on a clock that waits for nobody: the dynamics of the emulated one, with its controller's ticks of 8 ms.
///
/// It starts each episode at rest at `ReachingArm.start`, with a target of its own. A camera sees both, if an observation has
/// frames.
public struct SimulatedArm: ResumableBody {
  /// It cannot fail.
  public typealias Failure = Never

  /// Everything that changes.
  public struct State: Codable, Hashable, Sendable {
    /// Where the joints are.
    public internal(set) var motion = JointMotion(angles: ReachingArm.start)
    /// What the joints were told, in radians per second.
    public internal(set) var command = JointVector()
    /// The target's place, in metres.
    public internal(set) var target = SIMD3<Double>()
    /// The state of the random source of targets.
    var targets: UInt64
    /// The control cycles so far, by which images are stamped.
    @AddedLater var cycles = 0
  }

  /// The state now.
  public private(set) var state: State
  /// The bounds that it is kept in.
  public let bounds: ArmBounds
  private let ticks: Int
  private let view: ArmView?

  /// The controller's tick.
  public static let tickSeconds = 0.008
  private static let tickNanoseconds: Int64 = 8_000_000

  /// Makes an arm at rest.
  ///
  /// - Parameters:
  ///   - cycle: the length of a control cycle, in whole ticks.
  ///   - view: what its camera sees; nil for none.
  public init(_ settings: ArmSettings, cycle: Duration, view: ArmView? = nil, seed: UInt64) {
    bounds = settings.bounds
    self.view = view
    ticks = max(1, Int((cycle.seconds / Self.tickSeconds).rounded()))
    state = State(targets: RandomSource(seed: seed, purpose: "arm targets").state)
  }

  /// Goes on from `state`.
  public mutating func restore(_ state: State) { self.state = state }

  /// Tells the joints how fast to turn.
  public mutating func drive(_ command: JointSpeeds) { state.command = command.radiansPerSecond }

  /// Moves on by a control cycle; none is missed.
  public mutating func awaitCycle() -> Int {
    state.cycles += 1
    for _ in 0..<ticks {
      let speeds = bounds.allowed(state.command, from: state.motion, seconds: Self.tickSeconds)
      state.motion.advance(
        toward: speeds, acceleration: bounds.acceleration, seconds: Self.tickSeconds)
    }
    return 0
  }

  /// Feels the joints, and draws what the camera sees.
  ///
  /// - Parameter observation: its newest frame, if it has one, is of the camera's shape.
  public mutating func sense(into observation: inout Observation, _ senses: inout ArmSenses) -> Freshness {
    state.motion.angles.write(into: &senses.angles)
    state.motion.speeds.write(into: &senses.speeds)
    for axis in 0..<3 { senses.target[axis] = Float(state.target[axis]) }
    senses.safetyMode = 1
    senses.robotMode = 7
    if let view, !observation.frames.isEmpty {
      view.draw(state.motion.angles, target: state.target, into: &observation.newestFrame.pixels)
      observation.newestFrame.stamp = FrameStamp(
        captured: MonotonicInstant(nanoseconds: Int64(state.cycles * ticks) * Self.tickNanoseconds),
        sequence: UInt32(truncatingIfNeeded: state.cycles))
    }
    return .fresh
  }

  /// Goes to the start, at rest, and draws a target.
  public mutating func reset() -> Bool {
    state.cycles += 1
    var random = RandomSource(seed: 0, purpose: "")
    random.state = state.targets
    state.motion = JointMotion(angles: ReachingArm.start)
    state.command = JointVector()
    state.target = ReachingArm.target(in: bounds, from: &random)
    state.targets = random.state
    return true
  }
}
