import AVGCore
import AVGTraining

/// The statistics of the updates in an episode, in fixed memory.
struct EpisodeMetrics: Sendable {
  private var updates = 0
  private var error = 0.0
  private var absoluteError = 0.0
  private var errorScale = 0.0
  private var negativeLogProbability = 0.0
  private var value = 0.0

  /// Adds an update unless it was refused.
  mutating func add(_ update: Update) {
    guard !update.isRefused else { return }
    updates += 1
    error += Double(update.temporalDifferenceError)
    absoluteError += Double(abs(update.temporalDifferenceError))
    errorScale += Double(update.temporalDifferenceScale)
    negativeLogProbability -= Double(update.logProbability)
    value += Double(update.value)
  }

  /// The metrics of the episode and of the run so far, by their names in all files.
  func named(
    _ episode: EpisodeRecord, _ measures: [Measure], _ progress: TrainingProgress, stepsPerSecond: Double?
  ) -> [Metric] {
    func mean(_ sum: Double) -> Double? { updates > 0 ? sum / Double(updates) : nil }
    let totals = measures.map { ("\(MetricsTable.group)\($0.key)", episode.totals[$0.key] ?? 0) }
    let before: [(String, Double?)] = [
      ("episode/return", episode.return),
      ("episode/length", Double(episode.length)),
      ("episode/success", episode.success ? 1 : 0),
    ]
    let after: [(String, Double?)] = [
      ("episode/successRate", progress.recent.successRate),
      ("learning/temporalDifferenceError", mean(error)),
      ("learning/absoluteTemporalDifferenceError", mean(absoluteError)),
      ("learning/temporalDifferenceScale", mean(errorScale)),
      ("learning/entropy", mean(negativeLogProbability)),
      ("learning/value", mean(value)),
      ("learning/refusedUpdates", Double(progress.refusedUpdates)),
      ("control/stepsPerSecond", stepsPerSecond),
      ("control/missedCycles", Double(progress.missedCycles)),
      ("control/staleSteps", Double(progress.staleSteps)),
      ("control/nonFiniteActions", Double(progress.nonFiniteActions)),
    ]
    return (before + totals + after).compactMap { name, value in value.map { Metric(name: name, value: $0) } }
  }
}

/// A metric: a number with its name in all files.
struct Metric: Hashable, Sendable {
  /// Group and name, such as `episode/return`.
  var name: String
  /// The number.
  var value: Double
}

extension StepLatencies {
  /// The stages with measurements, by name.
  var stages: [(name: String, histogram: LatencyHistogram)] {
    [("captureAge", captureAge), ("decode", decode), ("act", act), ("learn", learn)]
      .filter { $0.1.count > 0 }
  }

  /// Median, 99th percentile and maximum of each stage.
  var metrics: [Metric] {
    stages.flatMap { stage in
      [("median", 50), ("p99", 99), ("maximum", 100)].map { name, percent in
        Metric(
          name: "latency/\(stage.name)/\(name)Milliseconds",
          value: stage.histogram.percentile(percent).milliseconds)
      }
    }
  }
}

/// Counts of the values of each action dimension, in equal parts of −1…1.
struct ActionCounts: Sendable {
  static let range = -1.0...1.0
  private static let partCount = 40

  /// The counts for each action dimension.
  private(set) var counts: [[Int]] = []

  /// Counts an action; only the first call allocates.
  mutating func add(_ action: [Float]) {
    if counts.isEmpty {
      counts = action.map { _ in [Int](repeating: 0, count: Self.partCount) }
    }
    for index in counts.indices where index < action.count {
      // An action read from a log can be any number.
      guard action[index].isFinite else { continue }
      let part = (Double(action[index]) - Self.range.lowerBound) / 2 * Double(Self.partCount)
      counts[index][Int(min(max(0, part), Double(Self.partCount - 1)))] += 1
    }
  }

  /// Resets all counts.
  mutating func clear() {
    for index in counts.indices {
      for part in counts[index].indices { counts[index][part] = 0 }
    }
  }
}
