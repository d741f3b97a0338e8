public import AVGNetwork

/// Running mean and variance of a vector, and the vector normalised by them.
///
/// Gymnasium's `RunningMeanStd` with its prior (mean 0, variance 1, count 10⁻⁴). Without a prior the first vector would
/// become all zeros, and the penultimate normalisation 0/0.
public struct RunningNormalizer: Sendable {
  /// The running means.
  public internal(set) var means: [Double]
  /// The running variances.
  public internal(set) var variances: [Double]
  /// The weight of the statistics, as a number of vectors, the prior included.
  public internal(set) var count: Double
  private let horizon: Double
  private let clip: Float

  /// Makes a normaliser for vectors of `length` numbers.
  ///
  /// - Parameters:
  ///   - horizon: the greatest `count`: beyond it old vectors fade exponentially; 0 for no limit.
  ///   - clip: the greatest magnitude of a normalised number; 0 for no limit.
  public init(length: Int, horizon: Int = 0, clip: Double = 0) {
    means = [Double](repeating: 0, count: length)
    variances = [Double](repeating: 1, count: length)
    count = 1e-4
    self.horizon = horizon > 0 ? Double(horizon) : .infinity
    self.clip = clip > 0 ? Float(clip) : .infinity
  }

  /// Adds `vector` to the statistics.
  public mutating func update(_ vector: borrowing FloatBuffer) {
    let total = count + 1
    for index in means.indices {
      let difference = Double(vector[index]) - means[index]
      means[index] += difference / total
      variances[index] = (variances[index] * count + difference * difference * count / total) / total
    }
    count = min(total, horizon)
  }

  /// Normalises `vector` in place and writes the derivative of each number to `scales`: 1/√(variance + 10⁻⁸), or
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
