import AVGCore
import AVGNetwork
internal import AVGReplay
internal import AVGSystem

/// SAC: soft actor-critic (Haarnoja et al. 2018, arXiv 1812.05905) from a replay buffer.
///
/// Two critics and their target networks, a squashed Gaussian, a learned temperature α with the target entropy −|A|; one
/// update is that of Stable-Baselines3. From pixels the encoder is trained by the critics' loss and has a target as they
/// have; with separate encoders the actor's loss trains its own.
final class SAC: BatchLearner {
  /// The hyper-parameters.
  let configuration: AVGConfiguration
  var actor: Actor<SquashedGaussian>
  var critic: BatchCritic
  /// log α.
  var logTemperature: LearnedParameters
  var memory: ReplayMemory

  private let targetEntropy: Float
  private var policy: BatchPolicy
  /// The slice's actions, drawn from the policy.
  private var drawn: [SquashedGaussian]
  /// The noise of A′, and then that of the actions in the actor's loss [2 samples, actionCount].
  var noise: [Float]
  var progress = BatchUpdate()
  /// Of a slice: actions [width, actionCount], y [width], and the gradient of the actor's outputs [width, 2 actionCount].
  private var actions: [Float]
  private var returns: [Float]
  private var policyGradient: [Float]

  init(_ design: LearnerDesign) {
    let configuration = design.configuration
    self.configuration = configuration
    var weights = design.weights
    let perception = Perception(name: "encoder", design, weights: &weights)
    let actor = Actor<SquashedGaussian>(design, inputs: perception.count, weights: &weights)
    critic = BatchCritic(
      design, targetRate: configuration.sac1.targetNetworkRate, perception: perception, weights: &weights)
    let (width, actionCount) = (critic.percept.width, design.environment.actionCount)
    policy = BatchPolicy(actor, width: width)
    self.actor = actor
    logTemperature = LearnedParameters(logTemperatureOf: design)
    memory = ReplayMemory(design)
    targetEntropy = -Float(actionCount)
    drawn = (0..<width).map { _ in SquashedGaussian(configuration, actionCount: actionCount) }
    noise = [Float](repeating: 0, count: 2 * configuration.batchSamples * actionCount)
    actions = [Float](repeating: 0, count: width * actionCount)
    returns = [Float](repeating: 0, count: width)
    policyGradient = [Float](repeating: 0, count: 2 * width * actionCount)
  }

  /// α, the weight of the policy's entropy.
  var temperature: Float { Elementary.exp(logTemperature.parameters.values[0]) }

  func beginUpdate() {
    critic.beginUpdate()
    actor.beginUpdate()
    policy.pass.beginParameters()
  }

  /// Learns from the next slice: critics first, then actor, temperature, target networks.
  func learnSlice() -> Update? {
    let slice = progress.slices
    progress.slices += 1
    if slice < critic.slices {
      addCriticGradients(slice)
      return progress.slices == critic.slices && !critic.step(&progress) ? refusal : nil
    }
    addActorGradients(slice - critic.slices)
    return progress.slices == 2 * critic.slices ? stepActor() : nil
  }

  private func stepActor() -> Update {
    let squares = actor.gradientSquares
    guard squares.isFinite else { return refusal }
    actor.step()
    critic.perception.learned.step()
    // The temperature's loss is −log α·(log π(a|S) + target entropy).
    let count = Float(configuration.batchSamples)
    let temperature = temperature
    logTemperature.gradients.dense[0] = -(progress.logProbabilities / count + targetEntropy)
    logTemperature.step()
    critic.followWithTargets()
    var update = progress.record(count: count)
    update.actorLoss = (temperature * progress.logProbabilities - progress.policyValues) / count
    update.actorGradientNorm = squares.squareRoot()
    return update
  }

  /// Adds a slice's gradients of the mean of (δ₁² + δ₂²) / 2.
  private func addCriticGradients(_ slice: Int) {
    let temperature = temperature
    // y = R + γ(1 − terminated)·(min Q′(S′, A′) − α log π(A′|S′)), A′ ~ π(·|S′).
    perceiveFollowing(slice)
    drawActions(slice, noiseFrom: 0)
    critic.perceiveFollowingWithTarget(slice, memory, isLoaded: actor.isShared)
    critic.followingValues(actions: actions, into: &returns)
    for index in returns.indices { returns[index] -= temperature * drawn[index].logProbability }
    let first = critic.samples(of: slice).lowerBound
    memory.makeReturns(from: first, &returns)
    memory.copyActions(from: first, into: &actions, count: returns.count)
    let part = critic.addGradients(slice, memory, actions: actions, returns: returns, weight: 0.5)
    progress.squares += part.squares
    progress.values += part.values
  }

  /// Adds a slice's gradients of the mean of α log π(a|S) − min Q(S, a), with new actions a and the critics' new weights.
  private func addActorGradients(_ slice: Int) {
    let (range, temperature) = (critic.samples(of: slice), temperature)
    let count = actions.count / returns.count
    if actor.isShared {
      critic.copyStates(slice, into: &policy.pass.input)
    } else {
      policy.see(range.lowerBound, memory, isNext: false, through: actor.perception)
    }
    drawActions(slice, noiseFrom: noise.count / 2)
    progress.policyValues += critic.computeActionGradients(slice, actions: actions)
    for index in drawn.indices {
      let place = 2 * count * index
      critic.withActionGradient(index) { valueGradient in
        drawn[index].lossGradient(
          entropyCoefficient: temperature, valueGradient: valueGradient, offset: critic.actionPlace(index),
          into: &policyGradient, at: place)
      }
      let share: Float = index < range.count ? 1 / Float(configuration.batchSamples) : 0
      for number in place..<place + 2 * count { policyGradient[number] *= share }
      if index < range.count { progress.logProbabilities += drawn[index].logProbability }
    }
    policy.addGradients(policyGradient, to: &actor)
  }

  /// Fills the actor's inputs with a slice's S′.
  private func perceiveFollowing(_ slice: Int) {
    if actor.isShared {
      critic.perceive(slice, memory, isNext: true)
      critic.percept.copyVectors(into: &policy.pass.input)
    } else {
      policy.see(
        critic.samples(of: slice).lowerBound, memory, isNext: true, through: actor.perception)
    }
  }

  /// Draws an action for each of the actor's inputs, by the noise from `place` on.
  private func drawActions(_ slice: Int, noiseFrom place: Int) {
    actor.network.forward(&policy.pass, actor.learned.parameters)
    let count = actions.count / returns.count
    let first = critic.samples(of: slice).lowerBound
    for index in drawn.indices {
      drawn[index].sample(
        policy.pass.output, at: index * policy.pass.outputStride, noise: noise,
        from: place + memory.sample(first, index) * count)
      for number in 0..<count { actions[index * count + number] = drawn[index].action[number] }
    }
  }

  private var refusal: Update { actor.refusal(scale: 1) }
}

extension SAC {
  var criticStepCounts: [Int] {
    [critic.stepCount, logTemperature.optimizer.stepCount]
  }

  func write(to file: inout Safetensors) {
    critic.write(to: &file)
    file.set(logTemperature)
    memory.write(to: &file)
    writeUpdate(to: &file)
  }

  func restore(_ reader: TensorReader, criticStepCounts: [Int]) throws(CheckpointError) {
    try critic.restore(reader, stepCount: criticStepCounts[0])
    try reader.restore(&logTemperature, stepCount: criticStepCounts[1])
    try memory.restore(reader, isLearning: mode.isLearning)
    try restoreUpdate(reader)
  }
}
