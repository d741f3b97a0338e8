import AVGCore
import AVGSystem
import Foundation
import Logging
import Synchronization

/// The hand on the robot while it learns: p pauses and goes on, space or e is an emergency stop; SIGUSR1 is as p.
///
/// A thread of its own tells the robot's guard to stop, the same way for all three. The control loop would be too late on a
/// busy computer: once it has asked whether to hold, it may be kept from sending its command for a cycle, and then from
/// asking again.
final class RunKeyboard: Sendable {
  private let paused = Atomic(false)
  private let stop: @Sendable () -> Void
  private let signals: SystemPipe
  /// Where the newest keyboard hears of SIGUSR1.
  private static let signalWriter = Atomic<CInt>(-1)

  /// Begins to listen, to keys where standard input is a terminal and to SIGUSR1 anywhere, for as long as the process lives.
  ///
  /// - Parameters:
  ///   - hasKeys: whether standard input is a terminal.
  ///   - stop: stops the robot at once, until it is told to go on; from any thread.
  /// - Throws: `SystemError` or `ThreadError`: a robot is not to drive without its emergency stop.
  init(hasKeys: Bool = isatty(STDIN_FILENO) == 1, stop: @escaping @Sendable () -> Void) throws {
    self.stop = stop
    signals = try SystemPipe()
    // A handler must not wait for room.
    _ = fcntl(signals.writer, F_SETFL, O_NONBLOCK)
    Self.signalWriter.store(signals.writer, ordering: .relaxed)
    var action = sigaction()
    // Only what a signal handler may do: a load and a write.
    action.__sigaction_handler.sa_handler = { _ in
      let code = errno
      var key = UInt8(ascii: "p")
      _ = write(RunKeyboard.signalWriter.load(ordering: .relaxed), &key, 1)
      errno = code
    }
    action.sa_flags = SA_RESTART
    try SystemThread.start(for: "the thread that reads the keys") { [self] in listen(toKeys: hasKeys) }
    sigaction(SIGUSR1, &action, nil)
    if hasKeys { Terminal.takeKeys() }
  }

  /// Whether the robot is to stand still.
  func isHolding() -> Bool { paused.load(ordering: .relaxed) }

  /// Gives the terminal back.
  func end() { Terminal.giveBack() }

  private func listen(toKeys hasKeys: Bool) {
    var sources = [
      pollfd(fd: signals.reader, events: Int16(POLLIN), revents: 0),
      pollfd(fd: hasKeys ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      guard poll(&sources, nfds_t(sources.count), -1) > 0 else { continue }
      for index in sources.indices where sources[index].revents != 0 {
        var key: UInt8 = 0
        // A terminal that is gone has no more keys.
        if read(sources[index].fd, &key, 1) == 1 { press(key) } else { sources[index].fd = -1 }
      }
    }
  }

  private func press(_ key: UInt8) {
    switch key {
    case UInt8(ascii: "p"):
      if paused.load(ordering: .relaxed) { paused.store(false, ordering: .relaxed) } else { hold() }
    case UInt8(ascii: " "), UInt8(ascii: "e"):
      hold()
      logger.notice("emergency stop; p goes on")
    default: break
    }
  }

  private func hold() {
    // Before the stop, which the control loop might otherwise take for one that is over.
    paused.store(true, ordering: .sequentiallyConsistent)
    stop()
  }
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
