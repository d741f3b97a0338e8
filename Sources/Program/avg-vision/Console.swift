import AVGSystem
import Foundation
import Logging
import Synchronization

/// Standard error, where a terminal may have a line that is written over.
enum Console {
  /// What every error begins with.
  static let errorPrefix = "error: "

  private static let level = Atomic(Logger.Level.notice.rawNumber)

  /// The least of what is said, for the whole program.
  static var logLevel: Logger.Level {
    get { Logger.Level.allCases[level.load(ordering: .relaxed)] }
    set { level.store(newValue.rawNumber, ordering: .relaxed) }
  }

  /// Whether nothing but warnings and errors is to be said.
  static var isQuiet: Bool { logLevel > .notice }

  /// Sends what every part says here; to be called once, before anything is said.
  static func begin() { LoggingSystem.bootstrap { _ in ConsoleLog() } }

  /// Shows a line on a terminal that the next one replaces.
  static func showLive(_ text: String) {
    // Without wrapping (?7l), for a wrapped line cannot be written over; K clears what was longer.
    put("\r\u{1B}[?7l\(text.printable(limit: 400))\u{1B}[K\u{1B}[?7h")
  }

  /// Writes whole lines, above the one that is written over.
  static func write(_ message: String) {
    let clearing = isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : ""
    // What files and devices say must not move the cursor.
    put(clearing + message.printable(keepsLines: true) + "\n")
  }

  private static func put(_ text: String) {
    var line = text
    // Not through FileHandle, which ends the program when the terminal has gone.
    line.withUTF8 { _ = Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

/// One line a message, no time, no trace: what happened and what to do.
private struct ConsoleLog: LogHandler {
  var metadata: Logger.Metadata = [:]

  var logLevel: Logger.Level {
    get { Console.logLevel }
    set { Console.logLevel = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    if event.level >= .error {
      // After what was printed before it, also where both go into one file.
      fflush(nil)
      Console.write(Console.errorPrefix + event.message.description)
    } else {
      Console.write(event.message.description)
    }
  }
}

extension Logger.Level {
  /// Its place among all levels, from the least.
  fileprivate var rawNumber: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
