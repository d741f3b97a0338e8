import AVGSystem
import Glibc
import Synchronization

/// What every guard does as a process.
package enum GuardProcess {
  private static let wasAskedToEnd = Atomic(false)

  /// A signal has asked this process to end.
  package static var isEnding: Bool { wasAskedToEnd.load(ordering: .relaxed) }

  /// Makes this process hard to end by accident; to be called once, at its start.
  package static func prepare() {
    CrashCut.useNoBacktrace()
    takeSignals()
    _ = chdir("/")
    comeLastWhenMemoryIsShort()
  }

  /// Signals that would end the process let it leave the robot first; the terminal is none of its business.
  private static func takeSignals() {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in GuardProcess.wasAskedToEnd.store(true, ordering: .relaxed)
    }
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { sigaction(signal, &action, nil) }
    for signal in [SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU] { Glibc.signal(signal, SIG_IGN) }
  }

  /// The kernel looks for memory elsewhere first; where lowering is not permitted, the score stays as it is.
  private static func comeLastWhenMemoryIsShort() {
    try? OutputFile(path: "/proc/self/oom_score_adj", flags: 0).write(Array("-900".utf8))
  }
}
