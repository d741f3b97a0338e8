internal import CKernels

/// Leaky rectification, and the normalisations of vectors, on buffers that a layer owns.
struct Activations: Sendable {
  /// LeakyReLU's slope below zero.
  private let leak: Float
  private let kernels: avg_kernels

  init(_ kernels: avg_kernels, leak: Float) {
    self.kernels = kernels
    self.leak = leak
  }

  /// y = x where x > 0, else `leak`·x, in place; `count` is a multiple of the kernels' block.
  func leakyRectify(_ y: UnsafeMutablePointer<Float>, count: Int) {
    kernels.leaky_rectify(leak, y, count)
  }

  /// Multiplies `gradient` by LeakyReLU's derivative; the sign of its output y is that of its input.
  func leakyRectifyGradient(
    _ y: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>, count: Int
  ) {
    kernels.leaky_rectify_gradient(leak, y, gradient, count)
  }

  /// y = factor·x, in place.
  func scale(_ y: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
    for index in 0..<count {
      y[index] *= factor
    }
  }

  /// y = x / ‖x‖₂, in place; a zero vector stays zero.
  ///
  /// - Returns: ‖x‖₂.
  static func unitNormalize(_ y: UnsafeMutablePointer<Float>, count: Int) -> Float {
    var square: Float = 0
    for index in 0..<count {
      square += y[index] * y[index]
    }
    let norm = square.squareRoot()
    guard norm > 0 else { return 0 }
    for index in 0..<count {
      y[index] /= norm
    }
    return norm
  }

  /// The gradient of x for that of y = x / ‖x‖: (g − y (y·g)) / ‖x‖, in place; zero for a zero vector.
  static func unitNormalizeGradient(
    _ y: UnsafePointer<Float>, norm: Float, _ gradient: UnsafeMutablePointer<Float>, count: Int
  ) {
    guard norm > 0 else { return gradient.update(repeating: 0, count: count) }
    var projection: Float = 0
    for index in 0..<count {
      projection += y[index] * gradient[index]
    }
    for index in 0..<count {
      gradient[index] = (gradient[index] - y[index] * projection) / norm
    }
  }
}
