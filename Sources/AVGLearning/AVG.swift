public import AVGCore
public import AVGNetwork
import Glibc

/// Action Value Gradient (Vasan et al., NeurIPS 2024, algorithm 1), from pixels: it learns from each transition
/// once, as it comes, and keeps none.
public struct AVG: Agent, ~Copyable, Sendable {
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
  /// The numbers in an action.
  public let actionCount: Int
  /// What `act` does.
  public var mode = Mode.learning {
    didSet {
      if case .sampling(let seed) = mode {
        sampling = RandomSource(seed: seed, purpose: "sampling")
        samplingNoise = Self.explorationNoise(configuration, actionCount, seed: seed)
      }
    }
  }

  /// The critic's eyes; the actor's too when the encoder is shared.
  public internal(set) var perception: Perception
  /// The actor's own eyes; without frames or signals when the encoder is shared.
  public internal(set) var actorPerception: Perception
  /// μ and log σ² of the policy.
  public internal(set) var actor: MultilayerPerceptron
  /// Q.
  public internal(set) var critic: MultilayerPerceptron
  /// What Q(S′, A′) is asked of instead of the critic; absent unless configured.
  var target: TargetCritic?
  /// Running statistics for σ_δ, and G.
  public internal(set) var scaler = TemporalDifferenceScaler()

  /// z, of the critic's parameters; unused while λ is 0.
  var trace: EligibilityTrace
  var actorOptimizer: Adam
  var criticOptimizer: Adam
  var encoderOptimizer: Adam
  var actorEncoderOptimizer: Adam
  var exploration: RandomSource
  var imagination: RandomSource
  var explorationNoise: ExplorationNoise
  private var sampling = RandomSource(seed: 0, purpose: "sampling")
  private var samplingNoise: ExplorationNoise

  var policy: SquashedGaussian
  private var followingPolicy: SquashedGaussian
  var actorPass: MultilayerPerceptron.Pass
  private var criticPass: MultilayerPerceptron.Pass
  private var followingActorPass: MultilayerPerceptron.Pass
  private var followingCriticPass: MultilayerPerceptron.Pass
  private var noise: [Float]
  private var policyGradient: [Float]
  /// An action has been chosen that is still to be learned from.
  var canLearn = false
  /// Whether S′ has been answered already, and if so, whether all its numbers were finite.
  private var anticipation: Bool?

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
    self.actionCount = actionCount
    let isShared = configuration.encoderSharing == .shared
    perception = Perception(
      name: "encoder", configuration, frameCount: frameCount, frameShape: frameShape,
      proprioceptionCount: proprioceptionCount, instructionSet: instructionSet)
    actorPerception = Perception(
      name: "actor.encoder", configuration, frameCount: isShared ? 0 : frameCount, frameShape: frameShape,
      proprioceptionCount: isShared ? 0 : proprioceptionCount, instructionSet: instructionSet)
    actor = MultilayerPerceptron(
      name: "actor", configuration, inputs: perception.count,
      heads: [("mu", actionCount), ("log_std", actionCount)], instructionSet: instructionSet)
    critic = MultilayerPerceptron(
      name: "critic", configuration, inputs: perception.count + actionCount, heads: [("q", 1)],
      instructionSet: instructionSet)
    trace = EligibilityTrace(of: critic.store, instructionSet: instructionSet)
    actorOptimizer = Adam(configuration, \.actorLearningRate, instructionSet: instructionSet)
    criticOptimizer = Adam(configuration, \.criticLearningRate, instructionSet: instructionSet)
    encoderOptimizer = Adam(configuration, \.encoderLearningRate, instructionSet: instructionSet)
    actorEncoderOptimizer = Adam(configuration, \.encoderLearningRate, instructionSet: instructionSet)

    exploration = RandomSource(seed: seed, purpose: "exploration")
    imagination = RandomSource(seed: seed, purpose: "imagination")
    explorationNoise = Self.explorationNoise(configuration, actionCount, seed: seed)
    samplingNoise = explorationNoise
    policy = SquashedGaussian(actionCount: actionCount)
    followingPolicy = SquashedGaussian(actionCount: actionCount)
    actorPass = actor.makePass()
    criticPass = critic.makePass()
    followingActorPass = actor.makePass()
    followingCriticPass = critic.makePass()
    noise = [Float](repeating: 0, count: actionCount)
    policyGradient = [Float](repeating: 0, count: 2 * actionCount)

    var weights = RandomSource(seed: seed, purpose: "weights")
    perception.encoder.initialize(configuration.convolutionInitialization, random: &weights)
    actorPerception.encoder.initialize(configuration.convolutionInitialization, random: &weights)
    actor.initialize(random: &weights)
    critic.initialize(random: &weights)
    if configuration.targetNetworkRate > 0 {
      target = TargetCritic(
        configuration, perception: perception, critic: critic, frameCount: frameCount,
        frameShape: frameShape, instructionSet: instructionSet)
    }
  }

  /// Replaces every weight by `weights(name)`, in PyTorch's order; moments and statistics stay as they are.
  package mutating func setWeights(_ weights: (_ name: String) throws -> [Float]) rethrows {
    for parameter in actor.store.parameters {
      parameter.write(try weights(parameter.name), to: &actor.store.values)
    }
    for parameter in critic.store.parameters {
      parameter.write(try weights(parameter.name), to: &critic.store.values)
    }
    for parameter in perception.encoder.store.parameters {
      parameter.write(try weights(parameter.name), to: &perception.encoder.store.values)
    }
    for parameter in actorPerception.encoder.store.parameters {
      parameter.write(try weights(parameter.name), to: &actorPerception.encoder.store.values)
    }
  }

  /// Chooses A for S as `mode` says; zeros if a number on the way is not finite.
  public mutating func act(on observation: borrowing Observation, into action: inout [Float]) {
    drawNoise()
    act(on: observation, noise: noise, into: &action)
  }

  /// Chooses A′ for S′ with the weights before the update; zeros if a number on the way is not finite.
  ///
  /// The update that follows differs from the published one in two ways. Its target takes this A′, which is drawn from
  /// the same policy as the published order's own sample. And from then on S is seen, and A chosen, by the weights
  /// before the last update: features and the actor's gradient are one update old, the critic's is not. It costs one
  /// pass of the encoder less.
  public mutating func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    drawNoise()
    var isFinite = perception.anticipate(next)
    if configuration.encoderSharing == .separate {
      isFinite = actorPerception.anticipate(next) && isFinite
    }
    isFinite = (target?.perception.perceiveFollowing(next, as: perception) ?? true) && isFinite
    isFinite = drawFollowingAction(noise) && isFinite
    anticipation = isFinite
    followingPolicy.write(to: &action, isValid: isFinite)
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

  static func explorationNoise(
    _ configuration: AVGConfiguration, _ actionCount: Int, seed: UInt64
  ) -> ExplorationNoise {
    var past = RandomSource(seed: seed, purpose: "past noise")
    return ExplorationNoise(
      count: actionCount, correlation: configuration.explorationCorrelation, random: &past)
  }

  /// Learns from R, the end of the episode and S′, as published: both gradients first, then the actor's step, then
  /// the critic's.
  public mutating func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    for index in noise.indices {
      noise[index] = Float(imagination.normal())
    }
    return learn(from: outcome, next: next, noise: noise)
  }

  /// As `act(on:into:)`, with the noise ε given.
  package mutating func act(on observation: borrowing Observation, noise: [Float], into action: inout [Float])
  {
    let isLearning = mode == .learning
    // What the last action led to has not been learned from: the chain of steps is broken.
    if isLearning, canLearn { trace.clear() }
    let isShared = configuration.encoderSharing == .shared
    var isFinite = true
    // What the critic sees matters to the actor only where they share their eyes, and to learning.
    if isShared || isLearning {
      isFinite = perception.perceive(observation, updatesStatistics: isLearning)
    }
    if isShared {
      actorPass.input.copy(from: perception.current.vector)
    } else {
      isFinite = actorPerception.perceive(observation, updatesStatistics: isLearning) && isFinite
      actorPass.input.copy(from: actorPerception.current.vector)
    }
    actor.forward(&actorPass)
    policy.sample(actorPass.output, noise: noise)
    isFinite = isFinite && policy.isFinite
    canLearn = isLearning && isFinite
    policy.write(to: &action, isValid: isFinite)
  }

  /// Takes `action`, which somebody else chose for S, for A: what comes of it can then be learned from.
  public mutating func follow(_ action: [Float], on observation: borrowing Observation) {
    var own = action
    act(on: observation, into: &own)
    policy.sample(actorPass.output, action: action)
    canLearn = canLearn && policy.isFinite
  }

  /// As `learn(from:next:)`, with the noise of A′ given, unless A′ has been chosen by `anticipate`.
  package mutating func learn(from outcome: Outcome, next: borrowing Observation, noise: [Float]) -> Update {
    guard let anticipation else {
      return update(outcome, isFinite: canLearn && perceiveFollowing(next) && drawFollowingAction(noise))
    }
    let update = update(outcome, isFinite: anticipation)
    self.anticipation = nil
    perception.advance()
    actorPerception.advance()
    swap(&actorPass, &followingActorPass)
    swap(&policy, &followingPolicy)
    canLearn = anticipation
    return update
  }

  /// γ for each control cycle that the step took.
  private func discount(over outcome: Outcome) -> Double {
    outcome.missedCycles > 0
      ? pow(configuration.discount, Double(1 + outcome.missedCycles)) : configuration.discount
  }

  /// The update, once S′ is perceived and A′ is drawn from π(·|S′).
  private mutating func update(_ outcome: Outcome, isFinite: Bool) -> Update {
    let entropyCoefficient = Float(configuration.entropyCoefficient)
    let reward = outcome.reward * Float(configuration.rewardScale)
    let discount = discount(over: outcome)
    guard canLearn, reward.isFinite, isFinite else { return refusal }

    // r̃ and the statistics behind σ_δ, before anything else; a refusal leaves them as they were.
    let entropyReward = reward - entropyCoefficient * policy.logProbability
    var scaler = scaler
    scaler.update(
      reward: Double(entropyReward), discount: discount, terminated: outcome.terminated)
    let scale = configuration.scalesTemporalDifference ? Float(scaler.scale) : 1

    // Q(S′, A′) − η log π(A′|S′).
    let followingValue: Float
    if let value = target?.followingValue(followingPolicy.action) {
      followingValue = value
    } else {
      followingCriticPass.setInput(perception.following.vector, followingPolicy.action)
      critic.forward(&followingCriticPass)
      followingValue = followingCriticPass.output[0]
    }
    let target = followingValue - entropyCoefficient * followingPolicy.logProbability

    // δ = (R + γ(1 − terminated)·target − Q(S, A)) / σ_δ.
    criticPass.setInput(perception.current.vector, policy.action)
    critic.forward(&criticPass)
    let value = criticPass.output[0]
    let future = outcome.terminated ? 0 : Float(discount) * target
    let delta = (reward + future - value) / scale

    // One backward pass of Q with gradient 1: its input's gradient holds ∂Q/∂A, and −2δ/σ_δ times its parameters'
    // and features' gradients is the gradient of δ²; with a trace the parameters take −2δ/σ_δ·z instead, below.
    let lossScale = -2 * delta / scale
    let hasTrace = configuration.traceDecay > 0
    critic.backward(&criticPass, outputGradient: [1], scale: hasTrace ? 1 : lossScale)
    perception.backward(criticPass.inputGradient, scale: lossScale)

    // The actor's loss is η log π(A|S) − Q(S, A), with A reparametrised and Q not yet updated.
    policy.lossGradient(
      entropyCoefficient: entropyCoefficient, valueGradient: criticPass.inputGradient,
      offset: perception.count,
      into: &policyGradient)
    actor.backward(&actorPass, outputGradient: policyGradient)
    if configuration.encoderSharing == .separate {
      actorPerception.backward(actorPass.inputGradient, scale: 1)
    }

    canLearn = false
    let squares = gradientSquares
    guard delta.isFinite, scale.isFinite, (squares.actor + squares.critic + squares.encoder).isFinite else {
      return refusal
    }
    if hasTrace {
      let decay = Float(configuration.discount * configuration.traceDecay)
      trace.accumulate(critic.store, decay: decay, scale: lossScale)
      if outcome.isLast { trace.clear() }
      // Finite factors may have a product that is not.
      guard trace.gradientSumOfSquares().isFinite else { return refusal }
    }
    self.scaler = scaler
    actorOptimizer.step(&actor.store)
    actorEncoderOptimizer.step(&actorPerception.encoder.store)
    if hasTrace {
      criticOptimizer.step(&critic.store, against: trace.gradients)
    } else {
      criticOptimizer.step(&critic.store)
    }
    encoderOptimizer.step(&perception.encoder.store)
    self.target?.follow(perception, critic)
    var update = Update(
      temporalDifferenceError: delta, temporalDifferenceScale: scale, value: value,
      logProbability: policy.logProbability, isRefused: false)
    update.actorLoss = entropyCoefficient * policy.logProbability - value
    update.actorGradientNorm = squares.actor.squareRoot()
    update.criticGradientNorm = squares.critic.squareRoot()
    update.encoderGradientNorm = squares.encoder.squareRoot()
    return update
  }

  private var refusal: Update {
    Update(
      temporalDifferenceError: 0, temporalDifferenceScale: Float(scaler.scale), value: 0,
      logProbability: policy.logProbability, isRefused: true)
  }

  private mutating func perceiveFollowing(_ observation: borrowing Observation) -> Bool {
    var isFinite = perception.perceiveFollowing(observation)
    isFinite = (target?.perception.perceiveFollowing(observation, as: perception) ?? true) && isFinite
    return configuration.encoderSharing == .shared
      ? isFinite : actorPerception.perceiveFollowing(observation) && isFinite
  }

  /// Draws A′ from π(·|S′), S′ being perceived.
  ///
  /// - Returns: whether its numbers are finite.
  private mutating func drawFollowingAction(_ noise: [Float]) -> Bool {
    if configuration.encoderSharing == .shared {
      followingActorPass.input.copy(from: perception.following.vector)
    } else {
      followingActorPass.input.copy(from: actorPerception.following.vector)
    }
    actor.forward(&followingActorPass)
    followingPolicy.sample(followingActorPass.output, noise: noise)
    return followingPolicy.isFinite
  }

  /// Σ of each network's squared gradients; not finite when any of them is not.
  private var gradientSquares: (actor: Float, critic: Float, encoder: Float) {
    (
      actor.gradientSumOfSquares(), critic.gradientSumOfSquares(),
      perception.encoder.gradientSumOfSquares() + actorPerception.encoder.gradientSumOfSquares()
    )
  }

  /// Tells of the action last chosen: log π, and ε.
  public func explain(into noise: inout [Float]) -> Float {
    anticipation == nil ? policy.explain(into: &noise) : followingPolicy.explain(into: &noise)
  }
}
