import Glibc

/// A point on the kernel's monotonic clock (`CLOCK_MONOTONIC`), the clock V4L2 stamps frames with.
///
/// Swift's own clocks cannot be built from a driver's time stamp, hence a type of our own.
public struct MonotonicInstant: BitwiseCopyable, Hashable, Sendable {
  /// Nanoseconds since an arbitrary start, the same for the whole machine.
  public var nanoseconds: Int64

  /// Makes an instant from a count of nanoseconds on `CLOCK_MONOTONIC`.
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The present instant.
  public static var now: MonotonicInstant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// Puts the calling thread to sleep until this instant; returns at once if it has passed.
  public func sleepUntil() {
    var time = timespec()
    time.tv_sec = time_t(nanoseconds / 1_000_000_000)
    time.tv_nsec = Int(nanoseconds % 1_000_000_000)
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
  }
}

extension MonotonicInstant: InstantProtocol {
  /// The instant `duration` later, rounded to nanoseconds; at most the last that there is.
  public func advanced(by duration: Duration) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: .saturatedSum(nanoseconds, duration.nanoseconds))
  }

  /// The time from this instant to `other`; negative if `other` is earlier.
  ///
  /// Stamps come from drivers and files: a time beyond 292 years is cut to that.
  public func duration(to other: MonotonicInstant) -> Duration {
    .nanoseconds(Int64.saturatedDifference(other.nanoseconds, nanoseconds))
  }

  /// Whether `lhs` is earlier than `rhs`.
  public static func < (lhs: MonotonicInstant, rhs: MonotonicInstant) -> Bool {
    lhs.nanoseconds < rhs.nanoseconds
  }
}

extension Duration {
  /// The duration in whole nanoseconds, rounded toward zero; beyond 292 years, cut to that.
  public var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflows else { return seconds < 0 ? .min : .max }
    return .saturatedSum(whole, attoseconds / 1_000_000_000)
  }

  /// The duration in seconds.
  public var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }

  /// The duration in milliseconds.
  public var milliseconds: Double { seconds * 1e3 }
}
