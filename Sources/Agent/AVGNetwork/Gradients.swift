internal import CKernels

/// The gradient of a loss with respect to all of a network's parameters.
///
/// It has two forms. Of a single sample, the gradient of a dense layer's weights has rank one: its two factors are kept
/// instead, so that no matrix is written and read again, and each backward pass replaces the gradient before. Of a batch
/// it is a sum of such products, multiplied out, and backward passes add to it: a large batch can be taken in pieces, and
/// `begin()` starts a new sum.
public struct Gradients: ~Copyable, Sendable {
  /// Whether backward passes add to the gradient, in its dense form, instead of replacing it.
  public let accumulates: Bool
  /// The gradient [layout.count]; of a single sample, all but the weights of dense layers.
  public var dense: FloatBuffer

  /// The places in `dense` that hold a gradient.
  let plainRanges: [Range<Int>]
  /// The weights whose gradient is kept as its factors.
  let outerProducts: [OuterProduct]
  /// x and dy of each outer product.
  var factors: FloatBuffer
  private let kernels: avg_kernels

  /// Makes a gradient that is zero.
  ///
  /// - Parameter accumulates: it takes the sum over a batch; else a single sample's gradient.
  public init(_ layout: ParameterLayout, accumulates: Bool = false, instructionSet: InstructionSet = .best) {
    self.accumulates = accumulates
    dense = FloatBuffer(count: layout.count)
    plainRanges = accumulates ? [0..<layout.count] : layout.plainRanges
    outerProducts = accumulates ? [] : layout.outerProducts
    factors = FloatBuffer(count: accumulates ? 0 : layout.factorCount)
    kernels = instructionSet.kernels
  }

  /// Begins the gradient of a new batch; of a single sample the backward pass does that.
  public mutating func begin() {
    if accumulates { dense.fill() }
  }

  /// Returns the whole gradient [layout.count], factors multiplied out: for inspection, not for the loop.
  public func multipliedOut() -> FloatBuffer {
    var gradient = FloatBuffer(count: dense.count)
    gradient.copy(from: dense)
    for product in outerProducts {
      for index in 0..<product.count {
        let (input, output) = index.quotientAndRemainder(dividingBy: product.outputs)
        gradient[product.weights + index] =
          factors[product.factors + input] * factors[product.outputFactors + output]
      }
    }
    return gradient
  }

  /// Σ of the squared gradient; not finite when any entry is not.
  ///
  /// Of an outer product ‖x dyᵀ‖² = ‖x‖²‖dy‖².
  public func sumOfSquares() -> Float {
    var sum: Float = 0
    for range in plainRanges {
      sum += kernels.sum_of_squares(dense.pointer(range.lowerBound, range.count), range.count)
    }
    for product in outerProducts {
      sum +=
        kernels.sum_of_squares(factors.pointer(product.factors, product.inputs), product.inputs)
        * kernels.sum_of_squares(factors.pointer(product.outputFactors, product.outputs), product.outputs)
    }
    return sum
  }

  /// Takes the only sample's gradient of a dense layer's weights: x [inputs] dyᵀ [outputs].
  mutating func take(_ product: OuterProduct, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>) {
    factors.mutablePointer(product.factors, product.inputs).update(from: x, count: product.inputs)
    factors.mutablePointer(product.outputFactors, product.outputs).update(from: dy, count: product.outputs)
  }

  /// Takes the only sample's gradient of the `count` parameters from `place` on.
  mutating func take(_ gradient: UnsafePointer<Float>, place: Int, count: Int) {
    dense.mutablePointer(place, count).update(from: gradient, count: count)
  }

  /// Adds one sample's gradient of the `count` parameters from `place` on, a multiple of the kernels' block.
  mutating func add(_ gradient: UnsafePointer<Float>, place: Int, count: Int) {
    kernels.add_scaled(1, gradient, dense.mutablePointer(place, count), count)
  }
}
