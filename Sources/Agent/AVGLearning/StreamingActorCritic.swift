import AVGCore
import AVGNetwork
internal import AVGSystem

/// Streaming actor-critic with eligibility traces: Stream AC(λ) (Elsayed, Vasan & Mahmood 2024) and Intentional AC(λ)
/// (Sharifnassab et al. 2026), from signals and from pixels.
///
/// A critic of states and a Gaussian actor each keep a trace of their gradients, and step along it by the same TD error.
/// The two algorithms differ in the length of the step, which `BoundedDescent` or `IntentionalDescent` chooses. What
/// their published code does with time-outs differs too, and is a setting here. From pixels, for which there is no
/// published code to follow, an encoder has a trace and a step size of its own: its many weights would otherwise
/// shorten everybody's steps.
final class StreamingActorCritic: SingleCriticLearner {
  /// The hyper-parameters.
  let configuration: AVGConfiguration
  /// Running statistics of the rewards.
  var rewards = RewardScaler()
  var actor: Actor<Gaussian>
  var critic: Critic
  private var policyGradient: [Float]
  private var clock: EpisodeClock

  init(_ design: LearnerDesign) {
    configuration = design.configuration
    let actionCount = design.environment.actionCount
    var weights = design.weights
    let perception = Perception(name: "encoder", design, weights: &weights)
    actor = Actor(
      design, Gaussian(actionCount: actionCount), heads: [("mu", actionCount), ("std", actionCount)],
      // Its gradient is that of the likelihood of what was done: that must be the policy's own.
      inputs: perception.count, makesExcursions: false, weights: &weights)
    critic = Critic(head: "v", design, perception: perception, actionCount: 0, weights: &weights)
    policyGradient = [Float](repeating: 0, count: 2 * actionCount)
    clock = EpisodeClock(limit: configuration.streaming.timeInputSteps)
  }

  func act(on observation: borrowing Observation, into action: inout [Float]) {
    tellTime(clock.time)
    actor.act(on: observation, through: &critic.perception, into: &action)
  }

  func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    tellTime(clock.timeOfNext)
    actor.anticipate(next, through: &critic.perception, into: &action)
  }

  /// As `act(on:into:)`, with the noise ε given.
  func act(on observation: borrowing Observation, noise: [Float], into action: inout [Float]) {
    tellTime(clock.time)
    actor.act(on: observation, through: &critic.perception, noise: noise, into: &action)
  }

  /// Learns from R, the end of the episode and S′: both gradients with the old weights, then both steps.
  func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    tellTime(clock.timeOfNext)
    // S′ goes into the statistics: not of a step that is refused for its reward.
    let isFinite = outcome.reward.isFinite && actor.perceiveFollowing(next, through: &critic.perception)
    let update = update(outcome, isFinite: isFinite)
    actor.endUpdate(&critic.perception, continues: !outcome.isLast)
    clock.advance(ends: outcome.isLast)
    return update
  }

  private func update(_ outcome: Outcome, isFinite: Bool) -> Update {
    let streaming = configuration.streaming
    let ends = outcome.terminated || outcome.truncated && streaming.timeOutsTerminate
    let discount = configuration.discount(over: outcome)
    guard isFinite else { return refusal }
    var rewards = rewards
    var reward = Double(outcome.reward) * configuration.rewardScale
    if streaming.scalesRewards { reward = rewards.scale(reward, discount: discount, ends: ends) }

    // δ = R + γ(1 − end)·V(S′) − V(S).
    let future = ends ? 0 : discount * Double(critic.followingValue([]))
    let value = critic.value([])
    let delta = reward + future - Double(value)

    // ∇V, and ∇[log π(A|S) + τ·sign(δ)·H]: the entropy is in the trace, with the sign of its own step's error.
    critic.computeGradient(scale: 1)
    let entropyWeight = Float(configuration.entropyCoefficient) * Float(delta.sign == .minus ? -1 : 1)
    actor.sample.likelihoodGradient(entropyWeight: delta == 0 ? 0 : entropyWeight, into: &policyGradient)
    actor.computeActorGradient(policyGradient)

    let squares = gradientSquares()
    guard delta.isFinite, (squares.actor + squares.critic + squares.encoder).isFinite else { return refusal }
    self.rewards = rewards
    let decay = discount * streaming.traceDecay
    let endsTrace = ends || outcome.truncated && streaming.clearsTraceAtTimeOut
    critic.step(error: delta, decay: decay, ends: endsTrace)
    actor.step(error: delta, decay: decay, ends: endsTrace)
    var update = Update(
      temporalDifferenceError: Float(delta), temporalDifferenceScale: 1, value: value,
      logProbability: actor.sample.logProbability, isRefused: false)
    update.actorGradientNorm = squares.actor.squareRoot()
    update.criticGradientNorm = squares.critic.squareRoot()
    update.encoderGradientNorm = squares.encoder.squareRoot()
    return update
  }

  private func tellTime(_ time: Float) {
    critic.perception.time = time
    actor.perception.time = time
  }

  private var refusal: Update { actor.refusal(scale: 1) }
}

extension StreamingActorCritic {
  /// Names the algorithm too: the files of the two differ in little else.
  private var rewardsName: String { "\(configuration.algorithm.rawValue).rewards" }

  func write(to file: inout Safetensors) {
    file.set(critic.valueFunction.learned)
    file.set(rewardsName, rewards.numbers, shape: [rewards.numbers.count])
    file.set("episode", [UInt64(clock.steps)], shape: [1])
  }

  func restore(_ reader: TensorReader, criticStepCounts: [Int]) throws(CheckpointError) {
    try reader.restore(&critic.valueFunction.learned, stepCount: criticStepCounts[0])
    rewards.numbers = try reader.finite(rewardsName, shape: [rewards.numbers.count], as: Double.self)
    let steps = try reader.numbers("episode", count: 1, as: UInt64.self)[0]
    guard steps <= UInt64(Int32.max), rewards.isPossible else {
      throw .damaged(file: reader.name, reason: "episode is \(steps) and rewards \(rewards.numbers)")
    }
    clock.steps = Int(steps)
  }
}

/// The time that an episode has lasted, as an input of the networks: without it a time-out that ends an episode could not
/// be foreseen.
///
/// It goes from −0.5 to 0.5, and as in the published code the first two observations of an episode have the same.
private struct EpisodeClock {
  /// The steps of the present episode.
  var steps = 0
  private let limit: Double

  /// - Parameter limit: the steps after which the time is 0.5; 0 for no time.
  init(limit: Int) { self.limit = Double(max(limit, 1)) }

  /// The time of S.
  var time: Float { Float(-0.5 + Double(max(steps - 1, 0)) / limit) }
  /// The time of S′.
  var timeOfNext: Float { Float(-0.5 + Double(steps) / limit) }

  mutating func advance(ends: Bool) { steps = ends ? 0 : steps + 1 }
}
