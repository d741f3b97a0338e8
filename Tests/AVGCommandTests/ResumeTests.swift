import AVGLearning
import AVGTraining
import Foundation
import Testing

@Suite("Resuming a training")
struct ResumeTests {
  private let folder: TemporaryFolder
  /// Episodes of 30 steps and a small network: many ends and starts in a short run.
  private let settings = ["--set", "task.timeLimitSteps=30", "--set", "agent.hiddenUnits=16"]

  init() throws { folder = try TemporaryFolder() }

  private func train(_ arguments: [String]) throws -> BuiltProgram.Result {
    try BuiltProgram.run(["train"] + arguments)
  }

  /// Trains to `steps` in the folder `name`.
  private func train(_ name: String, steps: Int, _ more: [String] = []) throws {
    let result = try train(
      settings + more + ["--steps", "\(steps)", "--output", folder.path + "/" + name])
    #expect(result.status == 0, "\(result.errors)")
  }

  private func resume(_ name: String, _ more: String...) throws -> BuiltProgram.Result {
    try train(["--resume", folder.path + "/" + name] + more)
  }

  private func expectSame(_ first: String, _ second: String) throws {
    for file in ["checkpoint.safetensors", "episodes.csv", "configuration.yaml"] {
      #expect(try folder.data(first + "/" + file) == folder.data(second + "/" + file), "\(file)")
    }
  }

  @Test(
    "a run that is resumed within an episode, or at its end, leaves the files of one that was left alone",
    arguments: StepOrder.allCases)
  func goesOn(order: StepOrder) throws {
    let order = ["--set", "training.order=\(order.rawValue)"]
    try train("whole", steps: 130, order)
    for first in [47, 60] {
      let name = "from \(first)"
      try train(name, steps: first, order)
      let result = try resume(name, "--steps", "130")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output == folder.path + "/\(name)\n")
      try expectSame("whole", name)
    }
  }

  @Test("a run that is killed goes on from its last checkpoint; what came after that comes again")
  func killed() throws {
    let checkpoints = ["--set", "training.checkpointIntervalSteps=25"]
    try train("whole", steps: 400, checkpoints)
    let program = try BuiltProgram(
      starting: ["train"] + settings + checkpoints + ["--steps", "400", "--output", folder.path + "/killed"])
    while program.process.isRunning, !folder.holds("killed/checkpoint-previous-1.safetensors") {
      Thread.sleep(forTimeInterval: 0.01)
    }
    kill(program.process.processIdentifier, SIGKILL)
    _ = try program.finish()
    let result = try resume("killed")
    #expect(result.status == 0, "\(result.errors)")
    try expectSame("whole", "killed")
  }

  @Test("a run that was killed before its first checkpoint begins anew with its own configuration")
  func withoutCheckpoint() throws {
    try train("whole", steps: 40)
    try folder.write(try folder.data("whole/configuration.yaml"), to: "bare/configuration.yaml")
    let result = try resume("bare")
    #expect(result.status == 0, "\(result.errors)")
    try expectSame("whole", "bare")
  }

  @Test("a run that has done its steps has nothing left to do, and says where it lies")
  func complete() throws {
    try train("whole", steps: 40)
    let before = try folder.data("whole/checkpoint.safetensors")
    let result = try resume("whole")
    #expect(result.status == 0 && result.output == folder.path + "/whole\n")
    #expect(try folder.data("whole/checkpoint.safetensors") == before)
  }

  @Test(
    "a damaged, cut off, foreign or newer checkpoint is refused with its reason, and the one before it offered"
  )
  func refusals() throws {
    try train("run", steps: 60, ["--set", "training.checkpointIntervalSteps=20"])
    let whole = try folder.data("run/checkpoint.safetensors")
    var turned = whole
    turned[whole.count - 5] ^= 4
    var newer = try Safetensors(whole, name: "")
    newer.metadata["format"] = "avg-vision 99"
    for (contents, reason) in [
      (turned, "do not match their checksum"), (whole.prefix(whole.count / 2), "not a whole checkpoint"),
      (Data("GIF89a, and more".utf8), "not a whole checkpoint"), (Data(), "only 0 bytes"),
      (try Safetensors().encoded(), "no checkpoint of avg-vision"),
      (try newer.encodedWithChecksum(), "written by a newer program"),
    ] {
      try folder.write(contents, to: "run/checkpoint.safetensors")
      let result = try resume("run", "--steps", "100")
      #expect(result.status == 1)
      #expect(result.errors.contains(reason), "\(result.errors)")
      let offer = "of step 40 is whole: name \(folder.path)/run/checkpoint-previous-1.safetensors instead."
      #expect(result.errors.contains(offer), "\(result.errors)")
      #expect(!result.errors.contains("/checkpoint.safetensors instead"))
    }
    let result = try resume("run/checkpoint-previous-1.safetensors", "--steps", "100")
    #expect(result.status == 0, "\(result.errors)")
    try train("whole", steps: 100, ["--set", "training.checkpointIntervalSteps=20"])
    try expectSame("whole", "run")
  }

  @Test("a checkpoint without a run around it can be evaluated but not resumed")
  func withoutRun() throws {
    try train("run", steps: 20)
    var file = try Safetensors(folder.data("run/checkpoint.safetensors"), name: "")
    file.metadata["run"] = nil
    try folder.write(try file.encodedWithChecksum(), to: "run/checkpoint.safetensors")
    let result = try resume("run", "--steps", "100")
    #expect(result.status == 1 && result.errors.contains("cannot be resumed"), "\(result.errors)")
    let report = try BuiltProgram.run("evaluate", folder.path + "/run", "--episodes", "1")
    #expect(report.status == 0, "\(report.errors)")
  }

  @Test("what belongs to the run already cannot be given beside --resume")
  func wrongUse() throws {
    for more in [["--seed", "2"], ["--output", folder.path + "/other"], ["some.yaml"]] {
      let result = try train(["--resume", folder.path + "/run"] + more)
      #expect(result.status == 64 && result.errors.contains("leave out"), "\(more): \(result.errors)")
    }
    let nowhere = try resume("nowhere")
    #expect(nowhere.status == 1 && nowhere.errors.contains("nowhere"), "\(nowhere.errors)")
  }
}
