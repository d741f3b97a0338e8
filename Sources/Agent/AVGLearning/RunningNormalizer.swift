public import AVGNetwork

/// Running mean and variance of a vector, and the vector normalised by them.
///
/// Gymnasium's `RunningMeanStd` with its prior (mean 0, variance 1, count 10⁻⁴): the prior matters, since a plain
/// start turns the first vector into zeros and the penultimate normalisation into 0/0.
public struct RunningNormalizer: Sendable {
  /// The running means.
  public internal(set) var means: [Double]
  /// The running variances.
  public internal(set) var variances: [Double]
  /// How many vectors the statistics stand for, the prior's share included.
  public internal(set) var count: Double
  private let horizon: Double
  private let clip: Float

  /// Makes a normaliser for vectors of `length` numbers.
  ///
  /// - Parameters:
  ///   - horizon: the greatest `count`, so that old vectors fade; 0 for none.
  ///   - clip: the greatest magnitude of a normalised number; 0 for none.
  public init(length: Int, horizon: Int = 0, clip: Double = 0) {
    means = [Double](repeating: 0, count: length)
    variances = [Double](repeating: 1, count: length)
    count = 1e-4
    self.horizon = horizon > 0 ? Double(horizon) : .infinity
    self.clip = clip > 0 ? Float(clip) : .infinity
  }

  /// Takes `vector` into the statistics.
  public mutating func update(_ vector: borrowing FloatBuffer) {
    let total = count + 1
    for index in means.indices {
      let difference = Double(vector[index]) - means[index]
      means[index] += difference / total
      variances[index] = (variances[index] * count + difference * difference * count / total) / total
    }
    count = min(total, horizon)
  }

  /// Normalises `vector` in place and leaves the derivative of each number in `scales`: 1/√(variance + 10⁻⁸), or
  /// 0 where it was clipped.
  public func normalize(_ vector: inout FloatBuffer, scales: inout FloatBuffer) {
    for index in means.indices {
      let scale = 1 / (variances[index] + 1e-8).squareRoot()
      let normalized = Float((Double(vector[index]) - means[index]) * scale)
      vector[index] = max(-clip, min(clip, normalized))
      scales[index] = abs(normalized) < clip ? Float(scale) : 0
    }
  }
}
