internal import AVGCore
internal import AVGNetwork

/// The half of a learner that acts: the policy's network, its own perception, and the noise of its actions.
///
/// With a shared encoder the network takes the vector of the critic's perception instead, so every method that perceives
/// takes the critic's perception as `critic`.
///
/// Actions come in one of two orders (`PendingAction` names the states between the calls):
///
/// * As published: `act` chooses A for S, the caller carries it out, and the update perceives S′
///   (`perceiveFollowing`), draws A′ (`drawFollowingAction`) and ends (`endUpdate`). A′ is only imagined: the next `act`
///   perceives S′ again, as its S, with the new weights.
/// * Acting first: `anticipate` perceives S′ and draws A′, and the robot carries A′ out while the update runs. The update
///   takes that A′, and `endUpdate` makes S′ the next S by swapping the two halves of what is kept of S and of S′.
struct Actor<Sample: ActionSample>: ~Copyable, Sendable {
  /// The actor's own perception; without frames or signals when the encoder is shared.
  var perception: Perception
  /// The policy's network, from the perceived vector to the parameters of the action's distribution.
  let network: MultilayerPerceptron
  /// The network's parameters.
  var learned: LearnedParameters
  /// The pass that chose A, kept for the backward pass.
  var actorPass: MultilayerPerceptron.Pass
  /// The policy's own action for S.
  var sample: Sample
  /// The policy's own action for S′.
  private(set) var followingSample: Sample
  /// The action that was carried out in S: the critic learns from it.
  var executed: ExecutedAction
  private var followingExecuted: ExecutedAction
  var mode = ActingMode.learning {
    didSet {
      if case .sampling(let seed) = mode {
        sampling = RandomSource(seed: seed, purpose: "sampling")
        samplingNoise = ExplorationNoise(configuration, count: noise.count, seed: seed)
      }
    }
  }

  var exploration: RandomSource
  var imagination: RandomSource
  var explorationNoise: ExplorationNoise
  /// Random actions that replace the policy's for a while; nil for a learner that cannot learn from them.
  var excursions: Excursions?
  private var sampling = RandomSource(seed: 0, purpose: "sampling")
  private var samplingNoise: ExplorationNoise
  private var followingActorPass: MultilayerPerceptron.Pass
  private var noise: [Float]
  let configuration: AVGConfiguration
  let isShared: Bool
  private(set) var pending = PendingAction.none
  /// Whether S′ is taken into the statistics before it is normalised, and stays as it is when it becomes S.
  ///
  /// Gymnasium's wrapper does so, and the published learners of vectors, behind it. An encoder's features change with its
  /// weights: what S′ was before the update is not taken in. A learner from batches does not perceive S′ when it comes.
  let countsFollowing: Bool
  /// S′ has been taken into the statistics already, and S is the same observation.
  var followingIsCounted = false

  /// Makes perception and network, whose weights `weights` draws.
  ///
  /// - Parameters:
  ///   - inputs: the length of the network's input: that of the critic's perceived vector.
  ///   - makesExcursions: whether the learner can learn from actions that are not the policy's own.
  init(
    _ design: LearnerDesign, _ sample: Sample, heads: [(name: String, outputs: Int)], inputs: Int,
    makesExcursions: Bool = true, weights: inout RandomSource
  ) {
    configuration = design.configuration
    isShared = configuration.encoderSharing == .shared
    // Not `configuration`: a debug build of Swift 6.3.1 damages the heap where the second half of && reads a member of what is
    // being initialised and cannot be copied.
    countsFollowing =
      !design.accumulates
      && (design.configuration.algorithm.isStreamingActorCritic || design.environment.frames == nil)
    perception = Perception(
      name: "actor.encoder", isShared ? design.withoutSenses : design, of: .actor, weights: &weights)
    network = MultilayerPerceptron(name: "actor", design, inputs: inputs, heads: heads)
    learned = LearnedParameters(network.layout, design, .actor, \.actorLearningRate)
    actorPass = network.makePass()
    followingActorPass = network.makePass()
    self.sample = sample
    followingSample = sample
    executed = ExecutedAction(actionCount: sample.action.count)
    followingExecuted = executed
    if makesExcursions, configuration.excursionRate > 0 {
      excursions = Excursions(actionCount: sample.action.count, longest: configuration.excursionSteps)
    }
    noise = [Float](repeating: 0, count: sample.action.count)
    exploration = RandomSource(seed: design.seed, purpose: "exploration")
    imagination = RandomSource(seed: design.seed, purpose: "imagination")
    explorationNoise = ExplorationNoise(configuration, count: sample.action.count, seed: design.seed)
    samplingNoise = explorationNoise
    network.initialize(&learned.parameters, design, random: &weights)
    let initial = Float(configuration.initialLogVariance)
    // The head of a learner from batches is log σ.
    network.setBias(
      of: "log_std", to: design.accumulates ? initial / 2 : initial, in: &learned.parameters)
  }

  /// Chooses A for S as `mode` says; zeros if a number on the way is not finite.
  mutating func act(
    on observation: borrowing Observation, through critic: inout Perception, into action: inout [Float]
  ) {
    drawNoise()
    let isFinite = act(on: observation, through: &critic, noise: noise, into: &action)
    if mode == .learning || mode == .exploring, makeExcursion(&action, critic, isValid: isFinite) {
      executed.set(action, isExcursion: true)
    }
  }

  /// As `act(on:through:into:)`, with the noise given, and never on an excursion.
  ///
  /// - Returns: whether every number on the way is finite.
  @discardableResult
  mutating func act(
    on observation: borrowing Observation, through critic: inout Perception, noise: [Float],
    into action: inout [Float]
  ) -> Bool {
    let isFinite = choose(on: observation, through: &critic, noise: noise)
    sample.write(to: &action, isValid: isFinite)
    executed.set(action, isExcursion: false)
    return isFinite
  }

  /// Perceives S and draws the policy's own action for it, `sample`.
  ///
  /// - Returns: whether every number on the way is finite.
  private mutating func choose(
    on observation: borrowing Observation, through critic: inout Perception, noise: [Float]
  ) -> Bool {
    let isLearning = mode.isLearning
    let counts = isLearning && !followingIsCounted
    if isLearning { followingIsCounted = false }
    var isFinite = true
    // The critic's perception is needed for a shared encoder, and for learning.
    if isShared || isLearning {
      isFinite = critic.perceive(observation, updatesStatistics: counts)
    }
    if isShared {
      actorPass.input.copy(from: critic.current.vector)
    } else {
      isFinite = perception.perceive(observation, updatesStatistics: counts) && isFinite
      actorPass.input.copy(from: perception.current.vector)
    }
    network.forward(&actorPass, learned.parameters)
    sample.sample(actorPass.output, noise: noise)
    isFinite = isFinite && sample.isFinite
    pending = isLearning && isFinite ? .action : .none
    return isFinite
  }

  /// Chooses an action for S′ with the weights before the update. They become S and A of the next update.
  mutating func anticipate(
    _ next: borrowing Observation, through critic: inout Perception, into action: inout [Float]
  ) {
    drawNoise()
    var isFinite = critic.anticipate(next)
    if !isShared { isFinite = perception.anticipate(next) && isFinite }
    isFinite = drawFollowingAction(critic, noise) && isFinite
    pending = .answered(canLearn: pending.canLearn, isFinite: isFinite)
    followingSample.write(to: &action, isValid: isFinite)
    let isExcursion = makeExcursion(&action, critic, isValid: isFinite)
    followingExecuted.set(action, isExcursion: isExcursion)
  }

  /// Replaces the action by that of the excursion, if one is under way.
  ///
  /// - Returns: whether it did.
  private mutating func makeExcursion(
    _ action: inout [Float], _ critic: borrowing Perception, isValid: Bool
  ) -> Bool {
    let rate = configuration.excursionRate * critic.learned.optimizer.annealing
    excursions?.advance(rate: rate, &exploration)
    guard let excursions, excursions.isActive, isValid else { return false }
    for index in action.indices {
      action[index] = excursions.action[index]
    }
    return true
  }

  /// Perceives S′, unless `anticipate` has done so already.
  ///
  /// - Returns: whether there is a transition to learn from and all of its numbers are finite.
  mutating func perceiveFollowing(
    _ next: borrowing Observation, through critic: inout Perception
  ) -> Bool {
    switch pending {
    case .none: return false
    case .answered(let canLearn, let isFinite): return canLearn && isFinite
    case .action:
      let isFinite = critic.perceiveFollowing(next, updatesStatistics: countsFollowing)
      guard !isShared else { return isFinite }
      return perception.perceiveFollowing(next, updatesStatistics: countsFollowing) && isFinite
    }
  }

  /// Draws A′ from the policy at S′, which has been perceived; the A′ of `anticipate` is kept.
  ///
  /// - Returns: whether its numbers are finite.
  mutating func drawFollowingAction(_ critic: borrowing Perception, imagined noise: [Float]) -> Bool {
    if case .answered(_, let isFinite) = pending { return isFinite }
    return drawFollowingAction(critic, noise)
  }

  private mutating func drawFollowingAction(_ critic: borrowing Perception, _ noise: [Float]) -> Bool {
    if isShared {
      followingActorPass.input.copy(from: critic.following.vector)
    } else {
      followingActorPass.input.copy(from: perception.following.vector)
    }
    network.forward(&followingActorPass, learned.parameters)
    followingSample.sample(followingActorPass.output, noise: noise)
    return followingSample.isFinite
  }

  /// Draws an action for S again with the present weights. That of `anticipate` was drawn before the last update.
  mutating func drawAgain(_ noise: [Float]) {
    network.forward(&actorPass, learned.parameters)
    sample.sample(actorPass.output, noise: noise)
  }

  /// Fills `noise` with numbers for an action that is not carried out.
  mutating func imagine(_ noise: inout [Float]) {
    for index in noise.indices {
      noise[index] = Float(imagination.normal())
    }
  }

  private mutating func drawNoise() {
    switch mode {
    case .learning, .following, .exploring: explorationNoise.advance(&exploration)
    case .sampling: samplingNoise.advance(&sampling)
    case .greedy: break
    }
    for index in noise.indices {
      noise[index] =
        switch mode {
        case .learning, .following, .exploring: explorationNoise.values[index]
        case .sampling: samplingNoise.values[index]
        case .greedy: 0
        }
    }
  }

  /// Computes the gradients of the network, and of its own encoder, for the gradient of its output.
  mutating func computeActorGradient(_ outputGradient: [Float]) {
    network.backward(
      &actorPass, learned.parameters, outputGradient: outputGradient, into: &learned.gradients)
    if !isShared { perception.backward(actorPass.inputGradient, scale: 1) }
  }

  /// Begins the gradients of an update from a batch.
  mutating func beginUpdate() {
    learned.gradients.begin()
    perception.learned.gradients.begin()
  }

  /// Adds a slice's gradients of the network.
  mutating func addGradients(_ pass: inout MultilayerPerceptron.Pass, _ outputGradient: [Float]) {
    learned.addGradients(of: network, &pass, outputGradient, reachesInput: !isShared)
  }

  /// Replaces an action that was chosen just now by one that is drawn uniformly, unless no action could be chosen.
  mutating func drawUniformly(_ action: inout [Float]) {
    switch pending {
    case .none, .answered(_, isFinite: false): return
    case .action, .answered: break
    }
    for index in action.indices { action[index] = Float(exploration.uniform(in: -1...1)) }
  }

  /// Whether the gradients of the network and of its own encoder are finite.
  var gradientIsFinite: Bool { gradientSquares.isFinite }

  /// Σ of the squared gradients of the network and of its own encoder; not finite when any of them is not.
  var gradientSquares: Float {
    learned.gradients.sumOfSquares() + perception.learned.gradients.sumOfSquares()
  }

  /// Moves the network, and its own encoder, along their traces; see `LearnedParameters.step(error:decay:ends:)`.
  mutating func step(error: Double, decay: Double, ends: Bool) {
    learned.step(error: error, decay: decay, ends: ends)
    perception.learned.step(error: error, decay: decay, ends: ends)
  }

  /// Moves the network, and its own encoder, against their gradients.
  mutating func step() {
    learned.step()
    perception.learned.step()
  }

  /// Returns the record of an update that was refused.
  func refusal(scale: Double) -> Update {
    Update(
      temporalDifferenceError: 0, temporalDifferenceScale: Float(scale), value: 0,
      logProbability: sample.logProbability, isRefused: true)
  }

  /// Ends an update, done or refused: each action is learned from once, and after `anticipate` S′ becomes S.
  ///
  /// - Parameter continues: S′ is the next S: no episode begins in between.
  mutating func endUpdate(_ critic: inout Perception, continues: Bool) {
    guard case .answered(_, let isFinite) = pending else {
      followingIsCounted = countsFollowing && pending == .action && continues
      pending = .none
      return
    }
    pending = isFinite ? .action : .none
    critic.advance()
    perception.advance()
    swap(&actorPass, &followingActorPass)
    swap(&sample, &followingSample)
    swap(&executed, &followingExecuted)
  }

  /// Copies the noise of the last action into `noise` and returns the action's log π.
  func explain(into noise: inout [Float]) -> Float {
    if case .answered = pending { return followingSample.explain(into: &noise) }
    return sample.explain(into: &noise)
  }

  /// Takes `action`, chosen for S by somebody else, as A, so that the transition can be learned from.
  mutating func follow(
    _ action: [Float], on observation: borrowing Observation, through critic: inout Perception
  ) {
    drawNoise()
    _ = choose(on: observation, through: &critic, noise: noise)
    sample.sample(actorPass.output, action: action)
    executed.set(action, isExcursion: false)
    if !sample.isFinite { pending = .none }
  }

  /// Continues from a checkpoint, which holds an action to learn from or none.
  mutating func resume(hasAction: Bool) { pending = hasAction ? .action : .none }
}
