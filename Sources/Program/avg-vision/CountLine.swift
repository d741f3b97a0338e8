import AVGCore
import AVGRunFolder
import AVGTraining
import Foundation

/// How far a count has come: one live line on standard error where that is a terminal, else nothing.
struct CountLine {
  private let what: String
  private let total: Int
  private let isShown: Bool
  private let began = MonotonicInstant.now
  private var due = MonotonicInstant.now

  /// Makes the line of `total` things of a kind.
  ///
  /// - Parameters:
  ///   - what: what is counted, as "episode".
  ///   - isShown: whether anything is said at all.
  init(_ what: String, of total: Int, isShown: Bool = true) {
    self.what = what
    self.total = total
    self.isShown = isShown && !Console.isQuiet && isatty(STDERR_FILENO) == 1
  }

  /// Shows the count if a fifth of a second has gone by since the last time.
  ///
  /// - Parameters:
  ///   - done: how many are finished.
  ///   - note: what else there is to say.
  mutating func update(_ done: Int, note: @autoclosure () -> String = "") {
    let now = MonotonicInstant.now
    guard isShown, now >= due else { return }
    due = now.advanced(by: .milliseconds(200))
    Console.showLive(text(done, after: began.duration(to: now).seconds, note: note()))
  }

  /// Takes the line away.
  func finish() {
    if isShown { Console.showLive("") }
  }

  private func text(_ done: Int, after seconds: Double, note: String) -> String {
    var parts = ["\(what) \(min(done + 1, total)) of \(total)"]
    if done > 0, done < total {
      parts.append("time left \(ProgressLine.clock(seconds / Double(done) * Double(total - done)))")
    }
    if !note.isEmpty { parts.append(note) }
    return parts.joined(separator: "  ")
  }
}
