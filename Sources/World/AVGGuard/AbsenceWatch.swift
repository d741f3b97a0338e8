package import AVGCore
import Glibc

/// Notices that this process did not run for a while: stopped, starved, or asleep with the whole computer.
///
/// `CLOCK_MONOTONIC` stands still while the computer sleeps, and `CLOCK_BOOTTIME` does not: what is young by the first may
/// be hours old.
package struct AbsenceWatch {
  private var lastSeen = MonotonicInstant.now
  private var slept = Self.timeAsleep

  /// Clocks are read one after the other.
  private static let shortestSleep = Duration.milliseconds(50)

  /// Begins to watch.
  package init() {}

  /// Whether this process was away since it was last asked.
  package mutating func wasAway(at now: MonotonicInstant = .now) -> Bool {
    let timeAsleep = Self.timeAsleep
    defer {
      lastSeen = now
      slept = timeAsleep
    }
    return lastSeen.duration(to: now) > GuardTiming.silence || timeAsleep - slept > Self.shortestSleep
  }

  /// How long the computer has slept since it was started.
  private static var timeAsleep: Duration {
    var time = timespec()
    let now = MonotonicInstant.now
    clock_gettime(CLOCK_BOOTTIME, &time)
    return .nanoseconds(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) - now.nanoseconds)
  }
}
