/// The clock of a log, message by message in the order of the file: how far each is from the one before it, and where
/// the clock was set.
///
/// The order is the file's, whatever the times say. A computer without a clock of its own is hours or years off until
/// the network tells it the time; a simulator's begins at zero; some writers give no time at all.
public struct LogClock: Sendable {
  /// How a message follows the one before it.
  public enum Interval: Hashable, Sendable {
    /// Nanoseconds later.
    case elapsed(UInt64)
    /// The clock was set meanwhile, or the recording paused: nobody knows how much later.
    case jump
  }

  /// How often the clock jumped, forward or back.
  public private(set) var jumpCount = 0
  /// By how much at most, in nanoseconds.
  public private(set) var longestJump: UInt64 = 0
  /// Nanoseconds from the first message to the last, but for the jumps.
  public private(set) var duration: UInt64 = 0
  /// The time of the last message, in nanoseconds.
  public private(set) var last: UInt64?

  private var recent: [UInt64] = []
  private var oldest = 0

  /// How many intervals the typical one is taken of.
  private static let recentCount = 15
  /// What is earlier by less is out of order: its writer had several threads.
  private static let largestDisorder: UInt64 = 100_000_000
  /// No camera of a robot is faster: shorter intervals are no times.
  private static let shortestInterval: UInt64 = 500_000
  private static let second: UInt64 = 1_000_000_000

  /// Makes the clock of a log of which nothing has been read.
  public init() {}

  /// Takes in the time of the next message, in nanoseconds.
  ///
  /// - Returns: how it follows the one before; nil for the first.
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

  /// The middle one of the last intervals, in nanoseconds; nil before there is any.
  public var typicalInterval: UInt64? { recent.isEmpty ? nil : recent.sorted()[recent.count / 2] }

  /// Whether the messages of late have no times: the same, or some that follow each other faster than images can.
  public var isTimeless: Bool { typicalInterval.map { $0 < Self.shortestInterval } ?? false }

  /// A pause that is no interval: far longer than the others.
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
