import AVGLearning
import AVGTestSupport
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
    "a run of an arm too, by its angles alone or with a camera",
    arguments: ["ur-reacher-2", "visual-ur-reacher-2"])
  func arm(task: String) throws {
    let task = ["--task", task]
    try train("whole", steps: 70, task)
    try train("part", steps: 47, task)
    let result = try resume("part", "--steps", "70")
    #expect(result.status == 0, "\(result.errors)")
    try expectSame("whole", "part")
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
      let place = "step \(first), episode \(first / 30 + 1)\n"
      #expect(
        result.errors.hasPrefix("\(folder.path)/\(name)/checkpoint.safetensors: going on from \(place)"),
        "\(result.errors)")
      try expectSame("whole", name)
    }
  }

  @Test(
    "a run whose world changes goes on in it, is replayed from its record and measured in what it had become")
  func changingWorld() throws {
    let changes = [
      "--set",
      """
      simulation.changes=[{step: 50, set: [simulation.motorDelayCycles=2, simulation.distractorCount=4]}, \
      {step: 100, set: [simulation.targetRed=200, simulation.targetGreen=60, simulation.targetBlue=40, task.targetColor.minimumHue=0, \
      task.targetColor.maximumHue=12, simulation.cameraTiltDegrees=5]}]
      """,
    ]
    try train("whole", steps: 200, changes + ["--record", folder.path + "/whole.mcap"])
    for first in [47, 70, 131] {
      try train("from \(first)", steps: first, changes)
      let result = try resume("from \(first)", "--steps", "200", "--record", folder.path + "/\(first).mcap")
      #expect(result.status == 0, "\(result.errors)")
      try expectSame("whole", "from \(first)")
    }
    for log in ["whole.mcap", "131.mcap"] {
      let replay = try BuiltProgram.run(["replay", folder.path + "/" + log])
      #expect(replay.status == 0, "\(log): \(replay.errors)")
    }
    let learned = try BuiltProgram.run([
      "replay", "--learn", folder.path + "/whole.mcap", "--output", folder.path + "/learned",
    ])
    #expect(learned.status == 0, "\(learned.errors)")

    // What is measured is the world of the end, whose target is red, whatever changes would still come.
    func measure(_ more: String...) throws -> String {
      let arguments = ["--episodes", "2", "--policy", "oracle", "--set", "task.timeLimitSteps=333"]
      let result = try BuiltProgram.run(["evaluate", folder.path + "/whole"] + arguments + more)
      #expect(result.status == 0, "\(result.errors)")
      return result.output
    }
    let measured = try measure()
    #expect(try measure("--set", "simulation.targetRed=200") == measured)
    #expect(try measure("--set", "simulation.targetRed=45") != measured)
  }

  @Test("a run that went back to an older checkpoint goes on from it, though it was killed before the next")
  func goesBack() throws {
    let buffer = [
      "agent.algorithm=sac", "agent.batch.samples=4", "agent.batch.warmUpSteps=10", "agent.replay.steps=40",
      "training.checkpointIntervalSteps=25",
    ].flatMap { ["--set", $0] }
    try train("run", steps: 100, buffer + ["--task", "ur-reacher-2"])
    let program = try BuiltProgram(starting: [
      "train", "--resume", folder.path + "/run/checkpoint-previous-2.safetensors", "--steps", "1000000",
      "--set",
      "training.checkpointIntervalSteps=1000000",
    ])
    // The configuration is written last.
    while program.process.isRunning,
      try !folder.text("run/configuration.yaml").contains("checkpointIntervalSteps: 1000000")
    { Thread.sleep(forTimeInterval: 0.01) }
    kill(program.process.processIdentifier, SIGKILL)
    _ = try program.finish()
    let result = try resume("run", "--steps", "110")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("checkpoint.safetensors: going on from step 50"), "\(result.errors)")
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

  @Test(
    "a run is resumed by one process at a time: the second is told the first's number; after kill -9 it is free"
  )
  func isLocked() throws {
    let run = folder.path + "/run"
    let first = try BuiltProgram(
      starting: ["train"] + settings + [
        "--set", "training.checkpointIntervalSteps=25", "--steps", "1000000", "--output", run,
      ])
    while first.process.isRunning, !folder.holds("run/checkpoint.safetensors") {
      Thread.sleep(forTimeInterval: 0.01)
    }
    let words = "\(run): process \(first.process.processIdentifier) is writing to this folder."
    for command in [
      ["train", "--resume", run], ["train", "--resume", run + "/checkpoint.safetensors"],
      ["rig", "--resume", run, "--steps", "1000001"],
    ] {
      let second = try BuiltProgram.run(command)
      #expect(second.status == 1 && second.errors.hasPrefix("error: " + words), "\(second.errors)")
      #expect(second.errors.split(separator: "\n").count == 1)
    }
    // Whoever only reads is let in.
    #expect(try BuiltProgram.run("evaluate", run, "--episodes", "1").status == 0)
    kill(first.process.processIdentifier, SIGKILL)
    _ = try first.finish()
    let after = try resume("run", "--steps", "1")
    #expect(after.status == 0, "\(after.errors)")
  }

  @Test(
    "a configuration.yaml that was edited is followed, by --resume and by others, and the difference is said")
  func edited() throws {
    try train("run", steps: 40)
    let path = folder.path + "/run/configuration.yaml"
    let text = try folder.text("run/configuration.yaml")
    let edited =
      "# mine\n"
      + text.replacing(/\n  discount: .*\n/, with: "\n  discount: 0.5\n").replacing(
        /\n  actorLearningRate: .*\n/, with: "\n")
    try folder.write(edited, to: "run/configuration.yaml")
    let words =
      "\(path): differs from the checkpoint's: agent.discount is 0.5, not 0.99; the file is followed\n"
    for command in [
      ["evaluate", folder.path + "/run", "--episodes", "1"],
      [
        "plot", folder.path + "/run", "--kind", "paths", "--episodes", "1", "--output",
        folder.path + "/a.svg",
      ],
      ["train", "--resume", folder.path + "/run", "--quiet"],
    ] {
      let result = try BuiltProgram.run(command)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains(words) != command.contains("--quiet"), "\(result.errors)")
      // What says the same is not written again.
      #expect(try folder.text("run/configuration.yaml") == edited)
    }
    #expect(try resume("run", "--steps", "60").errors.contains(words))
    let resolved = try folder.text("run/configuration.yaml")
    // A key that was taken out has the checkpoint's value.
    #expect(resolved.contains("  discount: 0.5\n") && resolved.contains("  actorLearningRate: 0.0003\n"))
    let checkpoint = try Safetensors(folder.data("run/checkpoint.safetensors"), name: "")
    // The file has a line before it, which says what the run was computed with.
    let own = try #require(checkpoint.metadata["configuration"])
    #expect(resolved.hasPrefix("# Computed by ") && resolved.hasSuffix("\n" + own))
    try folder.write(edited.replacing("discount", with: "discont"), to: "run/configuration.yaml")
    let refused = try resume("run", "--steps", "80")
    #expect(refused.status == 1 && refused.errors.contains("did you mean 'agent.discount'?"))
  }

  @Test("a run whose configuration.yaml is gone goes by the checkpoint's")
  func withoutConfiguration() throws {
    try train("whole", steps: 60)
    try train("run", steps: 40)
    try FileManager.default.removeItem(atPath: folder.path + "/run/configuration.yaml")
    #expect(try BuiltProgram.run("evaluate", folder.path + "/run", "--episodes", "1").status == 0)
    #expect(try resume("run", "--steps", "60").status == 0)
    try expectSame("whole", "run")
  }

  @Test("episodes.csv is whole again after a resumption, whatever an editor or a disk has done to it")
  func episodesComeBack() throws {
    try train("whole", steps: 160)
    for (index, damage) in ["CR LF", "garbage", "gone"].enumerated() {
      let name = "run \(index)"
      try train(name, steps: 120)
      let text = try folder.text(name + "/episodes.csv")
      switch damage {
      case "CR LF": try folder.write(text.replacing("\n", with: "\r\n"), to: name + "/episodes.csv")
      case "garbage":
        try folder.write(text.replacing("\n30,1,", with: "\n\u{0}\u{0},"), to: name + "/episodes.csv")
      default: try FileManager.default.removeItem(atPath: folder.path + "/\(name)/episodes.csv")
      }
      let result = try resume(name, "--steps", "160")
      #expect(result.status == 0, "\(result.errors)")
      try expectSame("whole", name)
      let episodes = "of 4 episodes were missing; all were restored from metrics.jsonl"
      #expect(result.errors.contains(episodes) == (damage != "CR LF"), "\(result.errors)")
      #expect(folder.holds(name + "/episodes-damaged-1.csv") == (damage == "garbage"))
    }
  }

  @Test("a run that has done its steps has nothing left to do, and says where it lies")
  func complete() throws {
    try train("whole", steps: 40)
    let before = try folder.data("whole/checkpoint.safetensors")
    let result = try resume("whole")
    #expect(result.status == 0 && result.output == folder.path + "/whole\n")
    #expect(result.errors.contains("nothing left to do: the run stands at step 40, episode 2; --steps COUNT"))
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

  @Test("numbers that no run can have left are refused with their key or tensor")
  func impossibleNumbers() throws {
    try train("run", steps: 20)
    let whole = try Safetensors(folder.data("run/checkpoint.safetensors"), name: "")
    func expectRefused(_ reason: String, _ change: (inout Safetensors) throws -> Void) throws {
      var file = whole
      try change(&file)
      try folder.write(try file.encodedWithChecksum(), to: "run/checkpoint.safetensors")
      let result = try resume("run", "--steps", "40")
      #expect(result.status == 1 && result.errors.contains(reason), "\(reason): \(result.errors)")
    }
    for value in ["1e9", "\"nan\"", "-2"] {
      for (key, first) in [("previousAction", "\"previousAction\":["), ("wheelLeft", "\"wheelLeft\":")] {
        try expectRefused(key) { file in
          let text = try #require(file.metadata["environment"])
          let start = try #require(text.range(of: first)).upperBound
          let end = try #require(text[start...].firstIndex { ",]}".contains($0) })
          file.metadata["environment"] = text.replacingCharacters(in: start..<end, with: value)
        }
      }
    }
    for value in ["-1", "9223372036854775807"] {
      for key in ["steps", "missedCycles", "length"] {
        try expectRefused("no run can have come to") { file in
          let text = try #require(file.metadata["run"])
          let start = try #require(text.range(of: "\"\(key)\":")).upperBound
          let end = try #require(text[start...].firstIndex { ",]}".contains($0) })
          file.metadata["run"] = text.replacingCharacters(in: start..<end, with: value)
        }
      }
    }
    for (tensor, value) in [
      ("actor.mu.weight", Float.nan), ("exploration.noise", 1e9), ("action", 1e9), ("action", .nan),
      ("proprioception", .infinity),
    ] {
      try expectRefused(tensor) { file in
        let shape = try #require(file.tensors[tensor]).shape
        var numbers: [Float] = try #require(file.numbers(tensor))
        numbers[0] = value
        file.set(tensor, numbers, shape: shape)
      }
    }
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
    for more in [["--seed", "2"], ["--output", folder.path + "/other"], ["some.yaml"], ["--world", "a"]] {
      let result = try train(["--resume", folder.path + "/run"] + more)
      #expect(result.status == 64 && result.errors.contains("leave out"), "\(more): \(result.errors)")
    }
    let nowhere = try resume("nowhere")
    #expect(nowhere.status == 1 && nowhere.errors.contains("nowhere"), "\(nowhere.errors)")
  }
}
