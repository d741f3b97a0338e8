import AVGRobot
import AVGTestSupport
import Foundation
import Testing

/// The guards as processes: how they begin, and how it is told that they did not.
@Suite("The guards' start", .serialized)
struct GuardStartTests {
  private let folder: TemporaryFolder
  private var port: String { folder.path + "/create2" }

  init() throws { folder = try TemporaryFolder() }

  /// The built program's guards, after what a shell does first.
  private func configuration(after command: String) -> RobotLink.Configuration {
    RobotLink.Configuration(
      port: port,
      program: ["/bin/sh", "-c", command + #"; exec "$0" "$@""#, BuiltProgram.file.path, "guard"])
  }

  private func startEmulator() throws -> BuiltProgram {
    let emulator = try BuiltProgram(starting: ["emulator", port])
    while !folder.holds("create2") { usleep(10_000) }
    return emulator
  }

  @Test("guards that an overloaded computer is slow to start are waited for")
  func slow() throws {
    let emulator = try startEmulator()
    defer { emulator.process.terminate() }
    let link = try RobotLink.open(configuration(after: "sleep 5"))
    #expect(link.report.counts.packets > 0 && link.report.portNumber == 1)
  }

  @Test("a guard that ends at once is told of, with its status or its signal")
  func fails() throws {
    for (command, words) in [
      ("exit 3", "ended with status 3"), ("kill -SEGV $$", "was ended by signal 11 (Segmentation fault)"),
    ] {
      #expect {
        _ = try RobotLink.open(configuration(after: command))
      } throws: { error in
        guard case RobotError.guardLost(_, let seen) = error else { return false }
        return seen.contains("its socket was closed") && seen.contains(words)
      }
    }
  }

  @Test("numbers of the hidden commands that make no sense are refused")
  func bounds() throws {
    for arguments in [
      ["--timeout", "inf"], ["--timeout", "nan"], ["--timeout", "0"], ["--timeout", "1e300"],
      ["--timeout", "-1"],
      ["--speed-limit", "0"], ["--speed-limit", "501"], ["--speed-limit", "9223372036854775807"],
      ["--peer", "-1", "--watch", "5"], ["--peer", "4", "--watch", "1048577"],
      ["--standby"],
    ] {
      let peer = arguments.contains("--peer") ? [] : ["--peer", "4", "--watch", "5"]
      let result = try BuiltProgram.run(["guard", port, "3"] + peer + arguments)
      #expect(result.status == 64, "\(arguments): \(result.status) \(result.errors)")
    }
    for arguments in [["--cycles", "0"], ["--cycles", "9223372036854775807"], ["--read-every", "-1"]] {
      let result = try BuiltProgram.run(["camera-cycles", "--camera", "/dev/null"] + arguments)
      #expect(result.status == 64, "\(arguments): \(result.status) \(result.errors)")
    }
    for arguments in [
      ["--charge", "nan"], ["--charge", "inf"], ["--charge", "-1"], ["--battery-haste", "inf"],
      ["--battery-haste", "1e300"], ["--fault", "1e300:passive"], ["--fault", "~1e300:passive"],
      ["--fault", "1:noise 1e300"],
    ] {
      let result = try BuiltProgram.run(["emulator", port] + arguments)
      #expect(result.status == 64 && !folder.holds("create2"), "\(arguments): \(result.status)")
    }
  }
}
