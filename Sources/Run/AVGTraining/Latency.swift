import AVGCore
import Histogram

/// How durations are spread: from nanoseconds to a minute, to three digits, in memory that never grows.
public struct LatencyHistogram: Sendable {
  private static let longest = UInt64(60_000_000_000)

  private var histogram = Histogram<UInt32>(
    highestTrackableValue: longest, numberOfSignificantValueDigits: .three)

  /// The counts in buckets a quarter of an octave wide, for a picture: see `coarseBound`.
  public private(set) var coarse = [UInt32](repeating: 0, count: coarseCount)

  /// How many coarse buckets there are.
  public static let coarseCount = 4 * 27

  /// Makes an empty histogram.
  public init() {}

  /// Counts a duration; one below zero counts as zero, one above a minute as a minute.
  public mutating func record(_ duration: Duration) {
    let bounded = Swift.min(Swift.max(duration, .zero), .nanoseconds(Self.longest))
    histogram.record(UInt64(bounded.nanoseconds))
    coarse[Self.coarseIndex(UInt64(bounded.nanoseconds))] &+= 1
  }

  /// The bucket of a number of nanoseconds: the two binary digits after the leading one of the microseconds.
  private static func coarseIndex(_ nanoseconds: UInt64) -> Int {
    let microseconds = Swift.max(1, nanoseconds / 1000)
    let exponent = UInt64.bitWidth - 1 - microseconds.leadingZeroBitCount
    let digits = Int((microseconds << 2) >> UInt64(exponent)) & 3
    return Swift.min(4 * exponent + digits, coarseCount - 1)
  }

  /// The duration at which a coarse bucket begins, in milliseconds.
  public static func coarseBound(_ index: Int) -> Double {
    Double(4 + index % 4) / 4 * Double(1 << (index / 4)) / 1000
  }

  /// How many durations have been counted.
  public var count: Int { Int(histogram.totalCount) }

  /// The duration that `percent` (0…100) of all do not exceed; zero when empty.
  public func percentile(_ percent: Double) -> Duration {
    count == 0 ? .zero : .nanoseconds(min(histogram.valueAtPercentile(percent), Self.longest))
  }

  /// The longest duration; zero when empty.
  public var max: Duration { percentile(100) }

  /// Median, 99th percentile and maximum in milliseconds, or "none".
  public var summary: String {
    guard count > 0 else { return "none" }
    let values = [("p50", percentile(50)), ("p99", percentile(99)), ("max", max)]
    return values.map { name, duration in
      "\(name) \(grouped(duration.milliseconds, decimals: 2))"
    }.joined(separator: "  ") + " ms"
  }
}

/// How long the stages of a step took.
public struct StepLatencies: Sendable {
  /// From the capture of the newest image to the command that answers it.
  public var captureAge = LatencyHistogram()
  /// From the source's bytes to the frame's pixels.
  public var decode = LatencyHistogram()
  /// Choosing the action.
  public var act = LatencyHistogram()
  /// From the choice of an action to its bytes on the way to the robot.
  public var command = LatencyHistogram()
  /// The update.
  public var learn = LatencyHistogram()
  /// What was left of a cycle when all was done.
  public var slack = LatencyHistogram()
  /// From the end of a cycle to the beginning of the next: how late the system woke the loop.
  public var lateness = LatencyHistogram()

  /// Makes empty histograms.
  public init() {}

  /// One line for each stage that was measured.
  public var summary: String {
    allStages.filter { $0.histogram.count > 0 }
      .map { name, histogram in
        name + String(repeating: " ", count: 13 - name.count) + histogram.summary
      }
      .joined(separator: "\n")
  }

  /// Every stage by its name, measured or not, in the order of a step.
  package var allStages: [(name: String, histogram: LatencyHistogram)] {
    [
      ("capture age", captureAge), ("decode", decode), ("act", act), ("command", command), ("learn", learn),
      ("slack", slack), ("lateness", lateness),
    ]
  }
}

/// What only the owner of a body can measure; one for a run.
public final class LoopLatencies {
  /// From the order to its bytes on the way to the robot.
  public var command = LatencyHistogram()
  /// What was left of a cycle when all was done.
  public var slack = LatencyHistogram()
  /// How late the system woke the loop.
  public var lateness = LatencyHistogram()

  /// Makes empty histograms.
  public init() {}

  /// The trainer's latencies, with these.
  public func merged(with others: StepLatencies) -> StepLatencies {
    var all = others
    all.command = command
    all.slack = slack
    all.lateness = lateness
    return all
  }
}
