import Glibc

/// Scheduling that does not wait for other programs: SCHED_FIFO, and memory that is never paged out.
public enum RealTime {
  /// The control loop's priority among real-time threads, 1…99: below the kernel's own threads at 50.
  public static let loopPriority: Int32 = 40
  /// The guard's, which comes before the loop.
  public static let guardPriority: Int32 = 45
  /// That of a guard which starts: before ordinary programs, that it may be there soon, and behind all loops that run.
  public static let startPriority: Int32 = 10
  /// That of software which stands in for a device: no ordinary program makes it late, nor it the loop.
  public static let devicePriority: Int32 = 30

  /// Not visible to Swift, from sched.h: what the thread begins is ordinary again.
  private static let resetOnFork: Int32 = 0x4000_0000

  /// Puts the calling thread, and all memory of the process, under these rules as far as the system permits it; threads
  /// and processes that it begins later are ordinary ones, which no cycle waits for.
  ///
  /// - Returns: what it does not permit, a line each, and what to do; empty if all is well.
  public static func enter(priority: Int32) -> [String] {
    var problems: [String] = []
    // First, for it takes a while: nobody's cycle is to wait for that.
    if mlockall(Int32(MCL_CURRENT) | Int32(MCL_FUTURE)) != 0 {
      problems.append(
        "real time: memory cannot be locked: \(String(cString: strerror(errno))); allow it with 'memlock unlimited' "
          + "for your user in /etc/security/limits.conf")
    }
    var parameters = sched_param()
    parameters.sched_priority = priority
    // Of pid 0: the calling thread alone.
    if sched_setscheduler(0, SCHED_FIFO | resetOnFork, &parameters) != 0 {
      problems.append(
        "real time: SCHED_FIFO is not permitted: \(String(cString: strerror(errno))); allow it with 'rtprio 50' for "
          + "your user in /etc/security/limits.conf, or late cycles will be more frequent")
    }
    return problems
  }
}
