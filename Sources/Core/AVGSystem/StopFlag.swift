import AVGCore
import Glibc
import Synchronization

/// A request to end a run after the current step; any thread may raise it.
public final class StopFlag: Sendable {
  private let raised = Atomic(false)

  /// Makes a flag that is not raised.
  public init() {}

  /// Whether the run should end.
  public var isRaised: Bool { raised.load(ordering: .relaxed) }

  /// Asks the run to end.
  public func raise() { raised.store(true, ordering: .relaxed) }

  private static let signalled = StopFlag()
  /// When the first signal came, in nanoseconds of the monotonic clock; 0 before.
  private static let firstSignal = Atomic<Int64>(0)

  /// Signals by which a person ends a program. The second one ends it at once.
  private static let requests: [CInt] = [SIGINT, SIGTERM, SIGQUIT]

  /// The other signals that end a program unless it handles them and that do not tell of a fault in it: from job
  /// schedulers (USR1, USR2, XCPU), from the terminal (HUP), from a power supply (PWR), from timers; 34 to 64 are the
  /// real-time signals.
  private static let warnings: [CInt] =
    [SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU, SIGALRM, SIGVTALRM, SIGPROF, SIGPOLL, SIGPWR, SIGSTKFLT] + (34...64)

  /// The flag that signals raise: Ctrl-C, and any other signal that would end the program and is not ignored.
  ///
  /// A second Ctrl-C, termination or quit signal, half a second or more after the first signal, ends the program at once,
  /// in case the first finds it stuck. SIGPIPE and SIGXFSZ are errors of the write that caused them: the program's start
  /// has them ignored.
  public static func raisedBySignals() -> StopFlag {
    let flag = signalled
    // A handler must not be the first to use a global variable.
    _ = firstSignal.load(ordering: .relaxed)
    var action = sigaction()
    action.sa_flags = SA_RESTART
    // Only what a signal handler may do: atomic operations, the clock, signal(2) and raise(3).
    action.__sigaction_handler.sa_handler = { number in
      if !StopFlag.isSecond() {
        StopFlag.signalled.raise()
      } else {
        signal(number, SIG_DFL)
        Glibc.raise(number)
      }
    }
    requests.forEach { handle($0, action) }
    action.__sigaction_handler.sa_handler = { _ in
      _ = StopFlag.isSecond()
      StopFlag.signalled.raise()
    }
    warnings.forEach { handle($0, action) }
    // A child of a libdispatch worker, as Foundation's Process makes it, comes into the world with signals blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in requests + warnings { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    return flag
  }

  /// Whether a signal has come before, half a second ago or more. One that comes sooner is no impatience: timeout(1)
  /// signals the process and then its group.
  private static func isSecond() -> Bool {
    let now = MonotonicInstant.now.nanoseconds
    let (isFirst, first) = firstSignal.compareExchange(expected: 0, desired: now, ordering: .relaxed)
    return !isFirst && now - first >= 500_000_000
  }

  /// Handles a signal; one that is ignored (nohup) or handled already stays so, but for Ctrl-C and termination: shells
  /// have the former ignored in every job that they put in the background.
  private static func handle(_ number: CInt, _ action: sigaction) {
    var (action, before) = (action, sigaction())
    sigaction(number, nil, &before)
    let handler = unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self)
    // SIG_DFL is 0. Swift's runtime takes SIGQUIT for a crash.
    let isFree = handler == 0 || number == SIGQUIT && handler != unsafeBitCast(SIG_IGN, to: Int.self)
    if isFree || number == SIGINT || number == SIGTERM { sigaction(number, &action, nil) }
  }
}
