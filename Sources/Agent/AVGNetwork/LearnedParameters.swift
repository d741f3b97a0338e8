/// Parameters that are learned, with a gradient and the optimiser that moves them by it.
public struct LearnedParameters: ~Copyable, Sendable {
  /// The values.
  public var parameters: Parameters
  /// The gradient, to be filled by a backward pass before `step`.
  public var gradients: Gradients
  /// The optimiser, with what it keeps for each parameter.
  public var optimizer: Optimizer

  /// Makes parameters that are all zero, of the layout that `gradients` and `optimizer` were made for.
  public init(_ layout: ParameterLayout, gradients: consuming Gradients, optimizer: consuming Optimizer) {
    parameters = Parameters(layout)
    self.gradients = gradients
    self.optimizer = optimizer
  }

  /// Adds the gradients of a network with these parameters for the gradient of what a batch's pass put out; see
  /// `MultilayerPerceptron.backward`.
  public mutating func addGradients(
    of network: MultilayerPerceptron, _ pass: inout MultilayerPerceptron.Pass, _ outputGradient: [Float],
    reachesInput: Bool = true
  ) {
    network.backward(
      &pass, parameters, outputGradient: outputGradient, reachesInput: reachesInput, into: &gradients)
  }

  /// Moves the values against the gradient of a loss.
  public mutating func step() {
    optimizer.step(&parameters, gradients)
  }

  /// Moves the values along the trace of an output's gradient, times the output's error.
  ///
  /// - Parameters:
  ///   - error: δ.
  ///   - decay: γλ, by which the trace decays before the gradient is added.
  ///   - ends: clears the trace after the step: what comes is no consequence of what was.
  public mutating func step(error: Double, decay: Double, ends: Bool) {
    optimizer.step(&parameters, gradients, error: error, decay: decay)
    if ends { optimizer.clearTrace() }
  }
}
