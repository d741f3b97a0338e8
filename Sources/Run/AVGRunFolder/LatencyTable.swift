public import AVGPlots
public import AVGSystem
public import AVGTraining

/// The file `latencies.csv`: how often each stage of a step took how long.
public struct LatencyTable: Hashable, Sendable {
  /// A stage that was measured.
  public struct Stage: Hashable, Sendable {
    /// What it is called.
    public var name: String
    /// Its buckets in milliseconds, empty ones between others included.
    public var buckets: [HistogramChart.Bucket]
  }

  /// The stages, in the order of a step.
  public private(set) var stages: [Stage] = []

  private static let header = "stage,from_ms,to_ms,count"
  /// From a picosecond to eleven days: a minute is the most that is measured.
  private static let durations = 1e-9...1e9

  /// Takes a run's latencies.
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

  /// Reads the file at `path`; lines that are none of its are left out, and so are those of a stage beyond the number
  /// of buckets that a histogram has.
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

  /// The file's text.
  public var text: String {
    stages.reduce(into: Self.header + "\n") { text, stage in
      for bucket in stage.buckets {
        text += "\(stage.name),\(bucket.low),\(bucket.high),\(bucket.count)\n"
      }
    }
  }
}
