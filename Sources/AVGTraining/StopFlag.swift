import Glibc
import Synchronization

/// A wish to end a run after the step at hand; any thread may raise it.
public final class StopFlag: Sendable {
  private let raised = Atomic(false)

  /// Makes a flag that is not raised.
  public init() {}

  /// Whether the run should end.
  public var isRaised: Bool { raised.load(ordering: .relaxed) }

  /// Asks the run to end.
  public func raise() { raised.store(true, ordering: .relaxed) }

  private static let signalled = StopFlag()

  /// The flag that the first interrupt (Ctrl-C), termination signal or end of the terminal raises; a second one
  /// ends the program at once, in case the first finds it stuck.
  public static func raisedBySignals() -> StopFlag {
    let flag = signalled
    var action = sigaction()
    // Only what a signal handler may do: an atomic store and signal(2). The flag exists by now.
    action.__sigaction_handler.sa_handler = { _ in
      StopFlag.signalled.raise()
      signal(SIGINT, SIG_DFL)
      signal(SIGTERM, SIG_DFL)
      signal(SIGHUP, SIG_DFL)
    }
    action.sa_flags = SA_RESTART
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
    // nohup(1) has it ignored, and means it.
    var hangup = sigaction()
    sigaction(SIGHUP, nil, &hangup)
    if unsafeBitCast(hangup.__sigaction_handler.sa_handler, to: Int.self)
      != unsafeBitCast(SIG_IGN, to: Int.self)
    {
      sigaction(SIGHUP, &action, nil)
    }
    // A child of a libdispatch worker, as Foundation's Process makes it, comes into the world with both blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    return flag
  }
}
