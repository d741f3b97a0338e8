internal import AVGCore
internal import CKernels

/// Adam (Kingma & Ba 2015) over one network's parameters, as PyTorch's `torch.optim.Adam` computes it.
public struct Adam: Sendable {
  /// The step size α of the first step.
  public var learningRate: Double
  /// The decay β₁ of the running mean of the gradient.
  public let firstMomentDecay: Double
  /// The decay β₂ of the running mean of the squared gradient.
  public let secondMomentDecay: Double
  /// The number added to the root of the second moment.
  public let epsilon: Double
  /// The number of steps after which the step size is half of the first: it goes as 1 / (1 + t / this). Infinite, it stays.
  public let halvingSteps: Double
  /// The steps taken so far.
  public var stepCount: Int

  private let kernels: avg_kernels

  /// Makes an optimiser that has taken no step.
  public init(
    learningRate: Double, firstMomentDecay: Double, secondMomentDecay: Double = 0.999, epsilon: Double = 1e-8,
    halvingSteps: Double = .infinity, instructionSet: InstructionSet = .best
  ) {
    self.learningRate = learningRate
    self.firstMomentDecay = firstMomentDecay
    self.secondMomentDecay = secondMomentDecay
    self.epsilon = epsilon
    self.halvingSteps = halvingSteps
    stepCount = 0
    kernels = instructionSet.kernels
  }

  /// The share of the first step size that is left: 1 / (1 + t / `halvingSteps`).
  public var annealing: Double { 1 / (1 + Double(stepCount) / halvingSteps) }

  /// Moves the values against the gradients that lie in `store`.
  public mutating func step(_ store: inout ParameterStore) {
    stepCount += 1
    var adam = avg_adam(
      stepSize: Float(learningRate * annealing / (1 - Elementary.pow(firstMomentDecay, Double(stepCount)))),
      beta1: Float(firstMomentDecay), beta2: Float(secondMomentDecay),
      gain1: Float(1 - firstMomentDecay), gain2: Float(1 - secondMomentDecay),
      secondMomentScale: Float(1 / (1 - Elementary.pow(secondMomentDecay, Double(stepCount))).squareRoot()),
      epsilon: Float(epsilon))
    for range in store.plainRanges {
      let (place, count) = (range.lowerBound, range.count)
      kernels.adam_step(
        &adam, store.values.pointer(place, count), store.plainGradients.pointer(place, count),
        store.firstMoments.pointer(place, count), store.secondMoments.pointer(place, count), count)
    }
    for product in store.outerProducts {
      let (place, count) = (product.weights, product.count)
      kernels.adam_step_outer(
        &adam, store.values.pointer(place, count), store.factors.pointer(product.factors, product.inputs),
        Int32(product.inputs), store.factors.pointer(product.outputFactors, product.outputs),
        Int32(product.outputs), store.firstMoments.pointer(place, count),
        store.secondMoments.pointer(place, count))
    }
  }
}
