/// The beat of the control cycles: deadlines at whole multiples of one period after the start.
///
/// Deadlines are absolute, so lateness never adds up; a cycle that comes late waits for the next deadline on
/// the same grid, so no two cycles follow each other in less than a period.
public struct CycleClock: Hashable, Sendable {
  /// The length of a cycle.
  public let period: Duration
  /// The end of the present cycle.
  public private(set) var deadline: MonotonicInstant
  /// The time that was left when the present cycle was last awaited; zero if none was.
  public private(set) var slack = Duration.zero
  /// How long after the last deadline the caller woke up.
  public private(set) var lateness = Duration.zero

  /// Makes a clock whose first cycle begins at `instant`.
  public init(period: Duration, startingAt instant: MonotonicInstant = .now) {
    precondition(period.nanoseconds > 0, "cycle period must be positive: \(period)")
    self.period = period
    deadline = instant.advanced(by: period)
  }

  /// Begins a new first cycle at `instant`, after a pause that is no lateness.
  public mutating func start(at instant: MonotonicInstant = .now) {
    deadline = instant.advanced(by: period)
  }

  /// Sleeps to the end of the present cycle and begins the next.
  ///
  /// - Returns: the whole periods missed: 0 when on time.
  public mutating func awaitDeadline() -> Int {
    let now = MonotonicInstant.now
    slack = max(.zero, now.duration(to: deadline))
    let missed = skipMissed(at: now)
    deadline.sleepUntil()
    lateness = deadline.duration(to: .now)
    deadline = deadline.advanced(by: period)
    return missed
  }

  /// Moves the deadline by whole periods until it is no earlier than `now`.
  ///
  /// - Returns: by how many.
  mutating func skipMissed(at now: MonotonicInstant) -> Int {
    let late = now.nanoseconds - deadline.nanoseconds
    guard late > 0 else { return 0 }
    let missed = (late - 1) / period.nanoseconds + 1
    deadline.nanoseconds += missed * period.nanoseconds
    return Int(missed)
  }
}
