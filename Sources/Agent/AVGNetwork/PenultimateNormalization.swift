public import AVGCore

/// The normalisation of the last hidden vector ψ of an actor or critic, in front of the heads.
///
/// None has gains or offsets: the linear heads behind it have them.
public enum PenultimateNormalization: String, SettingChoice {
  case none, unit, layer, rms

  /// The vector that it makes.
  public var meaning: String {
    switch self {
    case .none: "ψ as it is."
    case .unit: "ψ / ‖ψ‖₂, as published."
    case .layer: "(ψ − mean) / √(variance + 10⁻⁵) over the units (Ba et al. 2016)."
    case .rms: "ψ / √(mean of ψ² + 10⁻⁵) over the units (Zhang & Sennrich 2019)."
    }
  }
}

extension Activations {
  /// The number added to a variance before its root is taken, PyTorch's for layer normalisation.
  private static let varianceFloor: Float = 1e-5

  /// y = (x − mean) / s with s = √(variance + 10⁻⁵), in place.
  ///
  /// - Returns: s.
  static func layerNormalize(_ y: UnsafeMutablePointer<Float>, count: Int) -> Float {
    var sum: Float = 0
    for index in 0..<count {
      sum += y[index]
    }
    let mean = sum / Float(count)
    for index in 0..<count {
      y[index] -= mean
    }
    return rootMeanSquareNormalize(y, count: count)
  }

  /// The gradient of x for that of y = (x − mean) / s: (g − mean(g) − y·mean(y g)) / s, in place.
  static func layerNormalizeGradient(
    _ y: UnsafePointer<Float>, deviation: Float, _ gradient: UnsafeMutablePointer<Float>, count: Int
  ) {
    rootMeanSquareNormalizeGradient(y, root: deviation, gradient, count: count)
    var sum: Float = 0
    for index in 0..<count {
      sum += gradient[index]
    }
    let mean = sum / Float(count)
    for index in 0..<count {
      gradient[index] -= mean
    }
  }

  /// y = x / r with r = √(mean of x² + 10⁻⁵), in place.
  ///
  /// - Returns: r.
  static func rootMeanSquareNormalize(_ y: UnsafeMutablePointer<Float>, count: Int) -> Float {
    var square: Float = 0
    for index in 0..<count {
      square += y[index] * y[index]
    }
    let root = (square / Float(count) + varianceFloor).squareRoot()
    for index in 0..<count {
      y[index] /= root
    }
    return root
  }

  /// The gradient of x for that of y = x / r: (g − y·mean(y g)) / r, in place.
  static func rootMeanSquareNormalizeGradient(
    _ y: UnsafePointer<Float>, root: Float, _ gradient: UnsafeMutablePointer<Float>, count: Int
  ) {
    var projection: Float = 0
    for index in 0..<count {
      projection += y[index] * gradient[index]
    }
    projection /= Float(count)
    for index in 0..<count {
      gradient[index] = (gradient[index] - y[index] * projection) / root
    }
  }
}
