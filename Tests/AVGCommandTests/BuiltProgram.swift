import AVGTestSupport
import Foundation

/// The program that lies beside the tests, run as a user runs it.
struct BuiltProgram {
  /// What a finished run left behind.
  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Where it lies.
  static let file = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "avg-vision")

  let process = Process()
  private let folder: TemporaryFolder

  /// Starts the program, or another one; what it prints goes to files, so that no full pipe can stop it.
  ///
  /// - Parameter wrapper: the program and arguments that start it; none for the program alone.
  init(starting arguments: [String], program: URL = Self.file, under wrapper: [String] = []) throws {
    folder = try TemporaryFolder()
    let words = wrapper + [program.path] + arguments
    process.executableURL = URL(filePath: words[0])
    process.arguments = Array(words.dropFirst())
    process.currentDirectoryURL = URL(filePath: folder.path)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try folder.create("output")
    process.standardError = try folder.create("errors")
    try process.run()
  }

  /// Waits until the program catches SIGINT, bit 1 of the signals that it catches: sent before, it ends the program as it
  /// ends any other.
  ///
  /// - Returns: false if it does not within a minute.
  func listensToInterrupts() -> Bool {
    let deadline = Date(timeIntervalSinceNow: 60)
    while process.isRunning, Date() < deadline {
      let path = "/proc/\(process.processIdentifier)/status"
      let status = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }?.dropFirst(8)
      if let caught = caught.flatMap({ UInt64($0, radix: 16) }), caught & 2 != 0 { return true }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return false
  }

  /// Waits for a line on standard error.
  ///
  /// - Returns: what the expression's group has found; nil if it did not within a minute.
  func awaitError(_ line: Regex<(Substring, Substring)>) throws -> String? {
    let deadline = Date(timeIntervalSinceNow: 60)
    while process.isRunning, Date() < deadline {
      if let found = try folder.text("errors").firstMatch(of: line) { return String(found.1) }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return nil
  }

  /// Waits for the end; a program that a signal ended has the negative number of the signal as its status.
  func finish() throws -> Result {
    process.waitUntilExit()
    let status = process.terminationStatus
    return Result(
      status: process.terminationReason == .exit ? status : -status, output: try folder.text("output"),
      errors: try folder.text("errors"))
  }

  /// Runs the program to its end.
  static func run(_ arguments: String...) throws -> Result { try run(arguments) }

  /// Runs the program to its end.
  static func run(_ arguments: [String], under wrapper: [String] = []) throws -> Result {
    try BuiltProgram(starting: arguments, under: wrapper).finish()
  }

  /// Runs a script of sh(1) to its end: `$AVG` is the program, the working folder is new, `$1` is the first argument.
  static func shell(_ script: String, _ arguments: String...) throws -> Result {
    try BuiltProgram(
      starting: ["-c", "AVG='\(file.path)'\n\(script)", "sh"] + arguments, program: URL(filePath: "/bin/sh")
    ).finish()
  }
}
