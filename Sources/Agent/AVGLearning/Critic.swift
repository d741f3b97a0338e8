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

/// Two value functions, of whose values the smaller counts (clipped double Q: Fujimoto et al. 2018), and the perception
/// through which they are trained.
struct TwinCritic: ~Copyable, Sendable {
  var perception: Perception
  var first: ValueFunction
  var second: ValueFunction
  private var followingPass: MultilayerPerceptron.Pass
  /// The gradient of what is minimised with respect to the perceived vector.
  private var vectorGradient: FloatBuffer

  init(_ design: LearnerDesign, perception: consuming Perception, weights: inout RandomSource) {
    let inputs = perception.count + design.environment.actionCount
    first = ValueFunction(name: "critic.1", head: "q", design, inputs: inputs, weights: &weights)
    second = ValueFunction(name: "critic.2", head: "q", design, inputs: inputs, weights: &weights)
    followingPass = first.network.makePass()
    vectorGradient = FloatBuffer(count: perception.count)
    self.perception = perception
  }

  var operations: Int { first.network.operations + second.network.operations }

  /// The steps that the optimiser of either value function has taken.
  var stepCount: Int { first.learned.optimizer.stepCount }

  /// Computes the gradient of the smaller of Q₁ and Q₂ with respect to its input.
  // Not by a subscript that yields the value function: that allocates at each call.
  mutating func computeSmallerInputGradient(_ values: (Float, Float)) {
    if values.0 <= values.1 { first.computeInputGradient() } else { second.computeInputGradient() }
  }

  /// Computes the gradient of α log π(A|S) − the smaller of Q₁ and Q₂, whose input's gradient has been computed.
  func policyGradient(
    _ policy: SquashedGaussian, temperature: Float, _ values: (Float, Float), into gradient: inout [Float]
  ) {
    if values.0 <= values.1 {
      policy.lossGradient(
        entropyCoefficient: temperature, valueGradient: first.pass.inputGradient, offset: perception.count,
        into: &gradient)
    } else {
      policy.lossGradient(
        entropyCoefficient: temperature, valueGradient: second.pass.inputGradient, offset: perception.count,
        into: &gradient)
    }
  }

  /// Q₁ of S and an action.
  mutating func firstValue(_ action: [Float]) -> Float { first.value(perception.current.vector, action) }

  /// Q₁ and Q₂ of S and an action.
  mutating func values(_ action: [Float]) -> (Float, Float) {
    (firstValue(action), second.value(perception.current.vector, action))
  }

  /// The smaller of Q₁ and Q₂ of S′, which has been perceived, and an action.
  mutating func followingValue(_ action: [Float]) -> Float {
    min(
      first.network.value(perception.following.vector, action, &followingPass, first.learned.parameters),
      second.network.value(perception.following.vector, action, &followingPass, second.learned.parameters))
  }

  /// The same of the target networks, which have perceived S′ too.
  mutating func followingValue(_ action: [Float], of target: borrowing TwinTarget) -> Float {
    min(
      first.network.value(target.perception.following.vector, action, &followingPass, target.first),
      second.network.value(target.perception.following.vector, action, &followingPass, target.second))
  }

  /// Computes `scale` times the gradients of the last `values`, and of their mean for the encoder; the gradients of the
  /// inputs are not scaled.
  mutating func computeGradients(scale: Float) {
    first.computeGradient(scale: scale)
    second.computeGradient(scale: scale)
    for index in 0..<vectorGradient.count {
      vectorGradient[index] = (first.pass.inputGradient[index] + second.pass.inputGradient[index]) / 2
    }
    perception.backward(vectorGradient, scale: scale)
  }

  /// Computes the gradients of δ₁² + δ₂², with δᵢ = (y − Qᵢ(S, A)) / σ_δ, for both value functions and the encoder.
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

  /// Σ of the squared gradients; not finite when any of them is not.
  var gradientSquares: (values: Float, encoder: Float) {
    (
      first.learned.gradients.sumOfSquares() + second.learned.gradients.sumOfSquares(),
      perception.learned.gradients.sumOfSquares()
    )
  }

  /// Whether the gradients of both value functions and of the encoder are finite.
  var gradientsAreFinite: Bool {
    let squares = gradientSquares
    return (squares.values + squares.encoder).isFinite
  }

  /// Moves both value functions against their gradients. The encoder's step follows the actor's.
  mutating func step() {
    first.learned.step()
    second.learned.step()
  }

  /// Moves both value functions and the encoder along their traces; see `LearnedParameters.step(error:decay:ends:)`. The
  /// encoder steps by the mean of both errors.
  mutating func step(errors: (Float, Float), decay: Double, ends: Bool) {
    let (error, other) = (Double(errors.0), Double(errors.1))
    first.learned.step(error: error, decay: decay, ends: ends)
    second.learned.step(error: other, decay: decay, ends: ends)
    perception.learned.step(error: (error + other) / 2, decay: decay, ends: ends)
  }

  func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    first.learned.parameters.forEachTensor(visit)
    second.learned.parameters.forEachTensor(visit)
  }
}
