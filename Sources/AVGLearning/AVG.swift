public import AVGCore
public import AVGNetwork
import Glibc

/// Action Value Gradient (Vasan et al., NeurIPS 2024, algorithm 1), from pixels: it learns from each transition
/// once, as it comes, and keeps none. What it has beyond the published algorithm can be switched off.
public final class AVG: IncrementalLearner {
  /// What `act` chooses and whether it learns.
  public enum Mode: Hashable, Sendable {
    /// Samples the policy; the running statistics learn from each observation.
    case learning
    /// Samples the policy with noise of its own seed; nothing that is learned changes.
    case sampling(seed: UInt64)
    /// Takes tanh μ, the sample without noise; nothing changes.
    case greedy
  }

  /// The hyper-parameters.
  public let configuration: AVGConfiguration
  /// Running statistics for σ_δ, and G.
  public internal(set) var scaler = TemporalDifferenceScaler()
  var behavior: Behavior<SquashedGaussian>
  /// Q.
  var critic: Critic
  /// What Q(S′, A′) is asked of instead of the critic; absent unless configured.
  var target: TargetCritic?
  private var followingPass: MultilayerPerceptron.Pass
  private var noise: [Float]
  private var policyGradient: [Float]

  /// Makes an agent with freshly drawn weights.
  ///
  /// - Parameters:
  ///   - frameCount: stacked frames; 0 for an agent without a camera.
  ///   - seed: what weights, exploration and imagined next actions are drawn from.
  public init(
    _ configuration: AVGConfiguration, frameCount: Int = 3, frameShape: FrameShape = .standard,
    proprioceptionCount: Int, actionCount: Int, seed: UInt64, instructionSet: InstructionSet = .best
  ) {
    self.configuration = configuration
    var weights = RandomSource(seed: seed, purpose: "weights")
    behavior = Behavior(
      configuration, SquashedGaussian(configuration, actionCount: actionCount),
      heads: [("mu", actionCount), ("log_std", actionCount)], frameCount: frameCount, frameShape: frameShape,
      proprioceptionCount: proprioceptionCount, seed: seed, weights: &weights, instructionSet: instructionSet)
    critic = Critic(
      name: "critic", head: "q", configuration, inputs: behavior.perception.count + actionCount,
      weights: &weights, instructionSet: instructionSet)
    followingPass = critic.network.makePass()
    noise = [Float](repeating: 0, count: actionCount)
    policyGradient = [Float](repeating: 0, count: 2 * actionCount)
    if configuration.targetNetworkRate > 0 {
      target = TargetCritic(
        configuration, perception: behavior.perception, critic: critic.network, frameCount: frameCount,
        frameShape: frameShape, instructionSet: instructionSet)
    }
  }

  /// What `act` does.
  public var mode: Mode {
    get { behavior.mode }
    set { behavior.mode = newValue }
  }

  /// Chooses A for S as `mode` says; zeros if a number on the way is not finite.
  public func act(on observation: borrowing Observation, into action: inout [Float]) {
    behavior.act(on: observation, into: &action)
  }

  /// As `act(on:into:)`, with the noise ε given.
  package func act(on observation: borrowing Observation, noise: [Float], into action: inout [Float]) {
    behavior.act(on: observation, noise: noise, into: &action)
  }

  /// Chooses A′ for S′ with the weights before the update; zeros if a number on the way is not finite.
  ///
  /// The update that follows differs from the published one in two ways. Its target takes this A′, which is drawn from
  /// the same policy as the published order's own sample. And from then on S is seen, and A chosen, by the weights
  /// before the last update: features and the actor's gradient are one update old, the critic's is not. It costs one
  /// pass of the encoder less.
  public func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    behavior.anticipate(next, into: &action)
  }

  /// Learns from R, the end of the episode and S′, as published: both gradients first, then the actor's step, then
  /// the critic's.
  public func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    behavior.imagine(&noise)
    return learn(from: outcome, next: next, noise: noise)
  }

  /// As `learn(from:next:)`, with the noise of A′ given, unless A′ has been chosen by `anticipate`.
  package func learn(from outcome: Outcome, next: borrowing Observation, noise: [Float]) -> Update {
    let isFinite =
      behavior.perceiveFollowing(next) && behavior.drawFollowingAction(imagined: noise)
      && (target?.perception.perceiveFollowing(next, as: behavior.perception) ?? true)
    let update = update(outcome, isFinite: isFinite)
    behavior.endUpdate()
    return update
  }

  /// The update, once S′ is perceived and A′ is drawn from π(·|S′).
  private func update(_ outcome: Outcome, isFinite: Bool) -> Update {
    let entropyCoefficient = Float(configuration.entropyCoefficient)
    let reward = outcome.reward * Float(configuration.rewardScale)
    let discount = configuration.discount(over: outcome)
    let policy = behavior.sample
    guard isFinite, reward.isFinite else { return refusal }

    // r̃ and the statistics behind σ_δ, before anything else; a refusal leaves them as they were.
    let entropyReward = reward - entropyCoefficient * policy.logProbability
    var scaler = scaler
    scaler.update(
      reward: Double(entropyReward), discount: discount, terminated: outcome.terminated)
    let scale = configuration.scalesTemporalDifference ? Float(scaler.scale) : 1

    // δ = (R + γ(1 − terminated)·(Q(S′, A′) − η log π(A′|S′)) − Q(S, A)) / σ_δ.
    let following = behavior.followingSample
    let target = followingValue(following.action) - entropyCoefficient * following.logProbability
    let future = outcome.terminated ? 0 : Float(discount) * target
    let value = critic.value(behavior.perception.current.vector, behavior.executed.action)
    let delta = (reward + future - value) / scale

    // One backward pass of Q with gradient 1: its input's gradient holds ∂Q/∂A, and −2δ/σ_δ times its parameters'
    // and features' gradients is the gradient of δ².
    let lossScale = -2 * delta / scale
    critic.computeGradient(scale: lossScale)
    behavior.perception.backward(critic.pass.inputGradient, scale: lossScale)

    // The actor's loss is η log π(A|S) − Q(S, A), with A reparametrised and Q not yet updated; on an excursion A was
    // not done, and is judged apart.
    var ownValue = value
    if behavior.executed.isExcursion {
      ownValue = critic.value(behavior.perception.current.vector, policy.action)
      critic.computeInputGradient()
    }
    policy.lossGradient(
      entropyCoefficient: entropyCoefficient, valueGradient: critic.pass.inputGradient,
      offset: behavior.perception.count, into: &policyGradient)
    behavior.computeActorGradient(policyGradient)

    let squares = gradientSquares
    guard delta.isFinite, scale.isFinite, (squares.actor + squares.critic + squares.encoder).isFinite else {
      return refusal
    }
    self.scaler = scaler
    behavior.stepActor()
    critic.step()
    behavior.stepEncoder()
    self.target?.follow(behavior.perception, critic.network)
    var update = Update(
      temporalDifferenceError: delta, temporalDifferenceScale: scale, value: value,
      logProbability: policy.logProbability, isRefused: false)
    update.actorLoss = entropyCoefficient * policy.logProbability - ownValue
    update.actorGradientNorm = squares.actor.squareRoot()
    update.criticGradientNorm = squares.critic.squareRoot()
    update.encoderGradientNorm = squares.encoder.squareRoot()
    return update
  }

  /// Q(S′, A′), of the target network if there is one.
  private func followingValue(_ action: [Float]) -> Float {
    if let value = target?.followingValue(action) { return value }
    followingPass.setInput(behavior.perception.following.vector, action)
    critic.network.forward(&followingPass)
    return followingPass.output[0]
  }

  /// Σ of each network's squared gradients; not finite when any of them is not.
  private var gradientSquares: (actor: Float, critic: Float, encoder: Float) {
    (
      behavior.actor.gradientSumOfSquares(),
      critic.network.gradientSumOfSquares(),
      behavior.perception.encoder.gradientSumOfSquares()
        + behavior.actorPerception.encoder.gradientSumOfSquares()
    )
  }

  private var refusal: Update { behavior.refusal(scale: scaler.scale) }
}

extension AVG {
  /// The multiplications and additions of one pass through a part, which a benchmark's roofline counts.
  public var operations: (encoderForward: Int, encoderBackward: Int, actor: Int, critic: Int) {
    let encoder = (
      behavior.perception.encoder.forwardOperations, behavior.perception.encoder.backwardOperations
    )
    return (encoder.0, encoder.1, behavior.actor.operations, critic.network.operations)
  }

  /// The whole state of the learner as named tensors: weights under PyTorch's names and shapes, Adam's moments,
  /// running statistics, random sources, and the action that is still to be learned from.
  public func checkpoint(metadata: [String: String] = [:]) -> Safetensors {
    var file = Safetensors()
    file.metadata = metadata
    behavior.write(to: &file)
    file.set(critic)
    file.set(scaler)
    target?.write(to: &file)
    file.setStepCounts(behavior.stepCounts + [critic.optimizer.stepCount])
    return file
  }

  /// Takes over the state that `checkpoint(metadata:)` gave, of an agent of the same configuration.
  ///
  /// - Throws: `CheckpointError`; the agent is then to be thrown away.
  public func restore(_ file: Safetensors, name: String) throws(CheckpointError) {
    let reader = try TensorReader(checking: file, name: name)
    let steps = try reader.stepCounts(count: 4)
    try behavior.restore(reader, steps)
    try reader.restore(&critic, stepCount: steps[3])
    scaler = try TemporalDifferenceScaler(reader)
    try target?.restore(reader)
  }

  /// Replaces every weight by `weights(name)`, in PyTorch's order; moments and statistics stay as they are.
  package func setWeights(_ weights: (_ name: String) throws -> [Float]) rethrows {
    try behavior.actor.store.setValues(weights)
    try critic.network.store.setValues(weights)
    try behavior.perception.encoder.store.setValues(weights)
    try behavior.actorPerception.encoder.store.setValues(weights)
  }
}
