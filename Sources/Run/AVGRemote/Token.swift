import AVGSystem
import Foundation

/// The secret that a robot shows its learner.
public enum Token {
  /// More is no token.
  private static let lengths = 16...1024
  /// As much of a file is read.
  private static let longestFile = 65_536

  /// Reads the first line of a file that nobody else may read.
  public static func read(_ path: String) throws(RemoteError) -> String {
    if let reason = secretProblem(of: path) { throw .token(path: path, reason: reason) }
    let bytes: [UInt8]
    do { bytes = try InputFile.bytes(at: path, limit: longestFile) } catch { throw .file(error) }
    let text = String(decoding: bytes, as: UTF8.self)
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    guard lengths.contains(line.utf8.count) else {
      throw .token(
        path: path,
        reason:
          "its first line has \(line.utf8.count) bytes, not \(lengths.lowerBound) to \(lengths.upperBound)")
    }
    return line
  }

  /// Why a file cannot hold a secret; nil if it can.
  package static func secretProblem(of path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return String(cString: strerror(errno)) }
    guard status.st_mode & S_IFMT != S_IFDIR else { return "it is a folder" }
    return status.st_mode & 0o077 == 0 ? nil : "others may read it; chmod 600 it"
  }

  /// Whether two tokens are the same, in a time that tells nothing of where they differ.
  static func areEqual(_ first: String, _ second: String) -> Bool {
    let (first, second) = (Array(first.utf8), Array(second.utf8))
    guard first.count == second.count else { return false }
    return zip(first, second).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
