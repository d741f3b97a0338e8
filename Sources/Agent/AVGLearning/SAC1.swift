import AVGCore
import AVGNetwork
internal import AVGSystem

/// SAC-1: soft actor-critic (Haarnoja et al. 2018) on the newest transition alone, as published beside AVG
/// (Vasan et al. 2024).
///
/// Two critics and their target networks, a learned temperature α with the target entropy −|A|, and an actor whose
/// action is drawn anew at S after the critics' step. From pixels the encoder is trained by the critics' loss, has a
/// target network as they have, and the actor's step uses the features of S from before the encoder's step.
final class SAC1: TwinCriticLearner {
  /// The hyper-parameters.
  let configuration: AVGConfiguration
  /// Running statistics for σ_δ, and G.
  var scaler = TemporalDifferenceScaler()
  var actor: Actor<SquashedGaussian>
  var critic: TwinCritic
  var target: TwinTarget
  /// log α.
  var logTemperature: LearnedParameters
  private let targetEntropy: Float
  private var noise: [Float]
  private var policyNoise: [Float]
  private var policyGradient: [Float]

  init(_ design: LearnerDesign) {
    configuration = design.configuration
    let actionCount = design.environment.actionCount
    var weights = design.weights
    let perception = Perception(name: "encoder", design, weights: &weights)
    actor = Actor(design, inputs: perception.count, weights: &weights)
    critic = TwinCritic(design, perception: perception, weights: &weights)
    target = TwinTarget(following: critic, rate: configuration.sac1.targetNetworkRate)
    logTemperature = LearnedParameters(logTemperatureOf: design)
    targetEntropy = -Float(actionCount)
    noise = [Float](repeating: 0, count: actionCount)
    policyNoise = noise
    policyGradient = [Float](repeating: 0, count: 2 * actionCount)
  }

  /// α, the weight of the policy's entropy.
  var temperature: Float { Elementary.exp(logTemperature.parameters.values[0]) }

  /// Learns from R, the end of the episode and S′, as published: critics, actor, temperature, target networks.
  ///
  /// A refused update has changed no weight, with one exception: if the actor's gradient overflows after the critics'
  /// step, that step stands.
  func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    actor.imagine(&noise)
    actor.imagine(&policyNoise)
    return learn(from: outcome, next: next, noise: noise, policyNoise: policyNoise)
  }

  /// As `learn(from:next:)`, with the noise of A′ given, and that of the action in the actor's loss.
  func learn(
    from outcome: Outcome, next: borrowing Observation, noise: [Float], policyNoise: [Float]
  ) -> Update {
    let isFinite =
      outcome.reward.isFinite && actor.perceiveFollowing(next, through: &critic.perception)
      && actor.drawFollowingAction(critic.perception, imagined: noise)
      && target.perception.perceiveFollowing(next, as: critic.perception)
    let update = update(outcome, policyNoise: policyNoise, isFinite: isFinite)
    actor.endUpdate(&critic.perception, continues: !outcome.isLast)
    return update
  }

  private func update(_ outcome: Outcome, policyNoise: [Float], isFinite: Bool) -> Update {
    let reward = outcome.reward * Float(configuration.rewardScale)
    let discount = configuration.discount(over: outcome)
    guard isFinite, reward.isFinite else { return refusal }
    let temperature = temperature
    let logProbability = actor.sample.logProbability
    var scaler = scaler
    scaler.update(
      reward: Double(reward - temperature * logProbability), discount: discount,
      terminated: outcome.terminated)
    let scale = configuration.scalesTemporalDifference ? Float(scaler.scale) : 1

    // y = R + γ(1 − terminated)·(min Q′(S′, A′) − α log π(A′|S′)).
    let following = actor.followingSample
    let future =
      critic.followingValue(following.action, of: target) - temperature * following.logProbability
    let (delta, value) = critic.computeGradients(
      actor.executed.action, returnEstimate: reward + (outcome.terminated ? 0 : Float(discount) * future),
      scale: scale)
    guard delta.isFinite, critic.gradientsAreFinite else { return refusal }
    critic.step()

    // The actor's loss is α log π(a|S) − min Q(S, a), with a new sample a and the critics' new weights.
    computeActorGradient(temperature, policyNoise)
    guard actor.sample.isFinite, actor.gradientIsFinite else { return refusal }
    self.scaler = scaler
    actor.step()
    critic.perception.learned.step()
    // The temperature's loss is α(−log π(a|S) − target entropy), whose derivative by log α is itself.
    logTemperature.gradients.dense[0] = temperature * (-actor.sample.logProbability - targetEntropy)
    logTemperature.step()
    target.follow(critic)
    return Update(
      temporalDifferenceError: delta, temporalDifferenceScale: scale, value: value,
      logProbability: logProbability, isRefused: false)
  }

  private func computeActorGradient(_ temperature: Float, _ noise: [Float]) {
    actor.drawAgain(noise)
    let values = critic.values(actor.sample.action)
    critic.computeSmallerInputGradient(values)
    critic.policyGradient(actor.sample, temperature: temperature, values, into: &policyGradient)
    actor.computeActorGradient(policyGradient)
  }

  private var refusal: Update { actor.refusal(scale: scaler.scale) }
}

extension SAC1 {
  var criticStepCounts: [Int] {
    [critic.stepCount, logTemperature.optimizer.stepCount]
  }

  func write(to file: inout Safetensors) {
    file.set(critic)
    target.write(to: &file)
    file.set(scaler)
    file.set(logTemperature)
  }

  func restore(_ reader: TensorReader, criticStepCounts: [Int]) throws(CheckpointError) {
    try reader.restore(&critic, stepCount: criticStepCounts[0])
    try target.restore(reader)
    scaler = try TemporalDifferenceScaler(reader)
    try reader.restore(&logTemperature, stepCount: criticStepCounts[1])
  }
}
