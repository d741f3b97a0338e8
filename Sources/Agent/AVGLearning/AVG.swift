import AVGCore
import AVGNetwork
internal import AVGSystem
import Glibc

/// Action Value Gradient (Vasan et al., NeurIPS 2024, algorithm 1), from pixels: it learns from each transition
/// once, as it comes, and keeps none, unless it rehearses. Each addition to the published algorithm can be switched off.
final class AVG: SingleCriticLearner {
  /// The hyper-parameters.
  let configuration: AVGConfiguration
  /// Running statistics for σ_δ, and G.
  var scaler = TemporalDifferenceScaler()
  var actor: Actor<SquashedGaussian>
  /// Q.
  var critic: Critic
  /// The target network that values S′ and A′ instead of the critic; nil unless configured.
  var target: TargetCritic?
  /// Updates from transitions of a while ago; nil unless configured.
  private(set) var rehearsal: Rehearsal?
  private var noise: [Float]
  private var policyGradient: [Float]

  init(_ design: LearnerDesign) {
    configuration = design.configuration
    let actionCount = design.environment.actionCount
    var weights = design.weights
    let perception = Perception(name: "encoder", design, weights: &weights)
    actor = Actor(design, inputs: perception.count, weights: &weights)
    critic = Critic(
      head: "q", design, perception: perception, actionCount: actionCount, weights: &weights)
    noise = [Float](repeating: 0, count: actionCount)
    policyGradient = [Float](repeating: 0, count: 2 * actionCount)
    if configuration.targetNetworkRate > 0 {
      target = TargetCritic(following: critic, rate: configuration.targetNetworkRate)
    }
    if configuration.rehearsal.transitions > 0 {
      rehearsal = Rehearsal(design, actor: actor.network, critic: critic.valueFunction.network)
    }
  }

  /// As `act(on:into:)`, with the noise ε given.
  func act(on observation: borrowing Observation, noise: [Float], into action: inout [Float]) {
    actor.act(on: observation, through: &critic.perception, noise: noise, into: &action)
  }

  /// Learns from R, the end of the episode and S′, as published: both gradients first, then the actor's step, then
  /// the critic's.
  func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    actor.imagine(&noise)
    return learn(from: outcome, next: next, noise: noise)
  }

  /// As `learn(from:next:)`, with the noise of A′ given; it has no effect after `anticipate`, which has drawn A′.
  func learn(from outcome: Outcome, next: borrowing Observation, noise: [Float]) -> Update {
    let isFinite =
      outcome.reward.isFinite && actor.perceiveFollowing(next, through: &critic.perception)
      && actor.drawFollowingAction(critic.perception, imagined: noise)
      && (target?.perception.perceiveFollowing(next, as: critic.perception) ?? true)
    let update = update(outcome, isFinite: isFinite)
    if update.isRefused { passOver() }
    actor.endUpdate(&critic.perception, continues: !outcome.isLast)
    return update
  }

  /// The update, once S′ is perceived and A′ is drawn from π(·|S′).
  private func update(_ outcome: Outcome, isFinite: Bool) -> Update {
    let entropyCoefficient = Float(configuration.entropyCoefficient)
    let reward = outcome.reward * Float(configuration.rewardScale)
    let discount = configuration.discount(over: outcome)
    let policy = actor.sample
    guard isFinite, reward.isFinite else { return refusal }

    // r̃ updates the statistics behind σ_δ first, in a copy: a refused update leaves them as they were.
    let entropyReward = reward - entropyCoefficient * policy.logProbability
    var scaler = scaler
    scaler.update(
      reward: Double(entropyReward), discount: discount, terminated: outcome.terminated)
    let scale = configuration.scalesTemporalDifference ? Float(scaler.scale) : 1

    // δ = (R + γ(1 − terminated)·(Q(S′, A′) − η log π(A′|S′)) − Q(S, A)) / σ_δ.
    let following = actor.followingSample
    let target = followingValue(following.action) - entropyCoefficient * following.logProbability
    let future = outcome.terminated ? 0 : Float(discount) * target
    let value = critic.value(actor.executed.action)
    let delta = (reward + future - value) / scale

    // One backward pass of Q with gradient 1: its input's gradient holds ∂Q/∂A, and −2δ/σ_δ times its parameters'
    // and features' gradients is the gradient of δ². Traces sum the gradients of Q/σ_δ instead: δ belongs to all of them.
    let alongTraces = configuration.stepsAlongTraces
    critic.computeGradient(scale: alongTraces ? 1 / scale : -2 * delta / scale)

    // The actor's loss is η log π(A|S) − Q(S, A), with A reparametrised and Q not yet updated. On an excursion another
    // action was carried out, so the policy's own needs a pass of the critic to itself.
    var ownValue = value
    if actor.executed.isExcursion {
      ownValue = critic.value(policy.action)
      critic.valueFunction.computeInputGradient()
    }
    policy.lossGradient(
      entropyCoefficient: entropyCoefficient, valueGradient: critic.valueFunction.pass.inputGradient,
      offset: critic.perception.count, into: &policyGradient)
    actor.computeActorGradient(policyGradient)

    let squares = gradientSquares(lossScale: alongTraces ? 2 * delta : 1)
    guard delta.isFinite, scale.isFinite, (squares.actor + squares.critic + squares.encoder).isFinite else {
      return refusal
    }
    self.scaler = scaler
    actor.step()
    stepCritic(error: delta, discount: discount, ends: outcome.isLast)
    self.target?.follow(critic)
    rehearse(
      reward: reward, discount: outcome.terminated ? 0 : Float(discount), isLast: outcome.isLast, scale: scale
    )
    var update = Update(
      temporalDifferenceError: delta, temporalDifferenceScale: scale, value: value,
      logProbability: policy.logProbability, isRefused: false)
    update.actorLoss = entropyCoefficient * policy.logProbability - ownValue
    update.actorGradientNorm = squares.actor.squareRoot()
    update.criticGradientNorm = squares.critic.squareRoot()
    update.encoderGradientNorm = squares.encoder.squareRoot()
    return update
  }

  /// Keeps the transition, if there is a ring, and learns from a few of it.
  private func rehearse(reward: Float, discount: Float, isLast: Bool, scale: Float) {
    guard let rehearsal else { return }
    rehearsal.take(
      critic.perception.current.raw, actor.executed, reward: reward, discount: discount,
      following: critic.perception.following.raw, isLast: isLast)
    let normalizer = critic.perception.normalizer
    rehearsal.rehearse(
      &actor.learned.parameters, &critic.valueFunction.learned.parameters, normalizer, scale: scale)
  }

  func passOver() { rehearsal?.interrupt() }

  /// Q(S′, A′), of the target network if there is one.
  private func followingValue(_ action: [Float]) -> Float {
    if let value = target?.followingValue(action, by: critic.valueFunction.network) { return value }
    return critic.followingValue(action)
  }

  /// Moves the critic by its gradient: that of a loss, or, along traces, that of its value.
  private func stepCritic(error: Float, discount: Double, ends: Bool) {
    guard configuration.stepsAlongTraces else { return critic.step() }
    // What came of an excursion is not what the policy would have come to: it says nothing about the steps before.
    let decay = actor.executed.isExcursion ? 0 : discount * configuration.traceDecay
    critic.step(error: Double(error), decay: decay, ends: ends)
  }

  private var refusal: Update { actor.refusal(scale: scaler.scale) }
}

extension AVG {
  func write(to file: inout Safetensors) {
    file.set(critic.valueFunction.learned)
    file.set(scaler)
    target?.write(to: &file)
    rehearsal?.write(to: &file)
  }

  func restore(_ reader: TensorReader, criticStepCounts: [Int]) throws(CheckpointError) {
    try reader.restore(&critic.valueFunction.learned, stepCount: criticStepCounts[0])
    scaler = try TemporalDifferenceScaler(reader)
    try target?.restore(reader)
    try rehearsal?.restore(reader)
  }

  /// Replaces every weight by `weights(name)`, in PyTorch's order; moments and statistics stay as they are.
  func setWeights(_ weights: (_ name: String) throws -> [Float]) rethrows {
    try actor.learned.parameters.setValues(weights)
    try critic.valueFunction.learned.parameters.setValues(weights)
    try critic.perception.learned.parameters.setValues(weights)
    try actor.perception.learned.parameters.setValues(weights)
  }
}
