import AVGTestSupport
import Foundation
import Testing

/// An emulator's port, view and control are its own.
@Suite("The place of an emulator")
struct EmulatorPlaceTests {
  private let folder: TemporaryFolder
  private var port: String { folder.path + "/create2" }

  init() throws { folder = try TemporaryFolder() }

  private func start() throws -> BuiltProgram {
    let emulator = try BuiltProgram(
      starting: ["emulator", port, "--view", folder.path + "/view", "--control", folder.path + "/control"])
    for _ in 0..<2000 where !folder.holds("create2") || !folder.holds("view") { usleep(10_000) }
    return emulator
  }

  private func target() -> String? { try? FileManager.default.destinationOfSymbolicLink(atPath: port) }

  @Test("a second emulator at the same path is refused, and takes nothing of the first one's")
  func second() throws {
    let first = try start()
    let before = target()
    for arguments in [
      [port], [port, "--view", folder.path + "/view"], [port, "--control", folder.path + "/other"],
      [port + "2", "--view", folder.path + "/view"], [port + "2", "--control", folder.path + "/control"],
    ] {
      let second = try BuiltProgram.run(["emulator"] + arguments)
      #expect(second.status == 1 && second.errors.contains("another emulator"), "\(second.errors)")
    }
    #expect(target() == before)
    for name in ["view", "control"] { #expect(folder.holds(name)) }
    for name in ["create22", "other"] { #expect(!folder.holds(name)) }
    first.process.terminate()
    #expect(try first.finish().status == 0)
    for name in ["create2", "create2.lock", "view", "control"] { #expect(!folder.holds(name), "\(name)") }
  }

  @Test("what an emulator that was killed has left is taken")
  func left() throws {
    let first = try start()
    kill(first.process.processIdentifier, SIGKILL)
    _ = try first.finish()
    #expect(target() != nil)
    let second = try start()
    for _ in 0..<1000 where second.process.isRunning && !isThere() { usleep(10_000) }
    #expect(second.process.isRunning && isThere())
    second.process.terminate()
    #expect(try second.finish().status == 0)
  }

  /// Whether there is a terminal behind the link.
  private func isThere() -> Bool { FileManager.default.fileExists(atPath: port) }

  @Test("a file that is nobody's link, pipe or socket is left as it is")
  func files() throws {
    for (name, arguments) in [
      ("create2", [String]()), ("view", ["--view", folder.path + "/view"]),
      ("control", ["--control", folder.path + "/control"]),
    ] {
      try folder.write("mine", to: name)
      let result = try BuiltProgram.run(["emulator", port] + arguments)
      #expect(result.status == 1 && result.errors.contains("there is a file already"), "\(result.errors)")
      #expect(try folder.text(name) == "mine")
      try FileManager.default.removeItem(atPath: folder.path + "/" + name)
      #expect(!folder.holds("create2.lock"))
    }
  }
}
