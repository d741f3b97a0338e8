public import AVGCore
public import AVGNetwork

/// Incremental one-step actor-critic with the likelihood-ratio gradient, as published beside AVG (Vasan et al. 2024).
///
/// Its critic values states; its actor follows δ ∇log π(A|S), and η times the entropy of the Gaussian before the
/// squashing. G is discounted here and knows no entropy, as in the published code.
public final class IAC: IncrementalLearner {
  /// The hyper-parameters.
  public let configuration: AVGConfiguration
  /// Running statistics for σ_δ, and G.
  public internal(set) var scaler = TemporalDifferenceScaler()
  var behavior: Behavior<SquashedGaussian>
  var critic: Critic
  private var followingPass: MultilayerPerceptron.Pass
  private var policyGradient: [Float]

  /// Makes an agent with freshly drawn weights; see `AVG.init`.
  public init(
    _ configuration: AVGConfiguration, frameCount: Int = 3, frameShape: FrameShape = .standard,
    proprioceptionCount: Int, actionCount: Int, seed: UInt64, instructionSet: InstructionSet = .best
  ) {
    self.configuration = configuration
    var weights = RandomSource(seed: seed, purpose: "weights")
    behavior = Behavior(
      configuration, SquashedGaussian(configuration, actionCount: actionCount),
      heads: [("mu", actionCount), ("log_std", actionCount)],
      // Its gradient is that of the likelihood of what was done: that must be the policy's own.
      makesExcursions: false, frameCount: frameCount, frameShape: frameShape,
      proprioceptionCount: proprioceptionCount, seed: seed, weights: &weights, instructionSet: instructionSet)
    critic = Critic(
      name: "critic", head: "v", configuration, inputs: behavior.perception.count, weights: &weights,
      instructionSet: instructionSet)
    followingPass = critic.network.makePass()
    policyGradient = [Float](repeating: 0, count: 2 * actionCount)
  }

  /// What `act` does.
  public var mode: AVG.Mode {
    get { behavior.mode }
    set { behavior.mode = newValue }
  }

  /// Chooses A for S as `mode` says; zeros if a number on the way is not finite.
  public func act(on observation: borrowing Observation, into action: inout [Float]) {
    behavior.act(on: observation, into: &action)
  }

  /// Chooses A′ for S′ with the weights before the update; see `AVG.anticipate`.
  public func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    behavior.anticipate(next, into: &action)
  }

  /// Learns from R, the end of the episode and S′, as published: both gradients first, then both steps.
  public func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    let update = update(outcome, isFinite: behavior.perceiveFollowing(next))
    behavior.endUpdate()
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
    followingPass.setInput(behavior.perception.following.vector, [])
    critic.network.forward(&followingPass)
    let future = outcome.terminated ? 0 : Float(discount) * followingPass.output[0]
    let value = critic.value(behavior.perception.current.vector, [])
    let delta = (reward + future - value) / scale

    // The critic's loss is δ²; the encoder's too.
    let lossScale = -2 * delta / scale
    critic.computeGradient(scale: lossScale)
    behavior.perception.backward(critic.pass.inputGradient, scale: lossScale)
    behavior.sample.likelihoodRatioGradient(
      advantage: delta, entropyCoefficient: Float(configuration.entropyCoefficient), into: &policyGradient)
    behavior.computeActorGradient(policyGradient)

    let squares =
      critic.network.gradientSumOfSquares() + behavior.perception.encoder.gradientSumOfSquares()
    guard delta.isFinite, squares.isFinite, behavior.actorGradientIsFinite else { return refusal }
    self.scaler = scaler
    behavior.stepActor()
    critic.step()
    behavior.stepEncoder()
    return Update(
      temporalDifferenceError: delta, temporalDifferenceScale: scale, value: value,
      logProbability: behavior.sample.logProbability, isRefused: false)
  }

  private var refusal: Update { behavior.refusal(scale: scaler.scale) }
}

extension IAC {
  /// The whole state of the learner as named tensors.
  public func checkpoint(metadata: [String: String] = [:]) -> Safetensors {
    var file = Safetensors()
    file.metadata = metadata
    behavior.write(to: &file)
    file.set(critic)
    file.set(scaler)
    file.setStepCounts(behavior.stepCounts + [critic.optimizer.stepCount])
    return file
  }

  /// Takes over the state that `checkpoint(metadata:)` gave, of an agent of the same configuration.
  public func restore(_ file: Safetensors, name: String) throws(CheckpointError) {
    let reader = try TensorReader(checking: file, name: name)
    let steps = try reader.stepCounts(count: 4)
    try behavior.restore(reader, steps)
    try reader.restore(&critic, stepCount: steps[3])
    scaler = try TemporalDifferenceScaler(reader)
  }
}
