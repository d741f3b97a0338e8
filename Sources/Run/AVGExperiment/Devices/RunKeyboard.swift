import AVGCore
import AVGSystem
import Foundation
import Logging
import Synchronization

/// The hand on the robot while it learns: p pauses and goes on, space or e is an emergency stop; SIGUSR1 is as p.
final class RunKeyboard: Sendable {
  private let paused = Atomic(false)
  private let stop: @Sendable () -> Void
  private static let isToggled = Atomic(false)

  /// Begins to listen, to keys where standard input is a terminal and to SIGUSR1 anywhere.
  ///
  /// - Throws: `ThreadError`: a robot is not to drive without its emergency stop.
  init(stop: @escaping @Sendable () -> Void) throws(ThreadError) {
    self.stop = stop
    var action = sigaction()
    // Only what a signal handler may do: a store.
    action.__sigaction_handler.sa_handler = { _ in RunKeyboard.isToggled.store(true, ordering: .relaxed) }
    action.sa_flags = SA_RESTART
    sigaction(SIGUSR1, &action, nil)
    guard isatty(STDIN_FILENO) == 1 else { return }
    try SystemThread.start(for: "the thread that reads the keys") { [self] in
      var key: UInt8 = 0
      while read(STDIN_FILENO, &key, 1) == 1 { press(key) }
    }
    Terminal.takeKeys()
  }

  /// Whether the robot is to stand still; takes in what signals have asked for, so it is called once a cycle or more.
  func isHolding() -> Bool {
    if Self.isToggled.exchange(false, ordering: .relaxed) { toggle() }
    return paused.load(ordering: .relaxed)
  }

  /// Gives the terminal back.
  func end() { Terminal.giveBack() }

  private func press(_ key: UInt8) {
    switch key {
    case UInt8(ascii: "p"): toggle()
    case UInt8(ascii: " "), UInt8(ascii: "e"):
      // Before the stop, which the control loop might otherwise take for one that is over.
      paused.store(true, ordering: .sequentiallyConsistent)
      stop()
      logger.notice("emergency stop; p goes on")
    default: break
    }
  }

  private func toggle() { paused.store(!paused.load(ordering: .relaxed), ordering: .relaxed) }
}

/// The keys of a run, once they are listened to: they need the robot's switch, and the robot whether a key holds it.
final class KeyHold {
  var keyboard: RunKeyboard?
  func isHolding() -> Bool { keyboard?.isHolding() ?? false }
}

/// Standard input without waiting for a line's end, and as it was.
private enum Terminal {
  private static let original = Mutex<termios?>(nil)

  static func takeKeys() {
    var settings = termios()
    guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return }
    original.withLock { $0 = settings }
    // ISIG stays: Ctrl-C is Ctrl-C.
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    // An end by another way gives it back as well.
    atexit { Terminal.giveBack() }
  }

  static func giveBack() {
    guard var settings = original.withLock({ $0 }) else { return }
    tcsetattr(STDIN_FILENO, TCSANOW, &settings)
  }
}
