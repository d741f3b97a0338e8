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

/// A folder of its own for a test, gone with it.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "avg-command-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func create(_ name: String) throws -> FileHandle {
    try write("", to: name)
    return try FileHandle(forWritingTo: URL(filePath: path + "/" + name))
  }

  func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

  func write(_ contents: Data, to name: String) throws {
    let file = URL(filePath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try contents.write(to: file)
  }

  func text(_ name: String) throws -> String {
    String(decoding: try data(name), as: UTF8.self)
  }

  func data(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: path + "/" + name)) }

  func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }
}
