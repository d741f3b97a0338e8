/// What moves parameters, given a gradient.
///
/// Adam goes against the gradient of a loss. The others go along an eligibility trace of the gradients of an output, times
/// the output's error; they take a loss for an output whose error is −1.
public enum Optimizer: ~Copyable, Sendable {
  /// Adam.
  case adam(Adam)
  /// Adam along a trace.
  case traced(TracedAdam)
  /// ObGD.
  case bounded(BoundedDescent)
  /// Intentional step sizes.
  case intentional(IntentionalDescent)

  /// The steps taken so far.
  public var stepCount: Int {
    switch self {
    case .adam(let adam): adam.stepCount
    case .traced(let traced): traced.adam.stepCount
    case .bounded(let descent): descent.stepCount
    case .intentional(let descent): descent.stepCount
    }
  }

  /// The share of the first step size that is left; 1 where step sizes are chosen at each step.
  public var annealing: Double {
    switch self {
    case .adam(let adam): adam.annealing
    case .traced(let traced): traced.adam.annealing
    case .bounded: 1
    case .intentional: 1
    }
  }

  /// Sets Adam's step size; the others choose theirs at each step.
  public mutating func setLearningRate(_ rate: Double) {
    switch consume self {
    case .adam(var adam):
      adam.learningRate = rate
      self = .adam(adam)
    case .traced(let traced): self = .traced(traced)
    case .bounded(let descent): self = .bounded(descent)
    case .intentional(let descent): self = .intentional(descent)
    }
  }

  /// Moves the values against the gradient of a loss.
  public mutating func step(_ parameters: inout Parameters, _ gradients: borrowing Gradients) {
    switch consume self {
    case .adam(var adam):
      adam.step(&parameters, gradients)
      self = .adam(adam)
    case .traced(var traced):
      traced.adam.step(&parameters, gradients)
      self = .traced(traced)
    case .bounded(var descent):
      descent.step(&parameters, gradients, error: -1, decay: 0)
      self = .bounded(descent)
    case .intentional(var descent):
      descent.step(&parameters, gradients, error: -1, decay: 0)
      self = .intentional(descent)
    }
  }

  /// Moves the values along the trace of an output's gradient, times the error of the output.
  ///
  /// - Parameter decay: γλ, by which the trace decays before the gradient is added.
  mutating func step(
    _ parameters: inout Parameters, _ gradients: borrowing Gradients, error: Double, decay: Double
  ) {
    switch consume self {
    case .adam: preconditionFailure("Adam has no trace")
    case .traced(var traced):
      traced.step(&parameters, gradients, error: error, decay: decay)
      self = .traced(traced)
    case .bounded(var descent):
      descent.step(&parameters, gradients, error: error, decay: decay)
      self = .bounded(descent)
    case .intentional(var descent):
      descent.step(&parameters, gradients, error: error, decay: decay)
      self = .intentional(descent)
    }
  }

  /// Sets the trace to zero: what comes is no consequence of what was.
  mutating func clearTrace() {
    switch consume self {
    case .adam(let adam): self = .adam(adam)
    case .traced(var traced):
      traced.trace.values.fill()
      self = .traced(traced)
    case .bounded(var descent):
      descent.trace.values.fill()
      self = .bounded(descent)
    case .intentional(var descent):
      descent.trace.values.fill()
      self = .intentional(descent)
    }
  }
}
