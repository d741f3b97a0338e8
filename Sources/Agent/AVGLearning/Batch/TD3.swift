import AVGCore
import AVGNetwork
internal import AVGReplay

/// TD3: twin delayed deep deterministic policy gradient (Fujimoto et al. 2018, arXiv 1802.09477) from a replay buffer.
///
/// Two critics, a deterministic actor explored by Gaussian noise, target networks of all three, bounded noise on the target's
/// actions, and a step of the actor and the targets after every second step of the critics; one update is that of
/// Stable-Baselines3. From pixels the encoder is trained by the critics' loss and has a target as they have; with separate
/// encoders the actor's loss trains its own, which has a target too.
final class TD3: BatchLearner {
  /// The hyper-parameters.
  let configuration: AVGConfiguration
  var actor: Actor<NoisyTanh>
  var critic: BatchCritic
  var memory: ReplayMemory

  private var target: Parameters
  private var targetEncoder: Parameters
  private var policy: BatchPolicy
  /// The slice's actions: a′ of the target, with its noise, and those of the actor, without.
  private var samples: [NoisyTanh]
  /// The noise of a′ [samples, actionCount].
  var noise: [Float]
  var progress = BatchUpdate()
  /// Of a slice: actions [width, actionCount], y [width], and the gradient of the actor's outputs [width, actionCount].
  private var actions: [Float]
  private var returns: [Float]
  private var policyGradient: [Float]

  init(_ design: LearnerDesign) {
    let configuration = design.configuration
    let settings = configuration.td31
    self.configuration = configuration
    var weights = design.weights
    let actionCount = design.environment.actionCount
    let perception = Perception(name: "encoder", design, weights: &weights)
    let actor = Actor(
      design, NoisyTanh(actionCount: actionCount, deviation: settings.explorationNoise),
      heads: [("mu", actionCount)], inputs: perception.count, weights: &weights)
    critic = BatchCritic(
      design, targetRate: settings.targetNetworkRate, perception: perception, weights: &weights)
    let width = critic.percept.width
    target = actor.learned.parameters.copy()
    targetEncoder = actor.perception.learned.parameters.copy()
    policy = BatchPolicy(actor, width: width)
    self.actor = actor
    memory = ReplayMemory(design)
    let sample = NoisyTanh(
      actionCount: actionCount, deviation: settings.targetNoise, bound: settings.targetNoiseBound)
    samples = (0..<width).map { _ in sample }
    noise = [Float](repeating: 0, count: configuration.batchSamples * actionCount)
    actions = [Float](repeating: 0, count: width * actionCount)
    returns = [Float](repeating: 0, count: width)
    policyGradient = actions
  }

  func beginUpdate() {
    critic.beginUpdate()
    actor.beginUpdate()
    policy.pass.beginParameters()
  }

  /// Learns from the next slice: the critics, then, in every `policyDelay`-th update, actor and targets.
  func learnSlice() -> Update? {
    let slice = progress.slices
    progress.slices += 1
    if slice < critic.slices {
      addCriticGradients(slice)
      return progress.slices == critic.slices ? stepCritics() : nil
    }
    progress.policyValues += addActorGradients(slice - critic.slices)
    return progress.slices == 2 * critic.slices ? stepActor() : nil
  }

  /// - Returns: the update, if the actor has no part in it.
  private func stepCritics() -> Update? {
    guard critic.step(&progress) else { return actor.refusal(scale: 1) }
    policy.pass.beginParameters()
    // Adam counts the critics' steps.
    guard !critic.stepCount.isMultiple(of: configuration.td31.policyDelay) else { return nil }
    critic.perception.learned.step()
    return progress.record(count: Float(configuration.batchSamples))
  }

  private func stepActor() -> Update {
    let squares = actor.gradientSquares
    guard squares.isFinite else { return actor.refusal(scale: 1) }
    actor.step()
    critic.perception.learned.step()
    critic.followWithTargets()
    let rate = configuration.td31.targetNetworkRate
    target.follow(actor.learned.parameters, rate: rate)
    targetEncoder.follow(actor.perception.learned.parameters, rate: rate)
    let count = Float(configuration.batchSamples)
    var update = progress.record(count: count)
    update.actorLoss = -progress.policyValues / count
    update.actorGradientNorm = squares.squareRoot()
    return update
  }

  /// Adds a slice's gradients of the mean of δ₁² + δ₂².
  private func addCriticGradients(_ slice: Int) {
    let first = critic.samples(of: slice).lowerBound
    // y = R + γ(1 − terminated)·min Q′(S′, a′), a′ = π′(S′) with noise.
    critic.perceiveFollowingWithTarget(slice, memory)
    if actor.isShared {
      critic.percept.copyVectors(into: &policy.pass.input)
    } else {
      policy.see(first, memory, isNext: true, through: actor.perception, targetEncoder)
    }
    actor.network.forward(&policy.pass, target)
    takeSamples(first, noise)
    for (index, sample) in samples.enumerated() { copy(sample.action, to: index) }
    critic.followingValues(actions: actions, into: &returns)
    memory.makeReturns(from: first, &returns)
    memory.copyActions(from: first, into: &actions, count: returns.count)
    let part = critic.addGradients(slice, memory, actions: actions, returns: returns, weight: 1)
    progress.squares += part.squares
    progress.values += part.values
  }

  /// Adds a slice's gradients of the mean of −Q₁(S, π(S)), by the critic's new weights.
  ///
  /// - Returns: the sum of Q₁ over the slice.
  private func addActorGradients(_ slice: Int) -> Float {
    let range = critic.samples(of: slice)
    if actor.isShared {
      critic.copyStates(slice, into: &policy.pass.input)
    } else {
      policy.see(range.lowerBound, memory, isNext: false, through: actor.perception)
    }
    actor.network.forward(&policy.pass, actor.learned.parameters)
    takeSamples(range.lowerBound, noise)
    for (index, sample) in samples.enumerated() { copy(sample.mean, to: index) }
    let sum = critic.computeActionGradients(slice, actions: actions, onlyFirst: true)
    let (count, share) = (actions.count / returns.count, 1 / Float(configuration.batchSamples))
    for index in samples.indices {
      critic.withActionGradient(index) { valueGradient in
        samples[index].lossGradient(
          valueGradient: valueGradient, offset: critic.actionPlace(index),
          scale: index < range.count ? share : 0, into: &policyGradient, at: index * count)
      }
    }
    policy.addGradients(policyGradient, to: &actor)
    return sum
  }

  /// Makes an action of each of the actor's outputs.
  private func takeSamples(_ first: Int, _ noise: [Float]) {
    let count = actions.count / returns.count
    for index in samples.indices {
      samples[index].sample(
        policy.pass.output, at: index * policy.pass.outputStride, noise: noise,
        from: memory.sample(first, index) * count)
    }
  }

  private func copy(_ action: [Float], to index: Int) {
    for number in action.indices { actions[index * action.count + number] = action[number] }
  }
}

extension TD3 {
  var criticStepCounts: [Int] { [critic.stepCount] }

  func write(to file: inout Safetensors) {
    critic.write(to: &file)
    file.setTarget(target)
    file.setTarget(targetEncoder)
    memory.write(to: &file)
    writeUpdate(to: &file)
  }

  func restore(_ reader: TensorReader, criticStepCounts: [Int]) throws(CheckpointError) {
    try critic.restore(reader, stepCount: criticStepCounts[0])
    try reader.restoreTarget(&target)
    try reader.restoreTarget(&targetEncoder)
    try memory.restore(reader, isLearning: mode.isLearning)
    try restoreUpdate(reader)
  }
}
