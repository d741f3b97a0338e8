internal import AVGCore
internal import AVGNetwork

/// Two value functions of states and actions, of whose values the smaller counts (Fujimoto et al. 2018), without target
/// networks: each steps along a trace of its own gradients.
///
/// The encoder has one trace, of the mean of both values, and steps by the mean of both errors.
struct StreamingTwinCritic: ~Copyable, Sendable {
  var perception: Perception
  var first: ValueFunction
  var second: ValueFunction
  private var followingPass: MultilayerPerceptron.Pass
  /// The gradient of (Q₁ + Q₂) / 2 with respect to the perceived vector.
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

  /// Σ of the squared gradients; not finite when any of them is not.
  var gradientSquares: (values: Float, encoder: Float) {
    (
      first.learned.gradients.sumOfSquares() + second.learned.gradients.sumOfSquares(),
      perception.learned.gradients.sumOfSquares()
    )
  }

  /// Moves both value functions and the encoder along their traces; see `LearnedParameters.step(error:decay:ends:)`.
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

  /// The steps that both optimisers have taken.
  var stepCount: Int { first.learned.optimizer.stepCount }
}

/// A learner with two critics, each of which steps along a trace.
protocol StreamingTwinCriticLearner: IncrementalLearner {
  var critic: StreamingTwinCritic { get set }
}

extension StreamingTwinCriticLearner {
  var perception: Perception {
    _read { yield critic.perception }
    _modify { yield &critic.perception }
  }

  var criticOperations: Int { critic.operations }

  func forEachCriticTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    critic.forEachTensor(visit)
  }
}
