internal import AVGCore
internal import AVGNetwork

/// Updates from transitions of a while ago, in the time that the body takes to carry out an action.
///
/// Each draws a batch from the ring and does what AVG does with the newest transition: the same losses, with A′ and the
/// actor's action drawn from the present policy, divided by the present σ_δ; their means over the batch. It has step
/// sizes and Adam's moments of its own, for a mean over a batch is not spread as one sample's gradient is. The encoder
/// learns from the newest transition alone.
///
/// A return may sum the rewards of several steps before it is left to the critic's value, as far as the actions after the
/// first were the policy's: what an excursion came to says nothing about the steps before it.
///
/// AVG's own update goes on beside it. Where it was left out, a ring of all transitions kept a policy that was stuck, for
/// the present state is a small part of a batch (docs/notebook.md).
final class Rehearsal {
  private(set) var memory: RehearsalMemory
  /// Whether the next transition begins where the newest one ended.
  private var isContinuous = false
  /// What transitions, and the noise of imagined actions, are drawn with.
  var random: RandomSource
  private var actorOptimizer: Optimizer
  private var criticOptimizer: Optimizer
  /// The gradients of the last update.
  private(set) var actorGradients: Gradients
  private(set) var criticGradients: Gradients

  private let actor: MultilayerPerceptron
  private let critic: MultilayerPerceptron
  private let settings: RehearsalConfiguration
  private let entropyCoefficient: Float
  /// The actor's passes of S and S′.
  private var actorPass: MultilayerPerceptron.Pass
  private var followingActorPass: MultilayerPerceptron.Pass
  /// The critic's passes of S with A, of S with an action of the present policy, and of S′ with A′.
  private var criticPass: MultilayerPerceptron.Pass
  private var policyCriticPass: MultilayerPerceptron.Pass
  private var followingCriticPass: MultilayerPerceptron.Pass

  // One number for each of the batch, or several.
  private var ages: [Int]
  private var partialReturns: [(sum: Float, discount: Float, last: Int)]
  private var samples: [SquashedGaussian]
  private var returnEstimates: [Float]
  private var criticOutputGradient: [Float]
  private var actorOutputGradient: [Float]
  private let ones: [Float]

  // Room for one transition.
  private var vector: FloatBuffer
  private var scales: FloatBuffer
  private var actorOutput: FloatBuffer
  private var valueGradient: FloatBuffer
  private var noise: [Float]
  private var policyGradient: [Float]

  /// Makes an empty ring for the networks of an actor and a critic that share their encoder.
  init(_ design: LearnerDesign, actor: MultilayerPerceptron, critic: MultilayerPerceptron) {
    let configuration = design.configuration
    let (batch, actionCount) = (configuration.rehearsal.samples, design.environment.actionCount)
    let width = actor.inputs
    self.actor = actor
    self.critic = critic
    settings = configuration.rehearsal
    entropyCoefficient = Float(configuration.entropyCoefficient)
    random = RandomSource(seed: design.seed, purpose: "rehearsal")
    memory = RehearsalMemory(capacity: settings.transitions, width: width, actionCount: actionCount)
    actorOptimizer = Optimizer(rehearsing: actor.layout, design, settings.actorLearningRate)
    criticOptimizer = Optimizer(rehearsing: critic.layout, design, settings.criticLearningRate)
    actorGradients = Gradients(actor.layout, accumulates: true, instructionSet: design.instructionSet)
    criticGradients = Gradients(critic.layout, accumulates: true, instructionSet: design.instructionSet)
    actorPass = actor.makePass(batch: batch)
    followingActorPass = actor.makePass(batch: batch)
    criticPass = critic.makePass(batch: batch)
    policyCriticPass = critic.makePass(batch: batch)
    followingCriticPass = critic.makePass(batch: batch)
    ages = [Int](repeating: 0, count: batch)
    partialReturns = [(sum: Float, discount: Float, last: Int)](repeating: (0, 0, 0), count: batch)
    samples = (0..<batch).map { _ in SquashedGaussian(configuration, actionCount: actionCount) }
    returnEstimates = [Float](repeating: 0, count: batch)
    criticOutputGradient = returnEstimates
    actorOutputGradient = [Float](repeating: 0, count: batch * actor.outputs)
    ones = [Float](repeating: 1, count: batch)
    vector = FloatBuffer(count: width)
    scales = FloatBuffer(count: width)
    actorOutput = FloatBuffer(count: actor.outputs)
    valueGradient = FloatBuffer(count: actionCount)
    noise = [Float](repeating: 0, count: actionCount)
    policyGradient = [Float](repeating: 0, count: actor.outputs)
  }

  /// Keeps the newest transition.
  ///
  /// - Parameters:
  ///   - state: the vector of S before its normalisation.
  ///   - reward: the scaled reward.
  ///   - discount: γ, or 0 at a termination.
  ///   - following: the vector of S′ before its normalisation.
  ///   - isLast: the episode ended with it.
  func take(
    _ state: borrowing FloatBuffer, _ action: ExecutedAction, reward: Float, discount: Float,
    following: borrowing FloatBuffer, isLast: Bool
  ) {
    memory.append(
      state, action.action, reward: reward, discount: discount, following: following,
      continues: isContinuous && !action.isExcursion)
    isContinuous = !isLast
  }

  /// A step was not learned from: the next transition does not begin where the newest one ended.
  func interrupt() { isContinuous = false }

  /// Does the updates of a step, once there is a batch to draw from.
  ///
  /// - Parameters:
  ///   - policy: the actor's parameters.
  ///   - values: the critic's.
  ///   - normalizer: the present statistics of perceived vectors.
  ///   - scale: σ_δ.
  func rehearse(
    _ policy: inout Parameters, _ values: inout Parameters, _ normalizer: RunningNormalizer?, scale: Float
  ) {
    guard memory.count >= settings.samples else { return }
    for _ in 0..<settings.updatesPerStep { update(&policy, &values, normalizer, scale: scale) }
  }

  /// One update: both gradients first, then the actor's step, then the critic's, as in AVG's own. One that meets a number
  /// that is not finite changes nothing.
  private func update(
    _ policy: inout Parameters, _ values: inout Parameters, _ normalizer: RunningNormalizer?, scale: Float
  ) {
    for sample in ages.indices {
      ages[sample] = Int(random.uniform() * Double(memory.count))
      partialReturns[sample] = memory.partialReturn(ages[sample], steps: settings.returnSteps)
    }
    estimateReturns(policy, values, normalizer)
    computeCriticGradient(values, normalizer, scale: scale)
    let rehearsesActor = settings.actorLearningRate > 0
    if rehearsesActor { computeActorGradient(policy, values) }
    let square = criticGradients.sumOfSquares() + (rehearsesActor ? actorGradients.sumOfSquares() : 0)
    guard square.isFinite else { return }
    if rehearsesActor { actorOptimizer.step(&policy, actorGradients) }
    criticOptimizer.step(&values, criticGradients)
  }

  /// R + γ(Q(S′, A′) − η log π(A′|S′)), A′ drawn from the present policy; R the sum, γ the product and S′ the last of the
  /// steps of a return.
  private func estimateReturns(
    _ policy: borrowing Parameters, _ values: borrowing Parameters, _ normalizer: RunningNormalizer?
  ) {
    let (width, inputs) = (actor.inputs, critic.inputs)
    for sample in ages.indices {
      memory.readFollowing(partialReturns[sample].last, into: &vector)
      normalizer?.normalize(&vector, scales: &scales)
      followingActorPass.input.write(vector, at: sample * width)
      followingCriticPass.input.write(vector, at: sample * inputs)
    }
    actor.forward(&followingActorPass, policy)
    for sample in ages.indices {
      actorOutput.copy(from: followingActorPass.output, at: sample * followingActorPass.outputStride)
      drawAction(sample)
      followingCriticPass.input.write(samples[sample].action, at: sample * inputs + width)
    }
    critic.forward(&followingCriticPass, values)
    for sample in ages.indices {
      let value = followingCriticPass.output[sample * followingCriticPass.outputStride]
      let future = value - entropyCoefficient * samples[sample].logProbability
      returnEstimates[sample] = partialReturns[sample].sum + partialReturns[sample].discount * future
    }
  }

  /// The gradient of the mean of δ², with δ = (the estimated return − Q(S, A)) / σ_δ.
  private func computeCriticGradient(
    _ values: borrowing Parameters, _ normalizer: RunningNormalizer?, scale: Float
  ) {
    let (width, inputs) = (actor.inputs, critic.inputs)
    for sample in ages.indices {
      memory.readState(ages[sample], into: &vector)
      normalizer?.normalize(&vector, scales: &scales)
      actorPass.input.write(vector, at: sample * width)
      criticPass.input.write(vector, at: sample * inputs)
      policyCriticPass.input.write(vector, at: sample * inputs)
      memory.readAction(ages[sample], into: &criticPass.input, at: sample * inputs + width)
    }
    critic.forward(&criticPass, values)
    for sample in ages.indices {
      let error = returnEstimates[sample] - criticPass.output[sample * criticPass.outputStride]
      criticOutputGradient[sample] = -2 * error / (scale * scale) / Float(ages.count)
    }
    criticGradients.dense.fill()
    critic.backward(&criticPass, values, outputGradient: criticOutputGradient, into: &criticGradients)
  }

  /// The gradient of the mean of η log π(a|S) − Q(S, a), a drawn from the present policy.
  private func computeActorGradient(_ policy: borrowing Parameters, _ values: borrowing Parameters) {
    let (width, inputs) = (actor.inputs, critic.inputs)
    actor.forward(&actorPass, policy)
    for sample in ages.indices {
      actorOutput.copy(from: actorPass.output, at: sample * actorPass.outputStride)
      drawAction(sample)
      policyCriticPass.input.write(samples[sample].action, at: sample * inputs + width)
    }
    critic.forward(&policyCriticPass, values)
    critic.backwardToInput(&policyCriticPass, values, outputGradient: ones)
    for sample in ages.indices {
      valueGradient.copy(from: policyCriticPass.inputGradient, at: sample * inputs + width)
      samples[sample].lossGradient(
        entropyCoefficient: entropyCoefficient, valueGradient: valueGradient, offset: 0, into: &policyGradient
      )
      for index in policyGradient.indices {
        actorOutputGradient[sample * policyGradient.count + index] = policyGradient[index] / Float(ages.count)
      }
    }
    actorGradients.dense.fill()
    actor.backward(&actorPass, policy, outputGradient: actorOutputGradient, into: &actorGradients)
  }

  /// Draws the action of one of the batch, for what the actor put out for it.
  private func drawAction(_ sample: Int) {
    for index in noise.indices { noise[index] = Float(random.normal()) }
    samples[sample].sample(actorOutput, noise: noise)
  }
}

extension Optimizer {
  /// Adam for a rehearsal's updates, which are `updatesPerStep` times as many as the learner's own.
  fileprivate init(rehearsing layout: ParameterLayout, _ design: LearnerDesign, _ learningRate: Double) {
    let configuration = design.configuration
    let annealing = configuration.annealingSteps * configuration.rehearsal.updatesPerStep
    self = .adam(
      Adam(
        layout, learningRate: learningRate, firstMomentDecay: configuration.firstMomentDecay,
        secondMomentDecay: configuration.secondMomentDecay, epsilon: configuration.adamEpsilon,
        halvingSteps: annealing > 0 ? Double(annealing) : .infinity, instructionSet: design.instructionSet))
  }
}

extension Rehearsal {
  /// What this part's tensors are called in a file, before the names of the networks' tensors.
  private static let prefix = "rehearsal."

  /// Adds the ring, the optimisers' memories and the random source to a file.
  func write(to file: inout Safetensors) {
    memory.write(to: &file)
    file.set(Self.prefix + "random", [random.state], shape: [1])
    file.set(Self.prefix + "continuous", [UInt64(isContinuous ? 1 : 0)], shape: [1])
    let steps: [UInt64] = [UInt64(actorOptimizer.stepCount), UInt64(criticOptimizer.stepCount)]
    file.set(Self.prefix + "steps", steps, shape: [2])
    file.set(actorOptimizer, of: actor.layout.tensors, prefix: Self.prefix)
    file.set(criticOptimizer, of: critic.layout.tensors, prefix: Self.prefix)
  }

  /// Takes over what `write` added. A checkpoint of a learner without a ring leaves this one empty.
  func restore(_ reader: TensorReader) throws(CheckpointError) {
    guard reader.file.tensors[Self.prefix + "random"] != nil else { return }
    try memory.restore(reader)
    random.state = try reader.numbers(Self.prefix + "random", count: 1, as: UInt64.self)[0]
    // Earlier versions did not tell.
    let continuous = Self.prefix + "continuous"
    isContinuous = false
    if reader.file.tensors[continuous] != nil {
      isContinuous = try reader.numbers(continuous, count: 1, as: UInt64.self) == [1]
    }
    let steps = try reader.stepCounts(Self.prefix + "steps", count: 2)
    try reader.restore(
      &actorOptimizer, of: actor.layout.tensors, stepCount: steps[0], prefix: Self.prefix)
    try reader.restore(
      &criticOptimizer, of: critic.layout.tensors, stepCount: steps[1], prefix: Self.prefix)
  }
}
