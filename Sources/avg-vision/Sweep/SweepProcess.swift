import AVGTraining
import Foundation

/// This program as a process of its own, whose words go to a log.
struct SweepProcess {
  private let process = Process()
  private let log: String
  /// Where what it prints is kept once it has ended well; nil for a program that prints nothing of use.
  private let result: String?

  /// How long a process may take to end when it is asked to, in seconds.
  private static let patience = 10.0

  /// Starts the program.
  ///
  /// - Parameters:
  ///   - log: the file that takes its errors and progress, after what is there.
  ///   - result: the file that takes its output.
  init(_ arguments: [String], log: String, result: String? = nil) throws {
    self.log = log
    self.result = result
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardError = try Self.file(log, isNew: false)
    process.standardOutput = try result.map { try Self.file(Self.partial($0), isNew: true) } ?? .nullDevice
    try process.run()
  }

  /// Whether it has not ended yet.
  var isRunning: Bool { process.isRunning }

  /// Asks the process to end, and does not take no for an answer.
  func end() {
    process.terminate()
    let deadline = Date(timeIntervalSinceNow: Self.patience)
    while process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// Why an ended process failed; nil if it did not, and its result is then in place.
  func failure() throws -> String? {
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      let last = text.split(separator: "\n").last.map(String.init) ?? "it said nothing"
      let end = process.terminationReason == .exit ? "status" : "signal"
      return "the process ended with \(end) \(process.terminationStatus): \(last)"
    }
    if let result {
      let bytes = try Data(contentsOf: URL(filePath: Self.partial(result)))
      try AtomicFile.write([UInt8](bytes), to: result)
      try FileManager.default.removeItem(atPath: Self.partial(result))
    }
    return nil
  }

  private static func partial(_ path: String) -> String { path + ".unfinished" }

  private static func file(_ path: String, isNew: Bool) throws -> FileHandle {
    // A file that is made anew takes the place of what lies there: a link, which may lead anywhere, is not followed.
    if isNew { unlink(path) }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (isNew ? O_EXCL : O_APPEND), 0o644)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open for writing") }
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }
}
