import AVGCore
import AVGNetwork
internal import AVGSystem

/// A streaming twin critic with a deterministic policy and eligibility traces: TD3 (Fujimoto et al. 2018) without what needs
/// a batch.
///
/// It keeps TD3's two critics, of whose values the smaller counts, and the noise on the next action. Traces take the place
/// of the replay buffer and, with them, steps that are scaled by the size of the errors that of the target networks and of
/// the policy's delay. The policy follows the first critic's gradient with the weights before the update. SDAC (De Monte
/// et al. 2026), whose constants are not public, has this aim too; the design here is our own.
final class StreamTD3: TwinCriticLearner {
  /// The hyper-parameters.
  let configuration: AVGConfiguration
  /// Running statistics for σ_δ, and G.
  var scaler = TemporalDifferenceScaler()
  var actor: Actor<NoisyTanh>
  var critic: TwinCritic
  private var noise: [Float]
  /// π(S′) with noise, within −1…1.
  private var followingAction: [Float]
  private var policyGradient: [Float]

  init(_ design: LearnerDesign) {
    configuration = design.configuration
    let actionCount = design.environment.actionCount
    var weights = design.weights
    let perception = Perception(name: "encoder", design, weights: &weights)
    actor = Actor(
      design, NoisyTanh(actionCount: actionCount, deviation: configuration.td31.explorationNoise),
      heads: [("mu", actionCount)], inputs: perception.count, weights: &weights)
    critic = TwinCritic(design, perception: perception, weights: &weights)
    noise = [Float](repeating: 0, count: actionCount)
    followingAction = noise
    policyGradient = noise
  }

  /// Learns from R, the end of the episode and S′: all gradients with the old weights, then all steps.
  func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    actor.imagine(&noise)
    return learn(from: outcome, next: next, noise: noise)
  }

  /// As `learn(from:next:)`, with the noise on π(S′) given.
  func learn(from outcome: Outcome, next: borrowing Observation, noise: [Float]) -> Update {
    let isFinite =
      outcome.reward.isFinite && actor.perceiveFollowing(next, through: &critic.perception)
      && actor.drawFollowingAction(critic.perception, imagined: noise)
    let (deviation, bound) = (
      Float(configuration.td31.targetNoise), Float(configuration.td31.targetNoiseBound)
    )
    for index in noise.indices {
      let shift = max(-bound, min(bound, deviation * noise[index]))
      followingAction[index] = max(-1, min(1, actor.followingSample.mean[index] + shift))
    }
    let update = update(outcome, isFinite: isFinite)
    actor.endUpdate(&critic.perception, continues: !outcome.isLast)
    return update
  }

  private func update(_ outcome: Outcome, isFinite: Bool) -> Update {
    let reward = outcome.reward * Float(configuration.rewardScale)
    let discount = configuration.discount(over: outcome)
    guard isFinite, reward.isFinite else { return refusal }
    var scaler = scaler
    scaler.update(reward: Double(reward), discount: discount, terminated: outcome.terminated)
    let scale = configuration.scalesTemporalDifference ? Float(scaler.scale) : 1

    // y = R + γ(1 − terminated)·min Q(S′, a′), and δᵢ = (y − Qᵢ(S, A)) / σ_δ.
    let future = outcome.terminated ? 0 : Float(discount) * critic.followingValue(followingAction)
    let values = critic.values(actor.executed.action)
    let errors = ((reward + future - values.0) / scale, (reward + future - values.1) / scale)
    critic.computeGradients(scale: 1 / scale)
    let squares = critic.gradientSquares

    // The actor's loss is −Q₁(S, π(S)), without noise.
    let ownValue = critic.firstValue(actor.sample.mean)
    critic.first.computeInputGradient()
    actor.sample.lossGradient(
      valueGradient: critic.first.pass.inputGradient, offset: critic.perception.count, into: &policyGradient)
    actor.computeActorGradient(policyGradient)
    let actorSquares = actor.gradientSquares

    let largest = 2 * max(abs(errors.0), abs(errors.1))
    let criticSquares = (largest * largest * squares.values, largest * largest * squares.encoder)
    guard (criticSquares.0 + criticSquares.1 + actorSquares).isFinite, errors.0.isFinite, errors.1.isFinite
    else { return refusal }
    self.scaler = scaler
    actor.step()
    // What came of an excursion says nothing about the steps before it.
    let decay = actor.executed.isExcursion ? 0 : discount * configuration.streaming.traceDecay
    critic.step(errors: errors, decay: decay, ends: outcome.isLast)
    var update = Update(
      temporalDifferenceError: errors.0, temporalDifferenceScale: scale, value: values.0, logProbability: 0,
      isRefused: false)
    update.actorLoss = -ownValue
    update.actorGradientNorm = actorSquares.squareRoot()
    update.criticGradientNorm = criticSquares.0.squareRoot()
    update.encoderGradientNorm = criticSquares.1.squareRoot()
    return update
  }

  private var refusal: Update { actor.refusal(scale: scaler.scale) }
}

extension StreamTD3 {
  func write(to file: inout Safetensors) {
    file.set(critic)
    file.set(scaler)
  }

  func restore(_ reader: TensorReader, criticStepCounts: [Int]) throws(CheckpointError) {
    try reader.restore(&critic, stepCount: criticStepCounts[0])
    scaler = try TemporalDifferenceScaler(reader)
  }
}
