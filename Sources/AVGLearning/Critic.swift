internal import AVGCore
internal import AVGNetwork

/// A learned value function: the network, its pass, and its optimiser.
struct Critic: ~Copyable, Sendable {
  var network: MultilayerPerceptron
  var pass: MultilayerPerceptron.Pass
  var optimizer: Adam

  /// Makes a critic of `inputs` numbers whose weights `weights` draws; `head` is q, of an action too, or v.
  init(
    name: String, head: String, _ configuration: AVGConfiguration, inputs: Int, weights: inout RandomSource,
    instructionSet: InstructionSet
  ) {
    network = MultilayerPerceptron(
      name: name, configuration, inputs: inputs, heads: [(head, 1)], instructionSet: instructionSet)
    network.initialize(random: &weights)
    pass = network.makePass()
    optimizer = Adam(configuration, \.criticLearningRate, instructionSet: instructionSet)
  }

  /// The value of a vector and an action, which may be empty.
  mutating func value(_ vector: borrowing FloatBuffer, _ action: [Float]) -> Float {
    pass.setInput(vector, action)
    network.forward(&pass)
    return pass.output[0]
  }

  /// Computes `scale` times the gradient of the value last asked for; the input's gradient is not scaled.
  mutating func computeGradient(scale: Float) {
    network.backward(&pass, outputGradient: [1], scale: scale)
  }

  /// Computes the gradient of the value last asked for with respect to its input alone.
  mutating func computeInputGradient() {
    network.backwardToInput(&pass, outputGradient: [1])
  }

  /// Moves the weights against their gradients.
  mutating func step() {
    optimizer.step(&network.store)
  }
}

/// Two critics of one kind, of whose values the smaller counts, and the target networks that follow them
/// (clipped double Q: Fujimoto et al. 2018).
struct TwinCritic: ~Copyable, Sendable {
  var first: Critic
  var second: Critic
  var firstTarget: TargetNetwork
  var secondTarget: TargetNetwork
  var targetPerception: TargetPerception
  /// −2δ/σ_δ-weighted sum of both critics' gradients with respect to what is perceived.
  private var vectorGradient: FloatBuffer
  private let targetRate: Double

  init(
    _ configuration: AVGConfiguration, targetRate: Double, perception: borrowing Perception,
    actionCount: Int, frameCount: Int, frameShape: FrameShape, weights: inout RandomSource,
    instructionSet: InstructionSet
  ) {
    self.targetRate = targetRate
    let inputs = perception.count + actionCount
    first = Critic(
      name: "critic.1", head: "q", configuration, inputs: inputs, weights: &weights,
      instructionSet: instructionSet)
    second = Critic(
      name: "critic.2", head: "q", configuration, inputs: inputs, weights: &weights,
      instructionSet: instructionSet)
    func target(_ name: String) -> MultilayerPerceptron {
      MultilayerPerceptron(
        name: name, configuration, inputs: inputs, heads: [("q", 1)], instructionSet: instructionSet)
    }
    firstTarget = TargetNetwork(target("target.critic.1"), following: first.network)
    secondTarget = TargetNetwork(target("target.critic.2"), following: second.network)
    targetPerception = TargetPerception(
      name: "target.encoder", following: perception, configuration, frameCount: frameCount,
      frameShape: frameShape, instructionSet: instructionSet)
    vectorGradient = FloatBuffer(count: perception.count)
  }

  /// The smaller of both targets' values of S′, which is perceived, and an action.
  mutating func followingValue(_ action: [Float]) -> Float {
    min(
      firstTarget.value(targetPerception.following.vector, action),
      secondTarget.value(targetPerception.following.vector, action))
  }

  /// Computes the gradients of δ₁² + δ₂², with δᵢ = (y − Qᵢ(S, A)) / σ_δ, for both critics and the encoder.
  ///
  /// - Returns: δ₁ and Q₁(S, A).
  mutating func computeGradients(
    _ perception: inout Perception, _ action: [Float], returnEstimate: Float, scale: Float
  ) -> (delta: Float, value: Float) {
    let values = (
      first.value(perception.current.vector, action), second.value(perception.current.vector, action)
    )
    let deltas = ((returnEstimate - values.0) / scale, (returnEstimate - values.1) / scale)
    let scales = (-2 * deltas.0 / scale, -2 * deltas.1 / scale)
    first.computeGradient(scale: scales.0)
    second.computeGradient(scale: scales.1)
    for index in 0..<vectorGradient.count {
      vectorGradient[index] =
        scales.0 * first.pass.inputGradient[index] + scales.1 * second.pass.inputGradient[index]
    }
    perception.backward(vectorGradient, scale: 1)
    return (deltas.0, values.0)
  }

  /// Whether the critics' gradients and those of `encoder` are finite.
  func gradientsAreFinite(_ encoder: borrowing Encoder) -> Bool {
    (first.network.gradientSumOfSquares() + second.network.gradientSumOfSquares()
      + encoder.gradientSumOfSquares()).isFinite
  }

  /// Moves both critics against their gradients.
  mutating func step() {
    first.step()
    second.step()
  }

  /// Moves the target networks the share τ of the way to what has been learned.
  mutating func followWithTargets(_ perception: borrowing Perception) {
    firstTarget.network.store.follow(first.network.store, rate: targetRate)
    secondTarget.network.store.follow(second.network.store, rate: targetRate)
    targetPerception.encoder.store.follow(perception.encoder.store, rate: targetRate)
  }
}
