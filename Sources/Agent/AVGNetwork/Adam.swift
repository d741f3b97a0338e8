internal import AVGCore
internal import CKernels

/// Adam (Kingma & Ba 2015) over one network's parameters, as PyTorch's `torch.optim.Adam` computes it.
public struct Adam: ~Copyable, Sendable {
  /// The step size α of the first step.
  public var learningRate: Double
  /// The decay β₁ of the running mean of the gradient.
  public let firstMomentDecay: Double
  /// The decay β₂ of the running mean of the squared gradient.
  public let secondMomentDecay: Double
  /// The number added to the root of the second moment.
  public let epsilon: Double
  /// The number of steps after which the step size has halved: it decays as 1 / (1 + t / this). Infinity keeps it.
  public let halvingSteps: Double
  /// The steps taken so far.
  public var stepCount: Int
  /// The running mean of the gradient [layout.count]; empty where β₁ is 0, when it is the gradient itself.
  public var firstMoments: FloatBuffer
  /// The running mean of the squared gradient [layout.count].
  public var secondMoments: FloatBuffer

  private let kernels: avg_kernels

  /// Makes an optimiser of parameters of this layout, which has taken no step.
  public init(
    _ layout: ParameterLayout, learningRate: Double, firstMomentDecay: Double,
    secondMomentDecay: Double = 0.999,
    epsilon: Double = 1e-8, halvingSteps: Double = .infinity, instructionSet: InstructionSet = .best
  ) {
    self.learningRate = learningRate
    self.firstMomentDecay = firstMomentDecay
    self.secondMomentDecay = secondMomentDecay
    self.epsilon = epsilon
    self.halvingSteps = halvingSteps
    stepCount = 0
    firstMoments = FloatBuffer(count: firstMomentDecay > 0 ? layout.count : 0)
    secondMoments = FloatBuffer(count: layout.count)
    kernels = instructionSet.kernels
  }

  /// The present step size as a share of the first: 1 / (1 + t / `halvingSteps`).
  public var annealing: Double { 1 / (1 + Double(stepCount) / halvingSteps) }

  /// Moves the values against their gradient.
  public mutating func step(_ parameters: inout Parameters, _ gradients: borrowing Gradients) {
    var adam = nextStep()
    for range in gradients.plainRanges {
      let (place, count) = (range.lowerBound, range.count)
      kernels.adam_step(
        &adam, parameters.values.mutablePointer(place, count), gradients.dense.pointer(place, count),
        firstMomentsPointer(place, count), secondMoments.mutablePointer(place, count), count)
    }
    for product in gradients.outerProducts {
      let (place, count) = (product.weights, product.count)
      kernels.adam_step_outer(
        &adam, parameters.values.mutablePointer(place, count),
        gradients.factors.pointer(product.factors, product.inputs), Int32(product.inputs),
        gradients.factors.pointer(product.outputFactors, product.outputs), Int32(product.outputs),
        firstMomentsPointer(place, count), secondMoments.mutablePointer(place, count))
    }
  }

  /// Moves the values against their gradient [layout.count], multiplied out.
  mutating func step(_ parameters: inout Parameters, _ gradient: borrowing FloatBuffer) {
    var adam = nextStep()
    let count = gradient.count
    kernels.adam_step(
      &adam, parameters.values.mutablePointer(0, count), gradient.pointer(0, count),
      firstMomentsPointer(0, count), secondMoments.mutablePointer(0, count), count)
  }

  /// Counts a step and makes its constants.
  private mutating func nextStep() -> avg_adam {
    stepCount += 1
    return avg_adam(
      stepSize: Float(learningRate * annealing / (1 - Elementary.pow(firstMomentDecay, Double(stepCount)))),
      beta1: Float(firstMomentDecay), beta2: Float(secondMomentDecay),
      gain1: Float(1 - firstMomentDecay), gain2: Float(1 - secondMomentDecay),
      secondMomentScale: Float(1 / (1 - Elementary.pow(secondMomentDecay, Double(stepCount))).squareRoot()),
      epsilon: Float(epsilon))
  }

  /// The address of first moments, for the kernels; with β₁ = 0 they neither read nor write there.
  private mutating func firstMomentsPointer(_ place: Int, _ count: Int) -> UnsafeMutablePointer<Float> {
    firstMomentDecay > 0
      ? firstMoments.mutablePointer(place, count) : firstMoments.mutablePointer(0, 0)
  }
}
