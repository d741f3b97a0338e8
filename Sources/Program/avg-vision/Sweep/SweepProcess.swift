import AVGSystem
import AVGTraining
import Foundation
import Glibc

/// This program as a process of its own, whose words go to a log.
final class SweepProcess {
  private var process: ChildProcess
  private let log: String
  /// Where what it prints is kept once it has ended well; nil for a program that prints nothing of use.
  private let result: String?

  /// How long a process may take to end when it is asked to.
  private static let patience = Duration.seconds(10)

  /// Starts the program.
  ///
  /// - Parameters:
  ///   - log: the file that takes its errors and progress, after what is there.
  ///   - result: the file that takes its output.
  init(_ arguments: [String], log: String, result: String? = nil) throws {
    self.log = log
    self.result = result
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path
    var output = ChildProcess.Launch.Source.nothing
    if let result {
      // It takes the place of what lies there: a link, which may lead anywhere, is not followed.
      let partial = SweepProcess.partial(result)
      unlink(partial)
      output = .file(partial, flags: O_WRONLY | O_CREAT | O_EXCL)
    }
    let errors = ChildProcess.Launch.Source.file(log, flags: O_WRONLY | O_CREAT | O_APPEND)
    do throws(SystemError) {
      process = try ChildProcess(
        ChildProcess.Launch(
          [program] + arguments,
          [(STDIN_FILENO, .nothing), (STDOUT_FILENO, output), (STDERR_FILENO, errors)]))
    } catch {
      errno = error.code
      throw FileError(path: program, action: "start it, with its words in \(log)")
    }
  }

  /// Whether it has not ended yet.
  var isRunning: Bool { process.isRunning }

  /// How far it has come by its own words, as "step 1,200/60,000"; nil if it has said nothing of it.
  var progress: String? {
    guard let file = FileHandle(forReadingAtPath: log) else { return nil }
    defer { try? file.close() }
    let end = (try? file.seekToEnd()) ?? 0
    try? file.seek(toOffset: end > 200 ? end - 200 : 0)
    let tail = String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    guard let line = tail.split(separator: "\n").last, line.hasPrefix("step ") else { return nil }
    return line.firstRange(of: "  ").map { String(line[..<$0.lowerBound]) }
  }

  /// Asks the process to end, and does not take no for an answer.
  func end() {
    process.send(SIGTERM)
    if !process.wait(upTo: Self.patience) { process.kill() }
  }

  /// Why an ended process failed; nil if it did not, and its result is then in place.
  func failure() throws -> String? {
    guard process.ending == .status(0) else {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      let last = text.split(separator: "\n").last.map(String.init) ?? "it said nothing"
      return "the process \(process.ending?.words ?? "runs"): \(last)"
    }
    if let result {
      try AtomicFile.write(try InputFile.bytes(at: Self.partial(result)), to: result)
      unlink(Self.partial(result))
    }
    return nil
  }

  private static func partial(_ path: String) -> String { path + ".unfinished" }
}
