/// How a step ended.
public struct Outcome: Hashable, Sendable {
  /// The reward of the step.
  public var reward: Float
  /// The task came to its end: there is no next state to value.
  public var terminated: Bool
  /// The episode was cut off, by time-out say: the next state still has its value.
  public var truncated: Bool
  /// The task's goal is reached; a termination without it is a mishap, or a lesson before the goal.
  public var reachedGoal: Bool
  /// Control cycles that went by unused because the step came late.
  public var missedCycles: Int
  /// The step began or ended without an image of the present: the wheels were stopped, the reward means nothing, and
  /// there is nothing to learn from it.
  public var isStale: Bool
  /// Makes an outcome.
  public init(
    reward: Float, terminated: Bool = false, truncated: Bool = false, reachedGoal: Bool = false,
    missedCycles: Int = 0, isStale: Bool = false
  ) {
    self.reward = reward
    self.terminated = terminated
    self.truncated = truncated
    self.reachedGoal = reachedGoal
    self.missedCycles = missedCycles
    self.isStale = isStale
  }

  /// Whether the episode is over, one way or the other.
  public var isLast: Bool { terminated || truncated }
}

/// Something to learn in: a body with a task.
public protocol Environment: ~Copyable {
  /// What can go wrong in the body.
  associatedtype Failure: Error

  /// What it is like: the same from its making to its end.
  var specification: EnvironmentSpecification { get }

  /// What the last step measured, unless it was stale, in the order of the specification's measures.
  var measurements: [Double] { get }

  /// Starts an episode and observes its first state.
  mutating func reset(into observation: inout Observation) throws(Failure)

  /// Begins to do `action`, each number in −1…1, and returns at once.
  mutating func begin(_ action: [Float]) throws(Failure)

  /// Waits for the end of the control cycle and observes what came of the action.
  ///
  /// - Parameters:
  ///   - current: the observation that the action answered; its newer frames are stacked into `next`.
  ///   - next: receives the new observation.
  mutating func finish(
    from current: borrowing Observation, into next: inout Observation
  ) throws(Failure) -> Outcome

  /// Stops what moves, as at the end of a run.
  mutating func stop() throws(Failure)
}

extension Environment where Self: ~Copyable {
  /// Nothing is measured besides the reward.
  public var measurements: [Double] { [] }

  /// An observation of the right shape, to be filled by `reset` and `step`.
  public func makeObservation() -> Observation { Observation(for: specification) }

  /// Waits for the end of the control cycle and writes what came of `transition.action`.
  public mutating func finish(_ transition: inout Transition) throws(Failure) {
    transition.outcome = try finish(from: transition.state, into: &transition.next)
    // One by one: an array that is shared would be copied when the task writes to it.
    let measured = measurements
    for index in measured.indices { transition.measurements[index] = measured[index] }
  }

  /// Does `action` for one control cycle and observes what came of it: `begin`, then `finish`.
  public mutating func step(
    _ action: [Float], from current: borrowing Observation, into next: inout Observation
  ) throws(Failure) -> Outcome {
    try begin(action)
    return try finish(from: current, into: &next)
  }
}

/// Something that acts, and takes what comes of it.
public protocol Agent: TransitionSink, ~Copyable {
  /// Chooses an action for `observation`.
  ///
  /// - Parameter action: receives the numbers, each in −1…1.
  mutating func act(on observation: borrowing Observation, into action: inout [Float])

  /// Chooses the next action for `next` before learning from what led there, so that the body need not wait for the
  /// update; the next call is `take`, and no `act` comes between.
  mutating func anticipate(_ next: borrowing Observation, into action: inout [Float])

  /// Tells of the action last chosen, for the record: of the policy's own, where an excursion took its place.
  ///
  /// - Parameter noise: receives the noise ε behind each of its numbers; untouched by an agent that has none.
  /// - Returns: log π of the action; 0 from an agent that has no policy.
  func explain(into noise: inout [Float]) -> Float
}

extension Agent where Self: ~Copyable {
  /// Nothing to tell.
  public func explain(into noise: inout [Float]) -> Float { 0 }
}

/// What one learning step did.
public struct Update: Hashable, Sendable {
  /// The scaled TD error δ.
  public var temporalDifferenceError: Float
  /// The scale σ_δ of the TD error.
  public var temporalDifferenceScale: Float
  /// The critic's value Q(S, A) before the update.
  public var value: Float
  /// log π(A|S) of the action learned from.
  public var logProbability: Float
  /// The update met a number that is not finite and was refused: no weight has changed.
  public var isRefused: Bool
  /// The actor's loss, η log π(A|S) − Q(S, A).
  public var actorLoss: Float = 0
  /// The length of the actor's gradient.
  public var actorGradientNorm: Float = 0
  /// The length of the critic's gradient.
  public var criticGradientNorm: Float = 0
  /// The length of the encoders' gradient.
  public var encoderGradientNorm: Float = 0

  /// The critic's loss, δ².
  public var criticLoss: Float { temporalDifferenceError * temporalDifferenceError }

  /// Makes a record of an update.
  public init(
    temporalDifferenceError: Float, temporalDifferenceScale: Float, value: Float, logProbability: Float,
    isRefused: Bool
  ) {
    self.temporalDifferenceError = temporalDifferenceError
    self.temporalDifferenceScale = temporalDifferenceScale
    self.value = value
    self.logProbability = logProbability
    self.isRefused = isRefused
  }
}
