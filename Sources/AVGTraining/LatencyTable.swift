public import AVGPlots

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

  /// Reads the file at `path`; lines that are none of its are left out.
  public init(reading path: String) throws(FileError) {
    for line in try InputFile.text(at: path).split(whereSeparator: \.isNewline).dropFirst() {
      let columns = line.split(separator: ",")
      guard columns.count == 4, let low = Double(columns[1]), let high = Double(columns[2]), low > 0,
        high > low,
        let count = Int(columns[3]), count >= 0
      else { continue }
      let name = String(columns[0])
      if stages.last?.name != name { stages.append(Stage(name: name, buckets: [])) }
      stages[stages.count - 1].buckets.append(.init(low: low, high: high, count: count))
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
