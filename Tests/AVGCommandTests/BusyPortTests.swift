import AVGRobot
import AVGTestSupport
import Foundation
import Testing

/// A robot's port that another program holds: for a moment, as the guard of a run that was killed does, or for good.
@Suite("A port in use")
struct BusyPortTests {
  private let folder: TemporaryFolder
  private let emulator: BuiltProgram
  private let configuration: RobotLink.Configuration

  init() throws {
    folder = try TemporaryFolder()
    let port = folder.path + "/create2"
    emulator = try BuiltProgram(starting: ["emulator", port])
    while !folder.holds("create2") { usleep(10_000) }
    configuration = RobotLink.Configuration(port: port, program: [BuiltProgram.file.path, "guard"])
  }

  private func hold() -> CInt {
    let descriptor = open(configuration.port, O_RDWR | O_NOCTTY | O_CLOEXEC)
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    return descriptor
  }

  @Test("one that is held for a moment is waited for")
  func trainingState() throws {
    defer { emulator.process.terminate() }
    let held = hold()
    Thread.detachNewThread {
      usleep(400_000)
      close(held)
    }
    let link = try RobotLink.open(configuration)
    #expect(link.report.counts.packets > 0)
  }

  @Test("one that stays held is an error")
  func held() throws {
    defer { emulator.process.terminate() }
    let held = hold()
    defer { close(held) }
    #expect(throws: RobotError.busy(port: configuration.port)) { _ = try RobotLink.open(configuration) }
  }
}
