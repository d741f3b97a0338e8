import AVGCore
import AVGNetwork
internal import AVGSystem

/// A streaming soft actor-critic with eligibility traces: SAC (Haarnoja et al. 2018) without what needs a batch.
///
/// It keeps SAC's two critics, of whose values the smaller counts, and its learned temperature. Traces take the place of
/// the replay buffer and, with them, steps that are scaled by the size of the errors that of the target networks. The
/// policy follows the critics' gradient at the action itself, as AVG's does, with the weights before the update.
/// S2AC (De Monte et al. 2026), whose constants are not public, has this aim too; the design here is our own.
final class StreamSAC: TwinCriticLearner {
  /// The hyper-parameters.
  let configuration: AVGConfiguration
  /// Running statistics for σ_δ, and G.
  var scaler = TemporalDifferenceScaler()
  var actor: Actor<SquashedGaussian>
  var critic: TwinCritic
  /// log α.
  var logTemperature: LearnedParameters
  private let targetEntropy: Float
  private var noise: [Float]
  private var policyGradient: [Float]

  init(_ design: LearnerDesign) {
    configuration = design.configuration
    let actionCount = design.environment.actionCount
    var weights = design.weights
    let perception = Perception(name: "encoder", design, weights: &weights)
    actor = Actor(design, inputs: perception.count, weights: &weights)
    critic = TwinCritic(design, perception: perception, weights: &weights)
    logTemperature = LearnedParameters(logTemperatureOf: design)
    targetEntropy = -Float(actionCount)
    noise = [Float](repeating: 0, count: actionCount)
    policyGradient = [Float](repeating: 0, count: 2 * actionCount)
  }

  /// α, the weight of the policy's entropy.
  var temperature: Float { Elementary.exp(logTemperature.parameters.values[0]) }

  /// Learns from R, the end of the episode and S′: all gradients with the old weights, then all steps.
  func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    actor.imagine(&noise)
    return learn(from: outcome, next: next, noise: noise)
  }

  /// As `learn(from:next:)`, with the noise of A′ given.
  func learn(from outcome: Outcome, next: borrowing Observation, noise: [Float]) -> Update {
    let isFinite =
      outcome.reward.isFinite && actor.perceiveFollowing(next, through: &critic.perception)
      && actor.drawFollowingAction(critic.perception, imagined: noise)
    let update = update(outcome, isFinite: isFinite)
    actor.endUpdate(&critic.perception, continues: !outcome.isLast)
    return update
  }

  private func update(_ outcome: Outcome, isFinite: Bool) -> Update {
    let reward = outcome.reward * Float(configuration.rewardScale)
    let discount = configuration.discount(over: outcome)
    guard isFinite, reward.isFinite else { return refusal }
    let (temperature, policy) = (temperature, actor.sample)
    var scaler = scaler
    scaler.update(
      reward: Double(reward - temperature * policy.logProbability), discount: discount,
      terminated: outcome.terminated)
    let scale = configuration.scalesTemporalDifference ? Float(scaler.scale) : 1

    // y = R + γ(1 − terminated)·(min Q(S′, A′) − α log π(A′|S′)), and δᵢ = (y − Qᵢ(S, A)) / σ_δ.
    let following = actor.followingSample
    let future = critic.followingValue(following.action) - temperature * following.logProbability
    let target = reward + (outcome.terminated ? 0 : Float(discount) * future)
    let values = critic.values(actor.executed.action)
    let errors = ((target - values.0) / scale, (target - values.1) / scale)
    critic.computeGradients(scale: 1 / scale)
    let squares = critic.gradientSquares

    let ownValue = computeActorGradient(policy, values, temperature)
    let actorSquares = actor.gradientSquares
    let largest = 2 * max(abs(errors.0), abs(errors.1))
    let criticSquares = (largest * largest * squares.values, largest * largest * squares.encoder)
    // α's loss is α·(−log π(a|S) − target entropy), whose derivative by log α is itself.
    logTemperature.gradients.dense[0] = temperature * (-policy.logProbability - targetEntropy)
    guard (criticSquares.0 + criticSquares.1 + actorSquares).isFinite, errors.0.isFinite, errors.1.isFinite,
      logTemperature.gradients.dense[0].isFinite
    else { return refusal }
    self.scaler = scaler
    actor.step()
    // What came of an excursion says nothing about the steps before it.
    let decay = actor.executed.isExcursion ? 0 : discount * configuration.streaming.traceDecay
    critic.step(errors: errors, decay: decay, ends: outcome.isLast)
    logTemperature.step()
    var update = Update(
      temporalDifferenceError: errors.0, temporalDifferenceScale: scale, value: values.0,
      logProbability: policy.logProbability, isRefused: false)
    update.actorLoss = temperature * policy.logProbability - ownValue
    update.actorGradientNorm = actorSquares.squareRoot()
    update.criticGradientNorm = criticSquares.0.squareRoot()
    update.encoderGradientNorm = criticSquares.1.squareRoot()
    return update
  }

  /// Computes the gradient of α log π(A|S) − min Q(S, A), A reparametrised.
  ///
  /// - Parameter values: of the action that was carried out, whose gradients have been computed.
  /// - Returns: min Q of the policy's own action.
  private func computeActorGradient(
    _ policy: SquashedGaussian, _ values: (Float, Float), _ temperature: Float
  ) -> Float {
    let isExcursion = actor.executed.isExcursion
    let own = isExcursion ? critic.values(policy.action) : values
    if isExcursion { critic.computeSmallerInputGradient(own) }
    critic.policyGradient(policy, temperature: temperature, own, into: &policyGradient)
    actor.computeActorGradient(policyGradient)
    return min(own.0, own.1)
  }

  private var refusal: Update { actor.refusal(scale: scaler.scale) }
}

extension StreamSAC {
  var criticStepCounts: [Int] { [critic.stepCount, logTemperature.optimizer.stepCount] }

  func write(to file: inout Safetensors) {
    file.set(critic)
    file.set(scaler)
    file.set(logTemperature)
  }

  func restore(_ reader: TensorReader, criticStepCounts: [Int]) throws(CheckpointError) {
    try reader.restore(&critic, stepCount: criticStepCounts[0])
    scaler = try TemporalDifferenceScaler(reader)
    try reader.restore(&logTemperature, stepCount: criticStepCounts[1])
  }
}
