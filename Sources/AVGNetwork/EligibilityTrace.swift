internal import CKernels

/// A fading sum of a network's gradients: which parameters had a share in the values of the last steps
/// (Sutton and Barto 2018, chapter 12).
///
/// zₜ = γλ·zₜ₋₁ + ∇Q(Sₜ, Aₜ). With it one TD error corrects the values of all the steps that led to it, the older the
/// less, and not that of the last alone.
public struct EligibilityTrace: ~Copyable, Sendable {
  /// z, in the order of the parameters' places.
  public var sums: FloatBuffer
  /// The multiple of z that `accumulate` was asked for: a gradient for `Adam.step(_:against:)`.
  public private(set) var gradients: FloatBuffer
  private let one: FloatBuffer
  private let kernels: avg_kernels

  /// Makes a trace of `store`'s parameters without a past.
  public init(of store: borrowing ParameterStore, instructionSet: InstructionSet = .best) {
    sums = FloatBuffer(count: store.values.count)
    gradients = FloatBuffer(count: store.values.count)
    var one = FloatBuffer(count: 1)
    one[0] = 1
    self.one = one
    kernels = instructionSet.kernels
  }

  /// Takes in the gradients that lie in `store`, and leaves `scale` times the trace in `gradients`.
  ///
  /// - Parameter decay: γλ, what is left of the older ones.
  public mutating func accumulate(_ store: borrowing ParameterStore, decay: Float, scale: Float) {
    for range in store.plainRanges {
      let (place, count) = (range.lowerBound, range.count)
      kernels.accumulate_trace(
        one.pointer(0, 1), 1, store.plainGradients.pointer(place, count), Int32(count), decay, scale,
        sums.pointer(place, count), gradients.pointer(place, count))
    }
    for product in store.outerProducts {
      let (place, count) = (product.weights, product.count)
      kernels.accumulate_trace(
        store.factors.pointer(product.factors, product.inputs), Int32(product.inputs),
        store.factors.pointer(product.outputFactors, product.outputs), Int32(product.outputs), decay, scale,
        sums.pointer(place, count), gradients.pointer(place, count))
    }
  }

  /// Forgets the past: what follows has nothing to do with it.
  public mutating func clear() {
    sums.clear()
  }

  /// Σ of the squared `gradients`; not finite when any of them is not.
  public func gradientSumOfSquares() -> Float {
    kernels.sum_of_squares(gradients.pointer(0, gradients.count), gradients.count)
  }
}
