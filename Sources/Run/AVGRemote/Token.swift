import AVGSystem
import Foundation

/// The secret that a robot shows its learner.
public enum Token {
  /// More is no token.
  private static let lengths = 16...1024

  /// Reads the first line of a file that nobody else may read.
  public static func read(_ path: String) throws(RemoteError) -> String {
    if let reason = secretProblem(of: path) { throw .token(path: path, reason: reason) }
    let text = (try? InputFile.text(at: path)) ?? ""
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    guard lengths.contains(line.utf8.count) else {
      throw .token(
        path: path, reason: "its first line has \(line.utf8.count) bytes, not \(lengths.lowerBound) or more")
    }
    return line
  }

  /// Why a file cannot hold a secret; nil if it can.
  package static func secretProblem(of path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return String(cString: strerror(errno)) }
    return status.st_mode & 0o077 == 0 ? nil : "others may read it; chmod 600 it"
  }

  /// Whether two tokens are the same, in a time that tells nothing of where they differ.
  static func areEqual(_ first: String, _ second: String) -> Bool {
    let (first, second) = (Array(first.utf8), Array(second.utf8))
    guard first.count == second.count else { return false }
    return zip(first, second).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
