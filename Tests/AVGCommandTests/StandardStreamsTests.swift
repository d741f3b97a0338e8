import AVGTestSupport
import Foundation
import Testing

@Suite("Output that cannot be written")
struct StandardStreamsTests {
  private let folder: TemporaryFolder
  private let log = URL(filePath: #filePath).appending(path: "../../../datasets/logs").standardized.path

  init() throws { folder = try TemporaryFolder() }

  private static let commands = [
    "--help", "--version", "help train", "train --help", "log info --help", "manual",
    "--generate-completion-script bash", "--experimental-dump-help",
    "evaluate --policy random --episodes 1", "evaluate --policy random --episodes 1 --json",
  ]

  @Test("on a full disk a command fails and says so, whatever it prints", arguments: commands)
  func fullDisk(command: String) throws {
    let result = try BuiltProgram.shell("$AVG \(command) >/dev/full")
    #expect(result.status == 1)
    #expect(
      result.errors.hasSuffix(
        "error: standard output: cannot write: No space left on device. Make room on the disk.\n"))
  }

  @Test(
    "a closed standard output is an error too",
    arguments: ["--help", "evaluate --policy random --episodes 1"])
  func closedOutput(command: String) throws {
    let result = try BuiltProgram.shell("$AVG \(command) >&-")
    #expect(result.status == 1)
    #expect(result.errors.contains("error: standard output: cannot write: Bad file descriptor."))
  }

  @Test("a picture goes to what is open already; nothing takes its place")
  func pictureOnStream() throws {
    let result = try BuiltProgram.shell(
      "$AVG evaluate --policy oracle --episodes 1 --picture /dev/fd/3 3>\"$1\"", folder.path + "/view.png")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try folder.bytes("view.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }

  @Test("a reader that has gone is an error too, and no death by a signal")
  func closedPipe() throws {
    let result = try BuiltProgram.shell("{ sleep 0.3; $AVG --help; echo status $? >&2; } | :")
    #expect(result.errors.contains("error: standard output: cannot write: Broken pipe."))
    #expect(result.errors.hasSuffix("status 1\n"))
  }

  @Test("a log's contents, a curve's path and a run's folder that nobody is told are errors")
  func files() throws {
    let run = folder.path + "/run"
    let options = "--steps 1000 --set agent.hiddenUnits=16 --quiet"
    let trained = try BuiltProgram.shell("$AVG train \(options) --output $1 >/dev/full", run)
    // It has been trained all the same.
    #expect(trained.status == 1 && folder.holds("run/checkpoint.safetensors"))
    let plotted = try BuiltProgram.shell("$AVG plot $1 --output $1/curve.svg >/dev/full", run)
    #expect(plotted.status == 1 && plotted.errors.contains("standard output: cannot write"))
    let informed = try BuiltProgram.shell("$AVG log info $1/*.mcap >/dev/full", log)
    #expect(informed.status != 0)
  }

  @Test("with standard input, output and error closed, no line of progress gets into a file of the run")
  func closedStreams() throws {
    let options = "train --steps 400 --set agent.hiddenUnits=16 --output $1"
    for (name, streams) in [("closed", "<&- >&- 2>&-"), ("open", "</dev/null >/dev/null 2>&1")] {
      _ = try BuiltProgram.shell("$AVG \(options) \(streams)", folder.path + "/" + name)
    }
    #expect(
      try folder.data("closed/checkpoint.safetensors") == folder.data("open/checkpoint.safetensors"))
    #expect(try folder.data("closed/episodes.csv") == folder.data("open/episodes.csv"))
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path + "/closed") {
      #expect(try folder.data("closed/" + name).firstRange(of: Data("steps/s".utf8)) == nil, "\(name)")
    }
  }

  @Test("a limit on the size of files is told as a full disk is, and the run can be resumed without it")
  func fileSizeLimit() throws {
    let run = folder.path + "/run"
    // In blocks of 512 bytes: a checkpoint is larger.
    let result = try BuiltProgram.shell("ulimit -f 200; $AVG train --steps 60 --output $1", run)
    #expect(result.status == 1)
    #expect(result.errors.contains("File too large. Raise the limit on the size of files (ulimit -f)."))
    #expect(result.errors.contains("go on from there with --resume \(run)"))
    let names = try FileManager.default.contentsOfDirectory(atPath: run)
    #expect(!names.contains { $0.hasSuffix(".partial") })
    let resumed = try BuiltProgram.run("train", "--resume", run)
    #expect(resumed.status == 0 && folder.holds("run/checkpoint.safetensors"), "\(resumed.errors)")
  }
}
