public import AVGPlots
public import AVGSystem
public import AVGTraining

/// The file `latencies.csv`: a histogram of durations for each stage of a step.
public struct LatencyTable: Hashable, Sendable {
  /// A stage of a step.
  public struct Stage: Hashable, Sendable {
    /// The name of the stage.
    public var name: String
    /// The buckets in milliseconds, without gaps between the first and the last.
    public var buckets: [HistogramChart.Bucket]
  }

  /// The stages, in their order within a step.
  public private(set) var stages: [Stage] = []

  private static let header = "stage,from_ms,to_ms,count"
  /// The accepted durations in milliseconds, from a picosecond to eleven days; measured ones are at most a minute.
  private static let durations = 1e-9...1e9

  /// Makes the table of a run's latencies.
  public init(_ latencies: StepLatencies) {
    for (name, histogram) in latencies.allStages where histogram.count > 0 {
      guard let first = histogram.coarse.firstIndex(where: { $0 > 0 }),
        let last = histogram.coarse.lastIndex(where: { $0 > 0 })
      else { continue }
      let buckets = (first...last).map {
        HistogramChart.Bucket(
          low: LatencyHistogram.coarseBound($0), high: LatencyHistogram.coarseBound($0 + 1),
          count: Int(histogram.coarse[$0]))
      }
      stages.append(Stage(name: name, buckets: buckets))
    }
  }

  /// Reads the file at `path`; invalid lines are skipped, and so are lines of a stage beyond the number of buckets that
  /// a histogram has.
  public init(reading path: String) throws(FileError) {
    let known = Set(StepLatencies().allStages.map(\.name))
    for line in try InputFile.text(at: path).split(whereSeparator: \.isNewline).dropFirst() {
      let columns = line.split(separator: ",")
      guard columns.count == 4, let low = Double(columns[1]), let high = Double(columns[2]),
        Self.durations.contains(low), Self.durations.contains(high), high > low, let count = Int(columns[3]),
        (0...Int(UInt32.max)).contains(count), known.contains(String(columns[0]))
      else { continue }
      let name = String(columns[0])
      let index = stages.firstIndex { $0.name == name } ?? stages.count
      if index == stages.count { stages.append(Stage(name: name, buckets: [])) }
      guard stages[index].buckets.count < LatencyHistogram.coarseCount else { continue }
      stages[index].buckets.append(.init(low: low, high: high, count: count))
    }
  }

  /// The text of the file.
  public var text: String {
    stages.reduce(into: Self.header + "\n") { text, stage in
      for bucket in stage.buckets {
        text += "\(stage.name),\(bucket.low),\(bucket.high),\(bucket.count)\n"
      }
    }
  }
}
