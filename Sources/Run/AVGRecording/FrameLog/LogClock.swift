/// The clock of a log: it follows the message times in file order, measures intervals, and detects where the clock was
/// set.
///
/// The file order counts, whatever the times say. A computer without a battery-backed clock is hours or years off until
/// it synchronises over the network; a simulator's clock starts at zero; some writers record no times at all.
public struct LogClock: Sendable {
  /// The relation of a message to the one before it.
  public enum Interval: Hashable, Sendable {
    /// It came this many nanoseconds later.
    case elapsed(UInt64)
    /// The clock was set, or the recording paused: the real interval is unknown.
    case jump
  }

  /// The number of jumps of the clock, forward or back.
  public private(set) var jumpCount = 0
  /// The longest jump in nanoseconds.
  public private(set) var longestJump: UInt64 = 0
  /// The time from the first message to the last without the jumps, in nanoseconds.
  public private(set) var duration: UInt64 = 0
  /// The time of the last message, in nanoseconds.
  public private(set) var last: UInt64?

  private var recent: [UInt64] = []
  private var oldest = 0

  /// The number of intervals that determine the typical one.
  private static let recentCount = 15
  /// A time that is earlier by less than this is out of order, because its writer has several threads, and no jump.
  private static let largestDisorder: UInt64 = 100_000_000
  /// No robot's camera is faster; shorter intervals mean that the times are not real.
  private static let shortestInterval: UInt64 = 500_000
  private static let second: UInt64 = 1_000_000_000

  /// Makes the clock for the beginning of a log.
  public init() {}

  /// Advances to the time of the next message, in nanoseconds.
  ///
  /// - Returns: the interval from the previous message; nil for the first.
  public mutating func advance(to time: UInt64) -> Interval? {
    defer { last = time }
    guard let last else { return nil }
    let isLater = time >= last
    let difference = isLater ? time - last : last - time
    if isLater ? isJump(difference) : difference > Self.largestDisorder {
      jumpCount += 1
      longestJump = max(longestJump, difference)
      return .jump
    }
    let elapsed = isLater ? difference : 0
    duration = duration.addingReportingOverflow(elapsed).overflow ? .max : duration + elapsed
    note(elapsed)
    return .elapsed(elapsed)
  }

  /// The median of the recent intervals, in nanoseconds; nil before there is one.
  public var typicalInterval: UInt64? { recent.isEmpty ? nil : recent.sorted()[recent.count / 2] }

  /// Whether recent messages carry no real times: they are equal, or closer together than images can be.
  public var isTimeless: Bool { typicalInterval.map { $0 < Self.shortestInterval } ?? false }

  /// Whether an interval is a jump: far longer than the others.
  private func isJump(_ elapsed: UInt64) -> Bool {
    guard elapsed >= 10 * Self.second else { return false }
    guard let typical = typicalInterval else { return elapsed >= 3600 * Self.second }
    return elapsed / 20 >= typical
  }

  private mutating func note(_ interval: UInt64) {
    if recent.count < Self.recentCount {
      recent.append(interval)
    } else {
      recent[oldest] = interval
      oldest = (oldest + 1) % Self.recentCount
    }
  }
}
