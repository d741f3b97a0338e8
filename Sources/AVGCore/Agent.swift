/// How a step ended.
public struct Outcome: Hashable, Sendable {
  /// The reward of the step.
  public var reward: Float
  /// The task came to its end: there is no next state to value.
  public var terminated: Bool
  /// The episode was cut off, by time-out say: the next state still has its value.
  public var truncated: Bool
  /// The task's goal is reached; a termination without it is a mishap.
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

  /// The numbers in an action.
  var actionCount: Int { get }

  /// An observation of the right shape, to be filled by `reset` and `step`.
  func makeObservation() -> Observation

  /// Starts an episode and observes its first state.
  mutating func reset(into observation: inout Observation) throws(Failure)

  /// Does `action` (each number in −1…1) for one control cycle and observes what came of it.
  ///
  /// - Parameters:
  ///   - current: the observation that the action answered; its newer frames are stacked into `next`.
  ///   - next: receives the new observation.
  mutating func step(
    _ action: [Float], from current: borrowing Observation, into next: inout Observation
  ) throws(Failure) -> Outcome
}

/// Something that acts and learns from each step once, as it comes.
public protocol Agent: ~Copyable {
  /// Chooses an action for `observation`.
  ///
  /// - Parameter action: receives the numbers, each in −1…1.
  mutating func act(on observation: borrowing Observation, into action: inout [Float])

  /// Learns from the last action's outcome and the observation that followed.
  ///
  /// - Returns: what the update did; a refused update has changed no weight.
  mutating func learn(from outcome: Outcome, next: borrowing Observation) -> Update
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
