import AVGCore
import AVGSystem
import AVGTraining
import Foundation
import Glibc

/// This program as a process of its own, whose words go to a log.
///
/// It is in a group of its own, so that Ctrl-C means the sweep alone. Foundation's `Process` is not used: where it gets
/// no thread, it waits for ever.
final class SweepProcess {
  private let process: pid_t
  private let log: String
  /// Where what it prints is kept once it has ended well; nil for a program that prints nothing of use.
  private let result: String?
  /// What `waitpid` told of its end; nil until then.
  private var ending: Int32?

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
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    if let result {
      // It takes the place of what lies there: a link, which may lead anywhere, is not followed.
      let partial = SweepProcess.partial(result)
      unlink(partial)
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, partial, O_WRONLY | O_CREAT | O_EXCL, 0o644)
    } else {
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    }
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, program, &actions, &attributes, &words, environ)
    guard code == 0 else {
      errno = code
      throw FileError(path: program, action: "start it, with its words in \(log)")
    }
    self.process = process
  }

  /// Whether it has not ended yet.
  var isRunning: Bool {
    guard ending == nil else { return false }
    var status: Int32 = 0
    if waitpid(process, &status, WNOHANG) == process { ending = status }
    return ending == nil
  }

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
    guard isRunning else { return }
    kill(process, SIGTERM)
    let deadline = MonotonicInstant.now.advanced(by: Self.patience)
    while isRunning, MonotonicInstant.now < deadline { usleep(20_000) }
    if isRunning { kill(process, SIGKILL) }
    while isRunning { usleep(1_000) }
  }

  /// Why an ended process failed; nil if it did not, and its result is then in place.
  func failure() throws -> String? {
    guard ending == 0 else {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      let last = text.split(separator: "\n").last.map(String.init) ?? "it said nothing"
      let status = ending ?? 0
      // As WIFSIGNALED and WEXITSTATUS have it, which Swift does not see.
      let signal = status & 0x7F
      let end = signal == 0 ? "status \(status >> 8 & 0xFF)" : "signal \(signal)"
      return "the process ended with \(end): \(last)"
    }
    if let result {
      let bytes = try Data(contentsOf: URL(filePath: Self.partial(result)))
      try AtomicFile.write([UInt8](bytes), to: result)
      try FileManager.default.removeItem(atPath: Self.partial(result))
    }
    return nil
  }

  private static func partial(_ path: String) -> String { path + ".unfinished" }
}
