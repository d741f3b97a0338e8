/// Parameters that are learned, with the gradient of their loss and the optimiser that moves them against it.
public struct LearnedParameters: ~Copyable, Sendable {
  /// The values.
  public var parameters: Parameters
  /// The gradient, to be filled by a backward pass before `step`.
  public var gradients: Gradients
  /// The optimiser, with its moments.
  public var optimizer: Adam

  /// Makes parameters that are all zero, of the layout that `gradients` and `optimizer` were made for.
  public init(_ layout: ParameterLayout, gradients: consuming Gradients, optimizer: consuming Adam) {
    parameters = Parameters(layout)
    self.gradients = gradients
    self.optimizer = optimizer
  }

  /// Moves the values against their gradient.
  public mutating func step() {
    optimizer.step(&parameters, gradients)
  }
}
