import AVGSystem
import Glibc

/// What can go wrong with an environment in another process. Every case names the environment.
public enum GymnasiumError: Error, Hashable, Sendable {
  /// The process could not be started; `code` is an errno.
  case notStarted(name: String, program: String, code: Int32)
  /// The process has ended; `how` says how, as "ended with status 1", `output` what it printed last.
  case ended(name: String, how: String, output: String)
  /// There was no answer in time.
  case silent(name: String, question: String, seconds: Double)
  /// It failed, and says why.
  case failed(name: String, words: String)
  /// It does not keep to the protocol.
  case foreign(name: String, found: String)
  /// It speaks another version of the protocol.
  case otherVersion(name: String, found: Int)
  /// It has what cannot be learned from or acted by.
  case unsupported(name: String, part: String, found: String, advice: String)
  /// A number is not finite.
  case notFinite(name: String, part: String, value: Double)
  /// What it answered cannot be put into a log, or not be read from one.
  case notRecorded(words: String)
  /// It resets by itself, or begins with an end.
  case overAtOnce(name: String)
}

extension GymnasiumError: CustomStringConvertible {
  /// One line: the environment, what failed, and what to do.
  public var description: String {
    switch self {
    case .notStarted(let name, let program, let code):
      "environment \(name): \(program) cannot be started: \(String(cString: strerror(code))). "
        + (code == ENOENT
          ? "Install it, or name another: --python PATH, --gymnasium-command COMMAND."
          : "Check that it is a program that you may run.")
    case .ended(let name, let how, let output):
      "environment \(name): its process \(how)."
        + (output.isEmpty ? " It printed nothing." : " It printed last: \(output.printable(limit: 300))")
    case .silent(let name, let question, let seconds):
      "environment \(name): no answer to \(question) within \(seconds) s; its process has been ended. If it needs longer, "
        + "raise \(question == "hello" ? "gymnasium.startSeconds" : "gymnasium.answerSeconds")."
    case .failed(let name, let words): "environment \(name): \(words.printable(limit: 600))"
    case .foreign(let name, let found):
      "environment \(name): it does not keep to docs/environment-protocol.md: \(found.printable(limit: 300)). Its process "
        + "has been ended; report this to its author."
    case .otherVersion(let name, let found):
      "environment \(name): it speaks version \(found) of the protocol, this program version "
        + "\(EnvironmentMessage.version). Use versions of both that belong together."
    case .unsupported(let name, let part, let found, let advice):
      "environment \(name): \(part): cannot be used: \(found.printable(limit: 300)). \(advice)"
    case .notFinite(let name, let part, let value):
      "environment \(name): \(part) is not finite: \(value). Mend the environment; nothing was learned from it."
    case .notRecorded(let words): words
    case .overAtOnce(let name):
      "environment \(name): an episode began with its end. Mend its reset, or take away a wrapper that resets by itself."
    }
  }
}
