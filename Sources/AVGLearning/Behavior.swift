internal import AVGCore
internal import AVGNetwork

/// The half of a learner that sees and acts: perception, actor and the noise of its actions.
struct Behavior<Sample: ActionSample>: ~Copyable, Sendable {
  /// The critic's eyes; the actor's too when the encoder is shared.
  var perception: Perception
  /// The actor's own eyes; without frames or signals when the encoder is shared.
  var actorPerception: Perception
  /// What makes the policy's numbers.
  var actor: MultilayerPerceptron
  /// The pass of the action that is to be learned from.
  var actorPass: MultilayerPerceptron.Pass
  /// The policy's own action for S.
  var sample: Sample
  /// The policy's own action for S′.
  private(set) var followingSample: Sample
  /// What was done in S, which is to be learned from.
  var executed: ExecutedAction
  private var followingExecuted: ExecutedAction
  var mode = AVG.Mode.learning {
    didSet {
      if case .sampling(let seed) = mode {
        sampling = RandomSource(seed: seed, purpose: "sampling")
        samplingNoise = ExplorationNoise(configuration, count: noise.count, seed: seed)
      }
    }
  }

  var actorOptimizer: Adam
  var encoderOptimizer: Adam
  var actorEncoderOptimizer: Adam
  var exploration: RandomSource
  var imagination: RandomSource
  var explorationNoise: ExplorationNoise
  /// Absent where the learner can take its own actions alone.
  var excursions: Excursions?
  private var sampling = RandomSource(seed: 0, purpose: "sampling")
  private var samplingNoise: ExplorationNoise
  private var followingActorPass: MultilayerPerceptron.Pass
  private var noise: [Float]
  let configuration: AVGConfiguration
  let isShared: Bool
  /// An action has been chosen that is still to be learned from.
  var canLearn = false
  /// Whether S′ has been answered already, and if so, whether all its numbers were finite.
  private var anticipation: Bool?

  /// Makes perception and actor, whose weights `weights` draws.
  ///
  /// - Parameter makesExcursions: the learner can learn from actions that are not the policy's own.
  init(
    _ configuration: AVGConfiguration, _ sample: Sample, heads: [(name: String, outputs: Int)],
    makesExcursions: Bool = true, frameCount: Int, frameShape: FrameShape, proprioceptionCount: Int,
    seed: UInt64, weights: inout RandomSource, instructionSet: InstructionSet
  ) {
    self.configuration = configuration
    isShared = configuration.encoderSharing == .shared
    perception = Perception(
      name: "encoder", configuration, frameCount: frameCount, frameShape: frameShape,
      proprioceptionCount: proprioceptionCount, instructionSet: instructionSet)
    actorPerception = Perception(
      name: "actor.encoder", configuration, frameCount: isShared ? 0 : frameCount, frameShape: frameShape,
      proprioceptionCount: isShared ? 0 : proprioceptionCount, instructionSet: instructionSet)
    actor = MultilayerPerceptron(
      name: "actor", configuration, inputs: perception.count, heads: heads, instructionSet: instructionSet)
    actorPass = actor.makePass()
    followingActorPass = actor.makePass()
    self.sample = sample
    followingSample = sample
    executed = ExecutedAction(actionCount: sample.action.count)
    followingExecuted = executed
    if makesExcursions, configuration.excursionRate > 0 {
      excursions = Excursions(actionCount: sample.action.count, longest: configuration.excursionSteps)
    }
    noise = [Float](repeating: 0, count: sample.action.count)
    actorOptimizer = Adam(configuration, \.actorLearningRate, instructionSet: instructionSet)
    encoderOptimizer = Adam(configuration, \.encoderLearningRate, instructionSet: instructionSet)
    actorEncoderOptimizer = Adam(configuration, \.encoderLearningRate, instructionSet: instructionSet)
    exploration = RandomSource(seed: seed, purpose: "exploration")
    imagination = RandomSource(seed: seed, purpose: "imagination")
    explorationNoise = ExplorationNoise(configuration, count: sample.action.count, seed: seed)
    samplingNoise = explorationNoise
    perception.encoder.initialize(configuration.convolutionInitialization, random: &weights)
    actorPerception.encoder.initialize(configuration.convolutionInitialization, random: &weights)
    actor.initialize(random: &weights)
    actor.setBias(of: "log_std", to: Float(configuration.initialLogVariance))
  }

  /// Chooses A for S as `mode` says; zeros if a number on the way is not finite.
  mutating func act(on observation: borrowing Observation, into action: inout [Float]) {
    drawNoise()
    act(on: observation, noise: noise, into: &action)
    if mode == .learning, makeExcursion(&action, isValid: canLearn) {
      executed.set(action, isExcursion: true)
    }
  }

  /// As `act(on:into:)`, with the noise given, and never on an excursion.
  mutating func act(on observation: borrowing Observation, noise: [Float], into action: inout [Float]) {
    let isLearning = mode == .learning
    var isFinite = true
    // What the critic sees matters to the actor only where they share their eyes, and to learning.
    if isShared || isLearning {
      isFinite = perception.perceive(observation, updatesStatistics: isLearning)
    }
    if !isShared {
      isFinite = actorPerception.perceive(observation, updatesStatistics: isLearning) && isFinite
    }
    if isShared {
      actorPass.input.copy(from: perception.current.vector)
    } else {
      actorPass.input.copy(from: actorPerception.current.vector)
    }
    actor.forward(&actorPass)
    sample.sample(actorPass.output, noise: noise)
    isFinite = isFinite && sample.isFinite
    canLearn = isLearning && isFinite
    sample.write(to: &action, isValid: isFinite)
    executed.set(action, isExcursion: false)
  }

  /// Chooses the action for S′ with the weights before the update, which is then S and A of the next one.
  mutating func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    drawNoise()
    var isFinite = perception.anticipate(next)
    if !isShared { isFinite = actorPerception.anticipate(next) && isFinite }
    isFinite = drawFollowingAction(noise) && isFinite
    anticipation = isFinite
    followingSample.write(to: &action, isValid: isFinite)
    let isExcursion = makeExcursion(&action, isValid: isFinite)
    followingExecuted.set(action, isExcursion: isExcursion)
  }

  /// Puts an excursion's action, if there is an excursion, in the place of the policy's own.
  ///
  /// - Returns: whether it did.
  private mutating func makeExcursion(_ action: inout [Float], isValid: Bool) -> Bool {
    let rate = configuration.excursionRate * encoderOptimizer.annealing
    excursions?.advance(rate: rate, &exploration)
    guard let excursions, excursions.isActive, isValid else { return false }
    for index in action.indices {
      action[index] = excursions.action[index]
    }
    return true
  }

  /// Perceives S′, unless it has been answered already.
  ///
  /// - Returns: whether there is a transition to learn from, all of whose numbers are finite.
  mutating func perceiveFollowing(_ next: borrowing Observation) -> Bool {
    guard canLearn else { return false }
    if let anticipation { return anticipation }
    let isFinite = perception.perceiveFollowing(next)
    return isShared ? isFinite : actorPerception.perceiveFollowing(next) && isFinite
  }

  /// Draws A′ from the policy at S′, which is perceived; one that has been done already stands.
  ///
  /// - Returns: whether its numbers are finite.
  mutating func drawFollowingAction(imagined noise: [Float]) -> Bool {
    anticipation ?? drawFollowingAction(noise)
  }

  private mutating func drawFollowingAction(_ noise: [Float]) -> Bool {
    if isShared {
      followingActorPass.input.copy(from: perception.following.vector)
    } else {
      followingActorPass.input.copy(from: actorPerception.following.vector)
    }
    actor.forward(&followingActorPass)
    followingSample.sample(followingActorPass.output, noise: noise)
    return followingSample.isFinite
  }

  /// Draws an action for S once more, by the weights of now: one given as an answer was drawn before the last update.
  mutating func drawAgain(_ noise: [Float]) {
    actor.forward(&actorPass)
    sample.sample(actorPass.output, noise: noise)
  }

  /// Fills `noise` with numbers for what is only imagined.
  mutating func imagine(_ noise: inout [Float]) {
    for index in noise.indices {
      noise[index] = Float(imagination.normal())
    }
  }

  private mutating func drawNoise() {
    switch mode {
    case .learning: explorationNoise.advance(&exploration)
    case .sampling: samplingNoise.advance(&sampling)
    case .greedy: break
    }
    for index in noise.indices {
      noise[index] =
        switch mode {
        case .learning: explorationNoise.values[index]
        case .sampling: samplingNoise.values[index]
        case .greedy: 0
        }
    }
  }

  /// Computes the gradients of the actor, and of its own encoder, for the gradient of its output.
  mutating func computeActorGradient(_ outputGradient: [Float]) {
    actor.backward(&actorPass, outputGradient: outputGradient)
    if !isShared { actorPerception.backward(actorPass.inputGradient, scale: 1) }
  }

  /// Whether the gradients of the actor and of its own encoder are finite.
  var actorGradientIsFinite: Bool {
    (actor.gradientSumOfSquares() + actorPerception.encoder.gradientSumOfSquares()).isFinite
  }

  /// Moves the actor, and its own encoder, against their gradients.
  mutating func stepActor() {
    actorOptimizer.step(&actor.store)
    actorEncoderOptimizer.step(&actorPerception.encoder.store)
  }

  /// Moves the encoder that the critic looks through against its gradient.
  mutating func stepEncoder() {
    encoderOptimizer.step(&perception.encoder.store)
  }

  /// What `learn` returns when it has refused.
  func refusal(scale: Double) -> Update {
    Update(
      temporalDifferenceError: 0, temporalDifferenceScale: Float(scale), value: 0,
      logProbability: sample.logProbability, isRefused: true)
  }

  /// Ends an update, learned from or refused: each action is learned from once, and S′ that was answered becomes S.
  mutating func endUpdate() {
    canLearn = anticipation ?? false
    guard anticipation != nil else { return }
    anticipation = nil
    perception.advance()
    actorPerception.advance()
    swap(&actorPass, &followingActorPass)
    swap(&sample, &followingSample)
    swap(&executed, &followingExecuted)
  }

  /// Tells of the action last chosen: log π, and the noise behind it.
  func explain(into noise: inout [Float]) -> Float {
    anticipation == nil ? sample.explain(into: &noise) : followingSample.explain(into: &noise)
  }

  /// Takes `action`, which somebody else chose for S, for A: what comes of it can then be learned from.
  mutating func follow(_ action: [Float], on observation: borrowing Observation) {
    drawNoise()
    var own = action
    act(on: observation, noise: noise, into: &own)
    sample.sample(actorPass.output, action: action)
    executed.set(action, isExcursion: false)
    canLearn = canLearn && sample.isFinite
  }
}
