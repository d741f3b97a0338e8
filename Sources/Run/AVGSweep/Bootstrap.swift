import AVGCore

/// A mean and where it may lie.
public struct Estimate: Codable, Hashable, Sendable {
  /// The mean.
  public var mean: Double
  /// The lower end of the 95 % interval.
  public var low: Double
  /// The upper end of the 95 % interval.
  public var high: Double
}

/// Intervals from resampling: the percentile bootstrap (Efron 1979).
///
/// The same seeds are drawn whatever is estimated, so that values beside each other are comparable, and the same numbers
/// come out in every run.
public struct Bootstrap: Sendable {
  /// Resamples; their ends move by less than the last digit that is shown.
  private static let resampleCount = 2000
  /// The share of resamples that lies outside of an interval on each side.
  private static let tail = 0.025

  /// For each resample, which of the values are in it.
  private let resamples: [[Int]]

  /// Draws the resamples of `count` values.
  public init(count: Int) {
    var random = RandomSource(seed: 1, purpose: "bootstrap")
    resamples = (0..<Self.resampleCount).map { _ in
      (0..<count).map { _ in Int(random.next() % UInt64(max(1, count))) }
    }
  }

  /// The mean of as many values as were announced and its 95 % interval; nil of none.
  public func estimate(_ values: [Double]) -> Estimate? {
    guard let first = values.first, resamples.first?.count == values.count else { return nil }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    // One value says nothing of the others that there could have been.
    guard values.count > 1, values.contains(where: { $0 != first }) else {
      return Estimate(mean: mean, low: mean, high: mean)
    }
    let means = resamples.map { $0.reduce(0) { $0 + values[$1] } / count }.sorted()
    let cut = Int(Self.tail * Double(means.count))
    return Estimate(mean: mean, low: means[cut], high: means[means.count - 1 - cut])
  }
}
