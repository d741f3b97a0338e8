import Foundation

/// What a command is at, on a terminal alone: one line that is written over, and gone before the result is.
enum Activity {
  /// Shows what is done now, and how much of it has been.
  static func show(_ text: String, share: Double? = nil) {
    let percent = share.map { " \(Int((100 * min(max($0, 0), 1)).rounded())) %" } ?? ""
    // Without wrapping (?7l), for a wrapped line cannot be written over.
    write("\r\u{1B}[?7l\(text)\(percent)\u{1B}[K\u{1B}[?7h")
  }

  /// Takes the line away.
  static func end() { write("\r\u{1B}[K") }

  private static func write(_ text: String) {
    guard isatty(STDERR_FILENO) == 1, !Console.isQuiet else { return }
    var text = text
    text.withUTF8 { _ = Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
