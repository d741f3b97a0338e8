internal import CKernels

/// An eligibility trace over all parameters of a network: e ← γλ·e + g, the decaying sum of the gradients so far.
///
/// A step along it gives credit to the parameters by which earlier states were judged (Sutton & Barto 2018, chapter 12).
struct EligibilityTrace: ~Copyable, Sendable {
  /// The trace [layout.count].
  var values: FloatBuffer
  private let kernels: avg_kernels

  init(_ layout: ParameterLayout, instructionSet: InstructionSet) {
    values = FloatBuffer(count: layout.count)
    kernels = instructionSet.kernels
  }

  /// Decays the trace and adds the gradient.
  ///
  /// - Parameter decay: γλ.
  /// - Returns: ‖e‖₁.
  mutating func accumulate(_ gradients: borrowing Gradients, decay: Float) -> Double {
    var length = 0.0
    for range in gradients.plainRanges {
      let (place, count) = (range.lowerBound, range.count)
      length += Double(
        kernels.trace(
          decay, values.mutablePointer(place, count), gradients.dense.pointer(place, count), count))
    }
    for product in gradients.outerProducts {
      length += Double(
        kernels.trace_outer(
          decay, values.mutablePointer(product.weights, product.count),
          gradients.factors.pointer(product.factors, product.inputs), Int32(product.inputs),
          gradients.factors.pointer(product.outputFactors, product.outputs), Int32(product.outputs)))
    }
    return length
  }

  /// Decays the trace and the running mean ν of the squared gradient, and adds the gradient to both.
  ///
  /// - Returns: Σ g²/h and Σ e²/h, h being the deviation that `scaling` makes of ν.
  mutating func accumulate(
    _ gradients: borrowing Gradients, squares: inout FloatBuffer, _ scaling: avg_scaled_trace
  ) -> (gradient: Double, trace: Double) {
    var scaling = scaling
    var sums = (gradient: 0.0, trace: 0.0)
    for range in gradients.plainRanges {
      let (place, count) = (range.lowerBound, range.count)
      let sum = kernels.scaled_trace(
        &scaling, values.mutablePointer(place, count), squares.mutablePointer(place, count),
        gradients.dense.pointer(place, count), count)
      sums.gradient += Double(sum.gradient)
      sums.trace += Double(sum.trace)
    }
    for product in gradients.outerProducts {
      let (place, count) = (product.weights, product.count)
      let sum = kernels.scaled_trace_outer(
        &scaling, values.mutablePointer(place, count), squares.mutablePointer(place, count),
        gradients.factors.pointer(product.factors, product.inputs), Int32(product.inputs),
        gradients.factors.pointer(product.outputFactors, product.outputs), Int32(product.outputs))
      sums.gradient += Double(sum.gradient)
      sums.trace += Double(sum.trace)
    }
    return sums
  }

  /// Adds `scale` times the trace to numbers of the same layout.
  func add(to numbers: inout FloatBuffer, scale: Float) {
    let count = values.count
    kernels.add_scaled(scale, values.pointer(0, count), numbers.mutablePointer(0, count), count)
  }

  /// Adds `scale`·e/h to the parameters.
  func step(
    _ parameters: inout Parameters, scale: Float, squares: borrowing FloatBuffer, _ scaling: avg_scaled_trace
  ) {
    var scaling = scaling
    let count = values.count
    kernels.add_scaled_trace(
      &scaling, scale, values.pointer(0, count), squares.pointer(0, count),
      parameters.values.mutablePointer(0, count), count)
  }
}
