import Glibc
import Synchronization

/// Cuts the line to the guard when this program crashes.
///
/// A crash is not the end at once: the system may write a core dump for seconds, during which all files stay open. So the
/// first thing that a fatal signal does is to shut the socket down, at which the guard stops the wheels; then what was to
/// be done about the signal before has its turn.
package enum CrashCut {
  private static let socket = Atomic<Int32>(-1)
  /// The program has crashed, and is on its way to its end.
  private static let isStruck = Atomic(false)
  private static let signals = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS]
  /// What was done about each signal before, at its number; written before a handler can read it.
  nonisolated(unsafe) private static let previous = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)

  /// Has a crash be the end at once, as the system does it, in the place of Swift's backtracer: a stack takes it seconds to
  /// print, with all threads and open files still there, and it has been seen not to end at all.
  package static func useNoBacktrace() {
    for signal in signals { Glibc.signal(signal, SIG_DFL) }
  }

  /// Watches over `socket` from now on; −1 ends that.
  package static func watch(_ socket: Int32) {
    let before = self.socket.exchange(socket, ordering: .sequentiallyConsistent)
    guard before < 0, socket >= 0 else {
      if socket < 0 { for signal in signals { sigaction(signal, previous + Int(signal), nil) } }
      return
    }
    // Made before a handler runs: a lazy constant must not be made in one.
    _ = isStruck.load(ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_sigaction = { signal, information, _ in
      CrashCut.strike(signal, isSent: (information?.pointee.si_code ?? 0) <= 0)
    }
    // On the alternative stack, if there is one: the ordinary one may be what is broken.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK
    for signal in signals { sigaction(signal, &action, previous + Int(signal)) }
  }

  /// Stays here for ever if the program has crashed: nobody is to be driven by what is left of it.
  package static func holdIfStruck() {
    while isStruck.load(ordering: .relaxed) { pause() }
  }

  /// Only what a signal handler may do.
  private static func strike(_ signal: Int32, isSent: Bool) {
    isStruck.store(true, ordering: .relaxed)
    shutdown(socket.load(ordering: .relaxed), Int32(SHUT_RDWR))
    sigaction(signal, previous + Int(signal), nil)
    // A fault comes again when the instruction is tried again; a signal that was sent does not.
    if isSent { raise(signal) }
  }
}
