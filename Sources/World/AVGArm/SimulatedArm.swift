public import AVGCore

/// An arm in software, on a clock that waits for nobody: the dynamics of the emulated one, with its controller's ticks of 8 ms.
///
/// It starts each episode at rest at `ReachingArm.start`, with a target of its own.
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
  }

  /// The state now.
  public private(set) var state: State
  /// The bounds that it is kept in.
  public let bounds: ArmBounds
  private let ticks: Int

  /// The controller's tick.
  public static let tickSeconds = 0.008

  /// Makes an arm at rest.
  ///
  /// - Parameter cycle: the length of a control cycle, in whole ticks.
  public init(_ settings: ArmSettings, cycle: Duration, seed: UInt64) {
    bounds = settings.bounds
    ticks = max(1, Int((cycle.seconds / Self.tickSeconds).rounded()))
    state = State(targets: RandomSource(seed: seed, purpose: "arm targets").state)
  }

  /// Goes on from `state`.
  public mutating func restore(_ state: State) { self.state = state }

  /// Tells the joints how fast to turn.
  public mutating func drive(_ command: JointSpeeds) { state.command = command.radiansPerSecond }

  /// Moves on by a control cycle; none is missed.
  public mutating func awaitCycle() -> Int {
    for _ in 0..<ticks {
      let speeds = bounds.allowed(state.command, from: state.motion, seconds: Self.tickSeconds)
      state.motion.advance(
        toward: speeds, acceleration: bounds.acceleration, seconds: Self.tickSeconds)
    }
    return 0
  }

  /// Feels the joints; there is no camera.
  public mutating func sense(into observation: inout Observation, _ senses: inout ArmSenses) -> Freshness {
    state.motion.angles.write(into: &senses.angles)
    state.motion.speeds.write(into: &senses.speeds)
    for axis in 0..<3 { senses.target[axis] = Float(state.target[axis]) }
    senses.safetyMode = 1
    senses.robotMode = 7
    return .fresh
  }

  /// Goes to the start, at rest, and draws a target.
  public mutating func reset() -> Bool {
    var random = RandomSource(seed: 0, purpose: "")
    random.state = state.targets
    state.motion = JointMotion(angles: ReachingArm.start)
    state.command = JointVector()
    state.target = ReachingArm.target(in: bounds, from: &random)
    state.targets = random.state
    return true
  }
}
