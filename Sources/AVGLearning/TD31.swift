public import AVGCore
public import AVGNetwork

/// TD3-1: twin delayed deep deterministic policy gradient (Fujimoto et al. 2018) on the newest transition alone.
///
/// Two critics, a deterministic actor explored by Gaussian noise, target networks of all three, noise on the target's
/// actions, and a step of the actor and the targets after every second step of the critics. From pixels the encoder is
/// trained by the critics' loss and has a target network as they have.
public final class TD31: IncrementalLearner {
  /// The hyper-parameters.
  public let configuration: AVGConfiguration
  /// Running statistics for σ_δ, and G.
  public internal(set) var scaler = TemporalDifferenceScaler()
  var behavior: Behavior<NoisyTanh>
  var critics: TwinCritic
  var target: TargetActor
  private var noise: [Float]
  private var policyGradient: [Float]

  /// Makes an agent with freshly drawn weights; see `AVG.init`.
  public init(
    _ configuration: AVGConfiguration, frameCount: Int = 3, frameShape: FrameShape = .standard,
    proprioceptionCount: Int, actionCount: Int, seed: UInt64, instructionSet: InstructionSet = .best
  ) {
    self.configuration = configuration
    var weights = RandomSource(seed: seed, purpose: "weights")
    behavior = Behavior(
      configuration,
      NoisyTanh(actionCount: actionCount, deviation: configuration.td31.explorationNoise),
      heads: [("mu", actionCount)], frameCount: frameCount, frameShape: frameShape,
      proprioceptionCount: proprioceptionCount, seed: seed, weights: &weights, instructionSet: instructionSet)
    critics = TwinCritic(
      configuration, targetRate: configuration.td31.targetNetworkRate, perception: behavior.perception,
      actionCount: actionCount, frameCount: frameCount, frameShape: frameShape, weights: &weights,
      instructionSet: instructionSet)
    target = TargetActor(
      configuration, following: behavior, actionCount: actionCount, frameCount: frameCount,
      frameShape: frameShape, instructionSet: instructionSet)
    noise = [Float](repeating: 0, count: actionCount)
    policyGradient = noise
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

  /// Learns from R, the end of the episode and S′: critics first, then, when it is their turn, actor and targets.
  ///
  /// A refused update has changed no weight, with one exception: if the actor's gradient overflows after the critics'
  /// step, that step stands.
  public func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    behavior.imagine(&noise)
    return learn(from: outcome, next: next, noise: noise)
  }

  /// As `learn(from:next:)`, with the noise of the target's action given.
  package func learn(
    from outcome: Outcome, next: borrowing Observation, noise: [Float]
  ) -> Update {
    let isFinite =
      behavior.perceiveFollowing(next)
      && critics.targetPerception.perceiveFollowing(next, as: behavior.perception)
      && target.drawAction(next, behavior.actorPerception, critics.targetPerception, noise: noise)
    let update = update(outcome, isFinite: isFinite)
    behavior.endUpdate()
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
      outcome.terminated ? 0 : Float(discount) * critics.followingValue(target.sample.action)
    let (delta, value) = critics.computeGradients(
      &behavior.perception, behavior.executed.action, returnEstimate: reward + future, scale: scale)
    guard delta.isFinite, critics.gradientsAreFinite(behavior.perception.encoder) else { return refusal }
    critics.step()
    let update = Update(
      temporalDifferenceError: delta, temporalDifferenceScale: scale, value: value, logProbability: 0,
      isRefused: false)
    // Adam counts the critics' steps.
    guard critics.first.optimizer.stepCount.isMultiple(of: configuration.td31.policyDelay) else {
      self.scaler = scaler
      behavior.stepEncoder()
      return update
    }

    // The actor's loss is −Q₁(S, π(S)), without noise, by the critic's new weights.
    behavior.drawAgain(noise)
    _ = critics.first.value(behavior.perception.current.vector, behavior.sample.mean)
    critics.first.computeInputGradient()
    behavior.sample.lossGradient(
      valueGradient: critics.first.pass.inputGradient, offset: behavior.perception.count,
      into: &policyGradient)
    behavior.computeActorGradient(policyGradient)
    guard behavior.actorGradientIsFinite else { return refusal }
    self.scaler = scaler
    behavior.stepActor()
    behavior.stepEncoder()
    critics.followWithTargets(behavior.perception)
    target.follow(behavior)
    return update
  }

  private var refusal: Update { behavior.refusal(scale: scaler.scale) }
}

/// The actor that TD3's targets ask, with its own eyes where the actor has them.
struct TargetActor: ~Copyable, Sendable {
  /// The action a′ for S′: π′(S′) with bounded noise.
  private(set) var sample: NoisyTanh
  private var network: TargetNetwork
  private var perception: TargetPerception
  private let isShared: Bool
  private let rate: Double

  init(
    _ configuration: AVGConfiguration, following behavior: borrowing Behavior<NoisyTanh>, actionCount: Int,
    frameCount: Int, frameShape: FrameShape, instructionSet: InstructionSet
  ) {
    isShared = configuration.encoderSharing == .shared
    rate = configuration.td31.targetNetworkRate
    sample = NoisyTanh(
      actionCount: actionCount, deviation: configuration.td31.targetNoise,
      bound: configuration.td31.targetNoiseBound)
    network = TargetNetwork(
      MultilayerPerceptron(
        name: "target.actor", configuration, inputs: behavior.actor.inputs, heads: [("mu", actionCount)],
        instructionSet: instructionSet),
      following: behavior.actor)
    perception = TargetPerception(
      name: "target.actor.encoder", following: behavior.actorPerception, configuration,
      frameCount: isShared ? 0 : frameCount, frameShape: frameShape, instructionSet: instructionSet)
  }

  /// Draws a′ for S′, which the critics' target has perceived.
  ///
  /// - Returns: whether all its numbers are finite.
  mutating func drawAction(
    _ next: borrowing Observation, _ online: borrowing Perception, _ shared: borrowing TargetPerception,
    noise: [Float]
  ) -> Bool {
    if isShared {
      network.forward(shared.following.vector)
    } else {
      guard perception.perceiveFollowing(next, as: online) else { return false }
      network.forward(perception.following.vector)
    }
    sample.sample(network.pass.output, noise: noise)
    return sample.isFinite
  }

  /// Goes the share τ of the way to what has been learned.
  mutating func follow(_ behavior: borrowing Behavior<NoisyTanh>) {
    network.network.store.follow(behavior.actor.store, rate: rate)
    perception.encoder.store.follow(behavior.actorPerception.encoder.store, rate: rate)
  }

  func write(to file: inout Safetensors) {
    file.setValues(network.network.store)
    file.setValues(perception.encoder.store)
  }

  mutating func restore(_ reader: TensorReader) throws(CheckpointError) {
    try reader.restoreValues(&network.network.store)
    try reader.restoreValues(&perception.encoder.store)
  }
}

extension TD31 {
  /// The whole state of the learner as named tensors.
  public func checkpoint(metadata: [String: String] = [:]) -> Safetensors {
    var file = Safetensors()
    file.metadata = metadata
    behavior.write(to: &file)
    file.set(critics)
    target.write(to: &file)
    file.set(scaler)
    file.setStepCounts(behavior.stepCounts + [critics.first.optimizer.stepCount])
    return file
  }

  /// Takes over the state that `checkpoint(metadata:)` gave, of an agent of the same configuration.
  public func restore(_ file: Safetensors, name: String) throws(CheckpointError) {
    let reader = try TensorReader(checking: file, name: name)
    let steps = try reader.stepCounts(count: 4)
    try behavior.restore(reader, steps)
    try reader.restore(&critics, stepCount: steps[3])
    try target.restore(reader)
    scaler = try TemporalDifferenceScaler(reader)
  }
}
