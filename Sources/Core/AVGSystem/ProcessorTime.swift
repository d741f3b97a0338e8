import Glibc

/// Processors' time used so far.
public enum ProcessorTime {
  /// That of all threads of this program.
  public static var ofProcess: Duration { of(CLOCK_PROCESS_CPUTIME_ID) }

  /// That of the calling thread.
  public static var ofThread: Duration { of(CLOCK_THREAD_CPUTIME_ID) }

  private static func of(_ clock: clockid_t) -> Duration {
    var time = timespec()
    clock_gettime(clock, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
