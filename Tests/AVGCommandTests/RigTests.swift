import AVGTestSupport
import Foundation
import Testing

/// A robot and its camera in software, and everything else as it is.
@Suite("rig and record")
struct RigTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @discardableResult
  private func succeed(_ arguments: String...) throws -> BuiltProgram.Result {
    let result = try BuiltProgram.run(
      arguments.map { $0.replacing("FOLDER", with: folder.path) } + ["--set", "agent.hiddenUnits=16"])
    #expect(result.status == 0, "\(arguments): \(result.errors)")
    return result
  }

  private func replay(_ name: String) throws -> BuiltProgram.Result {
    try BuiltProgram.run("replay", folder.path + "/" + name)
  }

  @Test(
    "a run on the emulated robot does its steps, leaves nothing behind, and its log replays to the bit",
    arguments: ["task.timeLimitSteps=1000", "task.timeLimitSteps=25"])
  func rig(setting: String) throws {
    let result = try succeed(
      "rig", "--steps", "60", "--output", "FOLDER/run", "--record", "FOLDER/rig.mcap",
      "--set", setting, "--set", "training.lateSteps=learn")
    #expect(result.output.contains("packets") && result.output.contains("capture age"))
    for name in ["checkpoint.safetensors", "latencies.csv", "configuration.yaml"] {
      #expect(folder.holds("run/" + name))
    }
    let replay = try replay("rig.mcap")
    #expect(replay.status == 0 && replay.output.contains("equal to the bit"), "\(replay.output)")
    #expect(replay.output.contains("final checkpoint  identical"), "\(replay.output)")
  }

  @Test("what a camera saw is recorded without learning, and replays")
  func record() throws {
    try succeed("train", "--steps", "30", "--output", "FOLDER/run", "--record", "FOLDER/camera.mcap")
    try succeed("record", "FOLDER/seen.mcap", "--camera", "FOLDER/camera.mcap", "--output", "FOLDER/seen")
    let replay = try replay("seen.mcap")
    #expect(replay.status == 0 && replay.output.contains("equal to the bit"), "\(replay.output)")
    let info = try BuiltProgram.run("log", "info", folder.path + "/seen.mcap", "--metadata")
    #expect(info.output.contains("learning\nfalse"), "\(info.output)")
  }
}
