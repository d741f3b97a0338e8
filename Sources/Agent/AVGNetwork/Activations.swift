public import AVGCore
internal import CKernels

/// What a hidden layer puts its outputs through.
public enum HiddenActivation: String, SettingChoice {
  case leakyReLU, tanh

  /// What the choice means, for `avg-vision keys`.
  public var meaning: String {
    switch self {
    case .leakyReLU: "LeakyReLU, with the slope negativeSlope below zero."
    case .tanh: "The hyperbolic tangent, which PPO is used with on vectors."
    }
  }
}

/// Activations, and the normalisations of vectors, on buffers that a layer owns.
struct Activations: Sendable {
  private let activation: HiddenActivation
  /// LeakyReLU's slope below zero.
  private let leak: Float
  private let kernels: avg_kernels

  init(_ kernels: avg_kernels, _ activation: HiddenActivation, leak: Float) {
    self.activation = activation
    self.kernels = kernels
    self.leak = leak
  }

  /// Applies the activation in place; `count` is a multiple of the kernels' block.
  func activate(_ y: UnsafeMutablePointer<Float>, count: Int) {
    switch activation {
    case .leakyReLU: kernels.leaky_rectify(leak, y, count)
    case .tanh: for index in 0..<count { y[index] = Elementary.tanh(y[index]) }
    }
  }

  /// Multiplies `gradient` by the activation's derivative, which its output y tells: LeakyReLU's by its sign, that of tanh is
  /// 1 − y².
  func activateGradient(
    _ y: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>, count: Int
  ) {
    switch activation {
    case .leakyReLU: kernels.leaky_rectify_gradient(leak, y, gradient, count)
    case .tanh: for index in 0..<count { gradient[index] *= 1 - y[index] * y[index] }
    }
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
