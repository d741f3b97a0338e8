import AVGCore
import AVGNetwork
internal import AVGSystem

/// TD3-1: twin delayed deep deterministic policy gradient (Fujimoto et al. 2018) on the newest transition alone.
///
/// Two critics, a deterministic actor explored by Gaussian noise, target networks of all three, noise on the target's
/// actions, and a step of the actor and the targets after every second step of the critic. From pixels the encoder is
/// trained by the critics' loss and has a target network as they have.
final class TD31: TwinCriticLearner {
  /// The hyper-parameters.
  let configuration: AVGConfiguration
  /// Running statistics for σ_δ, and G.
  var scaler = TemporalDifferenceScaler()
  var actor: Actor<NoisyTanh>
  var critic: TwinCritic
  var target: TwinTarget
  var targetActor: TargetActor
  private var noise: [Float]
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
    target = TwinTarget(following: critic, rate: configuration.td31.targetNetworkRate)
    targetActor = TargetActor(design, following: actor)
    noise = [Float](repeating: 0, count: actionCount)
    policyGradient = noise
  }

  /// Learns from R, the end of the episode and S′: the critics, then, in every `policyDelay`-th update, actor and targets.
  ///
  /// A refused update has changed no weight, with one exception: if the actor's gradient overflows after the critics'
  /// step, that step stands.
  func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    actor.imagine(&noise)
    return learn(from: outcome, next: next, noise: noise)
  }

  /// As `learn(from:next:)`, with the noise of the target's action given.
  func learn(
    from outcome: Outcome, next: borrowing Observation, noise: [Float]
  ) -> Update {
    let isFinite =
      outcome.reward.isFinite && actor.perceiveFollowing(next, through: &critic.perception)
      && target.perception.perceiveFollowing(next, as: critic.perception)
      && targetActor.drawAction(next, actor, target.perception, noise: noise)
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
      reward: Double(reward), discount: discount, terminated: outcome.terminated)
    let scale = configuration.scalesTemporalDifference ? Float(scaler.scale) : 1

    // y = R + γ(1 − terminated)·min Q′(S′, a′).
    let future =
      outcome.terminated ? 0 : Float(discount) * critic.followingValue(targetActor.sample.action, of: target)
    let (delta, value) = critic.computeGradients(
      actor.executed.action, returnEstimate: reward + future, scale: scale)
    guard delta.isFinite, critic.gradientsAreFinite else { return refusal }
    critic.step()
    let update = Update(
      temporalDifferenceError: delta, temporalDifferenceScale: scale, value: value, logProbability: 0,
      isRefused: false)
    // Adam counts the critics' steps.
    guard critic.stepCount.isMultiple(of: configuration.td31.policyDelay) else {
      self.scaler = scaler
      critic.perception.learned.step()
      return update
    }

    // The actor's loss is −Q₁(S, π(S)), without noise, by the critic's new weights.
    actor.drawAgain(noise)
    _ = critic.firstValue(actor.sample.mean)
    critic.first.computeInputGradient()
    actor.sample.lossGradient(
      valueGradient: critic.first.pass.inputGradient, offset: critic.perception.count,
      into: &policyGradient)
    actor.computeActorGradient(policyGradient)
    guard actor.gradientIsFinite else { return refusal }
    self.scaler = scaler
    actor.step()
    critic.perception.learned.step()
    target.follow(critic)
    targetActor.follow(actor)
    return update
  }

  private var refusal: Update { actor.refusal(scale: scaler.scale) }
}

/// The actor's target parameters, and its encoder's where the encoders are separate.
struct TargetActor: ~Copyable, Sendable {
  /// The action a′ for S′: π′(S′) with bounded noise.
  private(set) var sample: NoisyTanh
  private var parameters: Parameters
  private var pass: MultilayerPerceptron.Pass
  private var perception: TargetPerception
  private let isShared: Bool
  private let rate: Double

  init(_ design: LearnerDesign, following actor: borrowing Actor<NoisyTanh>) {
    let configuration = design.configuration
    isShared = actor.isShared
    rate = configuration.td31.targetNetworkRate
    sample = NoisyTanh(
      actionCount: design.environment.actionCount, deviation: configuration.td31.targetNoise,
      bound: configuration.td31.targetNoiseBound)
    parameters = actor.learned.parameters.copy()
    pass = actor.network.makePass()
    perception = TargetPerception(following: actor.perception)
  }

  /// Draws a′ for S′, which the critics' target encoder has perceived.
  ///
  /// - Returns: whether all its numbers are finite.
  mutating func drawAction(
    _ next: borrowing Observation, _ actor: borrowing Actor<NoisyTanh>, _ shared: borrowing TargetPerception,
    noise: [Float]
  ) -> Bool {
    if isShared {
      pass.input.copy(from: shared.following.vector)
    } else {
      guard perception.perceiveFollowing(next, as: actor.perception) else { return false }
      pass.input.copy(from: perception.following.vector)
    }
    actor.network.forward(&pass, parameters)
    sample.sample(pass.output, noise: noise)
    return sample.isFinite
  }

  /// Moves the parameters the share τ of the way to the learned ones.
  mutating func follow(_ actor: borrowing Actor<NoisyTanh>) {
    parameters.follow(actor.learned.parameters, rate: rate)
    perception.follow(actor.perception, rate: rate)
  }

  func write(to file: inout Safetensors) {
    file.setTarget(parameters)
    file.setTarget(perception.parameters)
  }

  mutating func restore(_ reader: TensorReader) throws(CheckpointError) {
    try reader.restoreTarget(&parameters)
    try reader.restoreTarget(&perception.parameters)
  }
}

extension TD31 {
  func write(to file: inout Safetensors) {
    file.set(critic)
    target.write(to: &file)
    targetActor.write(to: &file)
    file.set(scaler)
  }

  func restore(_ reader: TensorReader, criticStepCounts: [Int]) throws(CheckpointError) {
    try reader.restore(&critic, stepCount: criticStepCounts[0])
    try target.restore(reader)
    try targetActor.restore(reader)
    scaler = try TemporalDifferenceScaler(reader)
  }
}
