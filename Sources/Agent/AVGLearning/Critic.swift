internal import AVGCore
internal import AVGNetwork

/// A learned value function: a network, its parameters, and its pass.
struct ValueFunction: ~Copyable, Sendable {
  let network: MultilayerPerceptron
  var learned: LearnedParameters
  var pass: MultilayerPerceptron.Pass

  /// Makes a function of `inputs` numbers with weights drawn from `weights`.
  ///
  /// - Parameter head: the output's name: q of a function that takes an action too, v of one that does not.
  init(name: String, head: String, _ design: LearnerDesign, inputs: Int, weights: inout RandomSource) {
    network = MultilayerPerceptron(name: name, design, inputs: inputs, heads: [(head, 1)])
    learned = LearnedParameters(network.layout, design, .critic, \.criticLearningRate)
    network.initialize(&learned.parameters, design, random: &weights)
    pass = network.makePass()
  }

  /// The value of a vector and an action, which may be empty.
  mutating func value(_ vector: borrowing FloatBuffer, _ action: [Float]) -> Float {
    network.value(vector, action, &pass, learned.parameters)
  }

  /// Computes `scale` times the gradient of the last `value`; the input's gradient is not scaled.
  mutating func computeGradient(scale: Float) {
    network.backward(
      &pass, learned.parameters, outputGradient: [1], scale: scale, into: &learned.gradients)
  }

  /// Computes the gradient of the last `value` with respect to its input alone.
  mutating func computeInputGradient() {
    network.backwardToInput(&pass, learned.parameters, outputGradient: [1])
  }
}

/// One value function and the perception through which it is trained.
struct Critic: ~Copyable, Sendable {
  var perception: Perception
  var valueFunction: ValueFunction
  private var followingPass: MultilayerPerceptron.Pass

  /// Makes a critic with weights drawn from `weights`; see `ValueFunction` for `head`, of which v takes no action.
  init(
    head: String, _ design: LearnerDesign, perception: consuming Perception, actionCount: Int,
    weights: inout RandomSource
  ) {
    valueFunction = ValueFunction(
      name: "critic", head: head, design, inputs: perception.count + actionCount, weights: &weights)
    followingPass = valueFunction.network.makePass()
    self.perception = perception
  }

  var operations: Int { valueFunction.network.operations }

  /// The value of S and an action, which may be empty.
  mutating func value(_ action: [Float]) -> Float { valueFunction.value(perception.current.vector, action) }

  /// The value of S′ and an action, which may be empty.
  mutating func followingValue(_ action: [Float]) -> Float {
    valueFunction.network.value(
      perception.following.vector, action, &followingPass, valueFunction.learned.parameters)
  }

  /// Computes `scale` times the gradients of the last `value`, of the value function and of the encoder.
  mutating func computeGradient(scale: Float) {
    valueFunction.computeGradient(scale: scale)
    perception.backward(valueFunction.pass.inputGradient, scale: scale)
  }

  /// Moves the weights, and those of the encoder, along their traces; see `LearnedParameters.step(error:decay:ends:)`.
  mutating func step(error: Double, decay: Double, ends: Bool) {
    valueFunction.learned.step(error: error, decay: decay, ends: ends)
    perception.learned.step(error: error, decay: decay, ends: ends)
  }

  /// Moves the weights, and those of the encoder, against their gradients.
  mutating func step() {
    valueFunction.learned.step()
    perception.learned.step()
  }

  func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    valueFunction.learned.parameters.forEachTensor(visit)
  }
}

/// Two value functions, of whose values the smaller counts, and their target parameters (clipped double Q: Fujimoto et
/// al. 2018).
struct TwinCritic: ~Copyable, Sendable {
  var perception: Perception
  var first: ValueFunction
  var second: ValueFunction
  var firstTarget: Parameters
  var secondTarget: Parameters
  var targetPerception: TargetPerception
  private var targetPass: MultilayerPerceptron.Pass
  /// The gradient of δ₁² + δ₂² with respect to the perceived vector.
  private var vectorGradient: FloatBuffer
  private let targetRate: Double

  init(
    _ design: LearnerDesign, targetRate: Double, perception: consuming Perception,
    weights: inout RandomSource
  ) {
    self.targetRate = targetRate
    let inputs = perception.count + design.environment.actionCount
    first = ValueFunction(name: "critic.1", head: "q", design, inputs: inputs, weights: &weights)
    second = ValueFunction(name: "critic.2", head: "q", design, inputs: inputs, weights: &weights)
    firstTarget = first.learned.parameters.copy()
    secondTarget = second.learned.parameters.copy()
    targetPass = first.network.makePass()
    targetPerception = TargetPerception(following: perception)
    vectorGradient = FloatBuffer(count: perception.count)
    self.perception = perception
  }

  var operations: Int { first.network.operations + second.network.operations }

  /// Q₁ of S, and an action.
  mutating func firstValue(_ action: [Float]) -> Float { first.value(perception.current.vector, action) }

  /// Q₁ and Q₂ of S, and an action.
  mutating func values(_ action: [Float]) -> (Float, Float) {
    (firstValue(action), second.value(perception.current.vector, action))
  }

  /// Perceives S′ with the target parameters of the encoder.
  ///
  /// - Returns: whether every number is finite.
  mutating func perceiveFollowingWithTarget(_ next: borrowing Observation) -> Bool {
    targetPerception.perceiveFollowing(next, as: perception)
  }

  /// The smaller of both targets' values of S′, which has been perceived, and an action.
  mutating func followingValue(_ action: [Float]) -> Float {
    min(
      first.network.value(targetPerception.following.vector, action, &targetPass, firstTarget),
      second.network.value(targetPerception.following.vector, action, &targetPass, secondTarget))
  }

  /// Computes the gradients of δ₁² + δ₂², with δᵢ = (y − Qᵢ(S, A)) / σ_δ, for both critics and the encoder.
  ///
  /// - Returns: δ₁ and Q₁(S, A).
  mutating func computeGradients(
    _ action: [Float], returnEstimate: Float, scale: Float
  ) -> (delta: Float, value: Float) {
    let values = values(action)
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

  /// Whether the gradients of both value functions and of the encoder are finite.
  var gradientsAreFinite: Bool {
    (first.learned.gradients.sumOfSquares() + second.learned.gradients.sumOfSquares()
      + perception.learned.gradients.sumOfSquares()).isFinite
  }

  /// Moves both value functions against their gradients. The encoder's step follows the actor's.
  mutating func step() {
    first.learned.step()
    second.learned.step()
  }

  func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    first.learned.parameters.forEachTensor(visit)
    second.learned.parameters.forEachTensor(visit)
  }

  /// Moves the target parameters the share τ of the way to the learned ones.
  mutating func followWithTargets() {
    firstTarget.follow(first.learned.parameters, rate: targetRate)
    secondTarget.follow(second.learned.parameters, rate: targetRate)
    targetPerception.follow(perception, rate: targetRate)
  }
}
