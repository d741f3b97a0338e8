import AVGCore
import AVGNetwork
internal import AVGSystem

/// Incremental one-step actor-critic with the likelihood-ratio gradient, as published beside AVG (Vasan et al. 2024).
///
/// Its critic values states; its actor follows δ ∇log π(A|S), and η times the entropy of the Gaussian before the
/// squashing. G is discounted and has no entropy bonus, as in the published code.
final class IAC: SingleCriticLearner {
  /// The hyper-parameters.
  let configuration: AVGConfiguration
  /// Running statistics for σ_δ, and G.
  var scaler = TemporalDifferenceScaler()
  var actor: Actor<SquashedGaussian>
  var critic: Critic
  private var policyGradient: [Float]

  init(_ design: LearnerDesign) {
    configuration = design.configuration
    let actionCount = design.environment.actionCount
    var weights = design.weights
    let perception = Perception(name: "encoder", design, weights: &weights)
    actor = Actor(
      design, inputs: perception.count,
      // Its gradient is that of the likelihood of the action carried out, which must be the policy's own.
      makesExcursions: false, weights: &weights)
    critic = Critic(head: "v", design, perception: perception, actionCount: 0, weights: &weights)
    policyGradient = [Float](repeating: 0, count: 2 * actionCount)
  }

  /// Learns from R, the end of the episode and S′, as published: both gradients first, then both steps.
  func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    let isFinite = outcome.reward.isFinite && actor.perceiveFollowing(next, through: &critic.perception)
    let update = update(outcome, isFinite: isFinite)
    actor.endUpdate(&critic.perception, continues: !outcome.isLast)
    return update
  }

  private func update(_ outcome: Outcome, isFinite: Bool) -> Update {
    let reward = outcome.reward * Float(configuration.rewardScale)
    let discount = configuration.discount(over: outcome)
    guard isFinite, reward.isFinite else { return refusal }
    var scaler = scaler
    scaler.update(
      reward: Double(reward), discount: discount, terminated: outcome.terminated,
      returnDecay: discount)
    let scale = configuration.scalesTemporalDifference ? Float(scaler.scale) : 1

    // δ = (R + γ(1 − terminated)·V(S′) − V(S)) / σ_δ.
    let future = outcome.terminated ? 0 : Float(discount) * critic.followingValue([])
    let value = critic.value([])
    let delta = (reward + future - value) / scale

    // The critic's loss is δ²; the encoder's too.
    let lossScale = -2 * delta / scale
    critic.computeGradient(scale: lossScale)
    actor.sample.likelihoodRatioGradient(
      advantage: delta, entropyCoefficient: Float(configuration.entropyCoefficient), into: &policyGradient)
    actor.computeActorGradient(policyGradient)

    let squares =
      critic.valueFunction.learned.gradients.sumOfSquares()
      + critic.perception.learned.gradients.sumOfSquares()
    guard delta.isFinite, squares.isFinite, actor.gradientIsFinite else { return refusal }
    self.scaler = scaler
    actor.step()
    critic.step()
    return Update(
      temporalDifferenceError: delta, temporalDifferenceScale: scale, value: value,
      logProbability: actor.sample.logProbability, isRefused: false)
  }

  private var refusal: Update { actor.refusal(scale: scaler.scale) }
}

extension IAC {
  func write(to file: inout Safetensors) {
    file.set(critic.valueFunction.learned)
    file.set(scaler)
  }

  func restore(_ reader: TensorReader, criticStepCounts: [Int]) throws(CheckpointError) {
    try reader.restore(&critic.valueFunction.learned, stepCount: criticStepCounts[0])
    scaler = try TemporalDifferenceScaler(reader)
  }
}
