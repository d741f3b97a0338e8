public import AVGNetwork

/// Running mean and variance of a vector, and the vector normalised by them.
public struct RunningNormalizer: Sendable {
  /// How the statistics begin.
  public enum Estimate: Sendable {
    /// As Gymnasium's `RunningMeanStd`, with its prior (mean 0, variance 1, count 10⁻⁴). Without a prior the first vector
    /// would become all zeros, and the penultimate normalisation 0/0.
    case prior
    /// As published for the streaming learners: the sample variance, Σ(x − mean)² / (n − 1), and 1 after the first
    /// vector. That one becomes all zeros, which their layer normalisation can take.
    case sample
  }

  /// The running means.
  public internal(set) var means: [Double]
  /// The running variances.
  public internal(set) var variances: [Double]
  /// The weight of the statistics, as a number of vectors, the prior included.
  public internal(set) var count: Double
  private let horizon: Double
  private let clip: Float
  private let estimate: Estimate

  /// Makes a normaliser for vectors of `length` numbers.
  ///
  /// - Parameters:
  ///   - horizon: the greatest `count`: beyond it old vectors fade exponentially; 0 for no limit.
  ///   - clip: the greatest magnitude of a normalised number; 0 for no limit.
  public init(length: Int, horizon: Int = 0, clip: Double = 0, estimate: Estimate = .prior) {
    means = [Double](repeating: 0, count: length)
    variances = [Double](repeating: 1, count: length)
    count = estimate == .prior ? 1e-4 : 0
    self.estimate = estimate
    self.horizon = horizon > 0 ? Double(horizon) : .infinity
    self.clip = clip > 0 ? Float(clip) : .infinity
  }

  /// Adds `vector` to the statistics.
  public mutating func update(_ vector: borrowing FloatBuffer) {
    let total = count + 1
    for index in means.indices {
      let difference = Double(vector[index]) - means[index]
      means[index] += difference / total
      switch estimate {
      case .prior:
        variances[index] = (variances[index] * count + difference * difference * count / total) / total
      case .sample:
        guard count >= 1 else { continue }
        let squares = count < 2 ? 0 : variances[index] * (count - 1)
        variances[index] = (squares + difference * (Double(vector[index]) - means[index])) / count
      }
    }
    count = min(total, horizon)
  }

  /// Normalises `vector` in place and writes the derivative of each number to `scales`: 1/√(variance + 10⁻⁸), or
  /// 0 where it was clipped.
  ///
  /// - Parameter place: where the vector begins in both buffers.
  public func normalize(_ vector: inout FloatBuffer, scales: inout FloatBuffer, at place: Int = 0) {
    for index in means.indices {
      let scale = 1 / (variances[index] + 1e-8).squareRoot()
      let normalized = Float((Double(vector[place + index]) - means[index]) * scale)
      vector[place + index] = max(-clip, min(clip, normalized))
      scales[place + index] = abs(normalized) < clip ? Float(scale) : 0
    }
  }
}
