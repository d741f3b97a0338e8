import AVGCore
import AVGNetwork
internal import AVGReplay
internal import AVGSystem

/// PPO: proximal policy optimisation (Schulman et al. 2017, arXiv 1707.06347), from the newest transitions alone.
///
/// A Gaussian whose deviations are parameters of their own, a value function, advantages by GAE(λ). After `rolloutSteps`
/// transitions come some epochs of steps on batches of them, in which the probability of no action moves further than a
/// factor 1 ± ε; then they are forgotten. What is particular about it is CleanRL's: advantages normalised in each batch,
/// clipped values, one bound for the norm of all gradients, orthogonal weights.
///
/// The networks judge all transitions once more before the update: as the policy has not changed meanwhile, but the
/// running statistics of observations and rewards have, all are judged by the same. With a shared encoder the values' loss
/// trains it; with separate encoders the actor's loss trains its own.
final class PPO: KeepingLearner {
  /// The hyper-parameters.
  let configuration: AVGConfiguration
  var actor: Actor<Gaussian>
  var perception: Perception
  var critic: BatchNetwork
  var memory: ReplayMemory
  /// What is learned from, during an update.
  var rollout: Rollout

  private var rewards = RewardScaler()
  private var percept: BatchPercept
  private var policy: BatchPolicy
  /// The slice's actions, as they were drawn.
  private var samples: [Gaussian]
  /// Of a slice: the gradients of the actor's outputs [width, 2 actionCount], V [width], and the gradients of those.
  private var policyGradient: [Float]
  private var values: [Float]
  private var valueGradient: [Float]
  /// The weights of log σ, which stay 0: it does not depend on S.
  private let frozen: Parameter?

  /// What the batches of an update add up to.
  private struct Sums {
    var batches = 0
    var squares: Float = 0
    var losses: Float = 0
    var norms: (actor: Float, critic: Float, encoder: Float) = (0, 0, 0)
  }

  init(_ design: LearnerDesign) {
    let configuration = design.configuration
    self.configuration = configuration
    var weights = design.weights
    let actionCount = design.environment.actionCount
    let perception = Perception(name: "encoder", design, weights: &weights)
    var actor = Actor(
      design, Gaussian(actionCount: actionCount, headIsLogDeviation: true),
      heads: [("mu", actionCount), ("log_std", actionCount)], inputs: perception.count,
      // Its gradient is that of the likelihood of what was done: that must be the policy's own.
      makesExcursions: false, weights: &weights)
    percept = BatchPercept(perception.encoder, count: perception.count, configuration)
    let width = percept.width
    critic = BatchNetwork(
      value: "critic", head: "v", design, inputs: perception.count, width: width, weights: &weights)
    critic.learned.parameters.scale("phi.0.weight", by: Self.hiddenGain)
    critic.learned.parameters.scale("phi.2.weight", by: Self.hiddenGain)
    actor.learned.parameters.scale("phi.0.weight", by: Self.hiddenGain)
    actor.learned.parameters.scale("phi.2.weight", by: Self.hiddenGain)
    // First means near 0.
    actor.learned.parameters.scale("mu.weight", by: 0.01)
    actor.learned.parameters.scale("log_std.weight", by: 0)
    frozen = actor.learned.parameters.tensors.first { $0.name.hasSuffix("log_std.weight") }
    policy = BatchPolicy(actor, width: width)
    self.actor = actor
    self.perception = perception
    memory = ReplayMemory(design)
    rollout = Rollout(steps: configuration.ppo.rolloutSteps)
    let sample = Gaussian(actionCount: actionCount, headIsLogDeviation: true)
    samples = (0..<width).map { _ in sample }
    policyGradient = [Float](repeating: 0, count: 2 * width * actionCount)
    values = [Float](repeating: 0, count: width)
    valueGradient = values
  }

  /// √2, which keeps the size of what a rectified layer hands on.
  private static let hiddenGain = Float(2).squareRoot()

  /// Keeps the transition, with the action as it was drawn, and learns when there are enough of them.
  ///
  /// - Returns: the update; a refused one for a transition that cannot be kept; nil as long as nothing is learned.
  func take(_ transition: borrowing Transition) -> Update? {
    if mode == .following { actor.follow(transition.action, on: transition.state, through: &perception) }
    guard transition.isLearnable else { return nil }
    let isKept =
      mode.isLearning && actor.pending.canLearn && memory.append(transition, action: actor.sample.sample)
    if isKept {
      let outcome = transition.outcome
      _ = rewards.scale(
        Double(outcome.reward) * configuration.rewardScale, discount: configuration.discount(over: outcome),
        ends: outcome.terminated)
    }
    actor.endUpdate(&perception, continues: !transition.outcome.isLast)
    guard isKept else { return actor.refusal(scale: 1) }
    return memory.count < rollout.count ? nil : update()
  }

  /// Learns from all transitions that have been kept, and lets them go.
  ///
  /// A gradient that is not finite ends a refused update; steps on batches before it stand.
  private func update() -> Update {
    prepareUpdate()
    var sums = Sums()
    var isRefused = false
    for _ in 0..<configuration.ppo.epochs where !isRefused {
      memory.shuffle(&rollout.order)
      isRefused = !learnEpoch(&sums)
    }
    memory.removeAll()
    guard !isRefused else { return actor.refusal(scale: 1) }
    let (batches, samples) = (Float(sums.batches), Float(sums.batches * configuration.batchSamples))
    let count = Float(rollout.count)
    var update = Update(
      temporalDifferenceError: (sums.squares / samples).squareRoot(), temporalDifferenceScale: 1,
      value: rollout.values.reduce(0, +) / count,
      logProbability: rollout.logProbabilities.reduce(0, +) / count, isRefused: false)
    update.actorLoss = sums.losses / samples
    update.actorGradientNorm = sums.norms.actor / batches
    update.criticGradientNorm = sums.norms.critic / batches
    update.encoderGradientNorm = sums.norms.encoder / batches
    return update
  }

  /// Judges the transitions by the networks before the update, and estimates their advantages.
  func prepareUpdate() {
    setStepSizes()
    memory.collect(into: &rollout.transitions)
    rollout.orderByTime()
    let batch = configuration.batchSamples
    for first in stride(from: 0, to: rollout.count, by: batch) {
      memory.take(rollout.transitions, in: rollout.order, from: first)
      for slice in 0..<percept.slices { judge(slice, from: first) }
    }
    for step in 0..<rollout.count - 1 where rollout.transitions[step + 1] != rollout.transitions[step] + 1 {
      rollout.continues[step] = false
    }
    rollout.estimateAdvantages(traceDecay: Float(configuration.ppo.traceDecay))
  }

  private func setStepSizes() {
    let steps = configuration.ppo.annealingSteps
    guard steps > 0 else { return }
    // The first update is made by whole step sizes.
    let share = max(0, 1 - Double(memory.stepCount - rollout.count) / Double(steps))
    actor.learned.optimizer.setLearningRate(share * configuration.actorLearningRate)
    critic.learned.optimizer.setLearningRate(share * configuration.criticLearningRate)
    perception.learned.optimizer.setLearningRate(share * configuration.encoderLearningRate)
    actor.perception.learned.optimizer.setLearningRate(share * configuration.encoderLearningRate)
  }

  /// Notes V(S), V(S′), log π(A|S) and the scaled reward of a slice of the batch at hand, which begins at `first`.
  private func judge(_ slice: Int, from first: Int) {
    let range = percept.samples(of: slice)
    evaluate(slice, isNext: true)
    for index in 0..<range.count where first + range.lowerBound + index < rollout.count {
      rollout.followingValues[first + range.lowerBound + index] = values[index]
    }
    evaluate(slice, isNext: false)
    judgeActions(slice)
    let scale = configuration.ppo.scalesRewards ? 1 / rewards.deviation : 1
    let bound = configuration.ppo.rewardClip > 0 ? configuration.ppo.rewardClip : .infinity
    for index in 0..<range.count where first + range.lowerBound + index < rollout.count {
      let (place, sample) = (first + range.lowerBound + index, range.lowerBound + index)
      let reward = Double(memory.batch.rewards[sample]) * configuration.rewardScale * scale
      rollout.rewards[place] = Float(min(max(reward, -bound), bound))
      let discount = Float(configuration.discount(cycles: memory.batch.cycles[sample]))
      rollout.discounts[place] = memory.batch.terminated[sample] ? 0 : discount
      rollout.continues[place] = !memory.batch.terminated[sample] && !memory.batch.truncated[sample]
      rollout.values[place] = values[index]
      rollout.logProbabilities[place] = samples[index].logProbability
    }
  }

  /// Computes the values of a slice's S or S′.
  private func evaluate(_ slice: Int, isNext: Bool) {
    percept.perceive(
      memory, from: percept.samples(of: slice).lowerBound, isNext: isNext, through: perception.encoder,
      perception.learned.parameters, perception.normalizer)
    percept.copyVectors(into: &critic.pass.input)
    critic.evaluate(into: &values)
  }

  /// Computes log π of a slice's actions. S has been evaluated.
  private func judgeActions(_ slice: Int) {
    let first = percept.samples(of: slice).lowerBound
    if actor.isShared {
      percept.copyVectors(into: &policy.pass.input)
    } else {
      policy.see(first, memory, isNext: false, through: actor.perception)
    }
    actor.network.forward(&policy.pass, actor.learned.parameters)
    let count = memory.batch.actions.count / memory.batch.count
    for index in samples.indices {
      samples[index].sample(
        policy.pass.output, at: index * policy.pass.outputStride, action: memory.batch.actions,
        from: memory.sample(first, index) * count)
    }
  }

  /// Steps on one batch after the other, as the rollout's order has them.
  ///
  /// - Returns: whether all gradients were finite.
  private func learnEpoch(_ sums: inout Sums) -> Bool {
    let batch = configuration.batchSamples
    for first in stride(from: 0, through: rollout.count - batch, by: batch) {
      guard learn(from: first, &sums) else { return false }
    }
    return true
  }

  /// Steps on the batch that begins at `first` of the rollout's order.
  ///
  /// - Returns: the mean of the clipped surrogate's loss; nil if a gradient was not finite.
  func learn(from first: Int) -> Float? {
    var sums = Sums()
    return learn(from: first, &sums) ? sums.losses / Float(configuration.batchSamples) : nil
  }

  private func learn(from first: Int, _ sums: inout Sums) -> Bool {
    computeGradients(from: first, &sums)
    let squares = (
      actor: actor.learned.gradients.sumOfSquares(), critic: critic.learned.gradients.sumOfSquares(),
      encoder: perception.learned.gradients.sumOfSquares()
        + actor.perception.learned.gradients.sumOfSquares()
    )
    let norm = (squares.actor + squares.critic + squares.encoder).squareRoot()
    guard norm.isFinite else { return false }
    let bound = Float(configuration.ppo.gradientNorm)
    if bound > 0, norm > bound { scaleGradients(by: bound / (norm + 1e-6)) }
    actor.step()
    critic.learned.step()
    perception.learned.step()
    sums.batches += 1
    sums.norms.actor += squares.actor.squareRoot()
    sums.norms.critic += squares.critic.squareRoot()
    sums.norms.encoder += squares.encoder.squareRoot()
    return true
  }

  /// Computes the gradients of a batch that begins at `first` of the rollout's order.
  private func computeGradients(from first: Int, _ sums: inout Sums) {
    memory.take(rollout.transitions, in: rollout.order, from: first)
    let (mean, deviation) = rollout.spread(from: first, count: configuration.batchSamples)
    let isNormalized = configuration.ppo.normalizesAdvantages
    let (shift, scale) = isNormalized ? (mean, 1 / (deviation + 1e-8)) : (0, 1)
    actor.beginUpdate()
    critic.learned.gradients.begin()
    perception.learned.gradients.begin()
    for slice in 0..<percept.slices {
      evaluate(slice, isNext: false)
      judgeActions(slice)
      for index in samples.indices {
        setGradients(index, of: slice, from: first, shift: shift, scale: scale, &sums)
      }
      policy.addGradients(policyGradient, to: &actor)
      critic.backward(valueGradient)
      perception.addGradients(&percept, critic.pass.inputGradient)
    }
    frozen?.fill(&actor.learned.gradients.dense, with: 0)
  }

  /// Makes the gradients of one of a slice's samples: of the mean of
  /// max(−rÂ, −clip(r)Â) − η H + c max((V − y)², (clip(V) − y)²) / 2.
  private func setGradients(
    _ index: Int, of slice: Int, from first: Int, shift: Float, scale: Float, _ sums: inout Sums
  ) {
    let (range, length) = (percept.samples(of: slice), policyGradient.count / samples.count)
    guard index < range.count else {
      for place in index * length..<(index + 1) * length { policyGradient[place] = 0 }
      return valueGradient[index] = 0
    }
    let place = rollout.order[first + range.lowerBound + index]
    let share = 1 / Float(configuration.batchSamples)
    let clip = Float(configuration.ppo.clip)
    let advantage = (rollout.advantages[place] - shift) * scale
    let ratio = Elementary.exp(samples[index].logProbability - rollout.logProbabilities[place])
    let isCut = advantage > 0 ? ratio > 1 + clip : ratio < 1 - clip
    samples[index].lossGradient(
      weight: isCut ? 0 : -advantage * ratio * share,
      entropyWeight: Float(configuration.entropyCoefficient) * share, into: &policyGradient,
      at: index * length)
    sums.losses += max(-ratio * advantage, -min(max(ratio, 1 - clip), 1 + clip) * advantage)

    let (before, target) = (rollout.values[place], rollout.returns[place])
    let error = values[index] - target
    let change = values[index] - before
    let clipped = before + min(max(change, -clip), clip) - target
    // Within the bounds the two are the same but for rounding, which must not decide.
    let isHeld = configuration.ppo.clipsValues && abs(change) > clip && clipped * clipped > error * error
    valueGradient[index] = isHeld ? 0 : Float(configuration.ppo.valueCoefficient) * share * error
    sums.squares += error * error
  }

  private func scaleGradients(by factor: Float) {
    actor.learned.gradients.dense.scale(by: factor)
    actor.perception.learned.gradients.dense.scale(by: factor)
    critic.learned.gradients.dense.scale(by: factor)
    perception.learned.gradients.dense.scale(by: factor)
  }
}

extension PPO {
  var criticOperations: Int { critic.network.operations }

  func forEachCriticTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    critic.learned.parameters.forEachTensor(visit)
  }

  var criticStepCounts: [Int] { [critic.learned.optimizer.stepCount] }

  func write(to file: inout Safetensors) {
    file.set(critic.learned)
    file.set("ppo.rewards", rewards.numbers, shape: [rewards.numbers.count])
    memory.write(to: &file)
  }

  func restore(_ reader: TensorReader, criticStepCounts: [Int]) throws(CheckpointError) {
    try reader.restore(&critic.learned, stepCount: criticStepCounts[0])
    rewards.numbers = try reader.finite("ppo.rewards", shape: [rewards.numbers.count], as: Double.self)
    guard rewards.isPossible else {
      throw .damaged(file: reader.name, reason: "ppo.rewards holds a negative number")
    }
    try memory.restore(reader, isLearning: mode.isLearning)
  }
}
