import AVGCore
import Glibc
import Synchronization

/// What both guards do as processes.
enum GuardProcess {
  private static let wasAskedToEnd = Atomic(false)

  /// A signal has asked this process to end.
  static var isEnding: Bool { wasAskedToEnd.load(ordering: .relaxed) }

  /// Makes this process hard to end by accident; to be called once, at its start.
  static func prepare() {
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
    let file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = write(file, "-900", 4)
    close(file)
  }
}

/// A guard as a child of this process.
struct GuardChild {
  let process: pid_t
  /// How it has ended; nil before it was waited for.
  private(set) var ending: Ending?

  /// How a process ends.
  enum Ending: Hashable {
    case status(Int32)
    case signal(Int32)
    /// The system does not know, since somebody else has waited for it.
    case unknown

    /// In words.
    var words: String {
      switch self {
      case .status(let status): "ended with status \(status)"
      case .signal(let signal): "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
      case .unknown: "has ended"
      }
    }
  }

  init(process: pid_t) { self.process = process }

  /// Waits for its end.
  ///
  /// - Returns: whether it has ended in time.
  mutating func wait(upTo patience: Duration) -> Bool {
    let end = MonotonicInstant.now.advanced(by: patience)
    while !hasEnded(options: WNOHANG) {
      guard MonotonicInstant.now < end else { return false }
      usleep(2000)
    }
    return true
  }

  /// Ends it at once, which a process that hangs or is stopped cannot prevent.
  mutating func kill() {
    guard ending == nil else { return }
    Glibc.kill(process, SIGKILL)
    _ = hasEnded(options: 0)
  }

  private mutating func hasEnded(options: Int32) -> Bool {
    guard ending == nil else { return true }
    var status: Int32 = 0
    var result = waitpid(process, &status, options)
    while result < 0, errno == EINTR { result = waitpid(process, &status, options) }
    guard result != 0 else { return false }
    let signal = status & 0x7F
    ending = result < 0 ? .unknown : signal == 0 ? .status(status >> 8 & 0xFF) : .signal(signal)
    return true
  }
}
