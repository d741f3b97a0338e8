import Glibc

/// Processors' time used so far.
enum ProcessorTime {
  /// That of all threads of this program.
  static var ofProcess: Duration { of(CLOCK_PROCESS_CPUTIME_ID) }

  /// That of the calling thread, in milliseconds.
  static var ofThreadMilliseconds: Double { of(CLOCK_THREAD_CPUTIME_ID) / .milliseconds(1) }

  private static func of(_ clock: clockid_t) -> Duration {
    var time = timespec()
    clock_gettime(clock, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
