/// Leaky rectification and the unit norm, on buffers that a layer owns.
enum Activations {
  /// LeakyReLU's slope below zero, as published.
  static let leak: Float = 0.01

  /// y = x where x > 0, else 0.01 x, in place.
  static func leakyRectify(_ y: UnsafeMutablePointer<Float>, count: Int) {
    for index in 0..<count where y[index] < 0 {
      y[index] *= leak
    }
  }

  /// Multiplies `gradient` by LeakyReLU's derivative; the sign of its output y is that of its input.
  static func leakyRectifyGradient(
    _ y: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>, count: Int
  ) {
    for index in 0..<count where y[index] <= 0 {
      gradient[index] *= leak
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
