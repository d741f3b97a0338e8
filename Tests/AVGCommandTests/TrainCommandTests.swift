import AVGCore
import AVGImaging
import AVGTestSupport
import Foundation
import Testing

@Suite("train and evaluate")
struct TrainCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("a training leaves its configuration, episodes, checkpoint and learning curve")
  func leavesRunFolder() throws {
    let result = try BuiltProgram.run("train", "--steps", "400", "--output", folder.path + "/first")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == folder.path + "/first\n")

    let lines = try folder.text("first/episodes.csv").split(separator: "\n")
    #expect(lines.first == "step,episode,length,return,success")
    // 400 steps hold at least one time-out of 333.
    #expect(lines.count >= 2)
    let columns = lines.last?.split(separator: ",").map(String.init) ?? []
    #expect(columns.count == 5)
    #expect(columns.last == "0" || columns.last == "1")
    let picture = try PNG.decode([UInt8](folder.data("first/learning-curve.png")))
    #expect(picture.shape.width > 400 && picture.shape.height > 200)

    // Pictures and histograms after the first episode are read back by Tests/Acceptance/check-tensorboard.
    #expect(try folder.text("first/metrics.jsonl").split(separator: "\n").count == lines.count - 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/first")
    #expect(names.count { $0.hasPrefix("events.out.tfevents.") } == 1)

    let again = try BuiltProgram.run(
      "train", folder.path + "/first/configuration.yaml", "--output", folder.path + "/again")
    #expect(again.status == 0, "\(again.errors)")
    #expect(try folder.text("again/configuration.yaml") == folder.text("first/configuration.yaml"))
    let (first, second) = (
      try folder.data("first/checkpoint.safetensors"), try folder.data("again/checkpoint.safetensors")
    )
    #expect(first == second)
    #expect(try folder.data("again/episodes.csv") == folder.data("first/episodes.csv"))
  }

  @Test("a run's latencies and paths can be drawn", arguments: ["latencies", "paths"])
  func draws(kind: String) throws {
    let run = folder.path + "/run"
    #expect(try BuiltProgram.run("train", "--steps", "340", "--output", run).status == 0)
    for type in ["svg", "png"] {
      let picture = "\(folder.path)/\(kind).\(type)"
      let result = try BuiltProgram.run(
        "plot", run, "--kind", kind, "--episodes", "2", "--title", "Mine", "--output", picture)
      #expect(result.status == 0 && result.output == picture + "\n", "\(result.errors)")
    }
    let text = try folder.text(kind + ".svg")
    #expect(text.contains("<polyline") && text.contains("Mine"))
    let labels = kind == "paths" ? ["metres", "robot, 0.34 m", "target", "0.2", "1.6"] : ["ms", "0.1", "1"]
    for label in labels { #expect(text.contains(">\(label)<"), "\(label)") }
    let pixels = try PNG.decode([UInt8](folder.data(kind + ".png"))).pixels
    #expect(Set(pixels).count > 20)
  }

  @Test("an animation has a panel for each run, and the same bytes when it is drawn again")
  func animates() throws {
    let run = folder.path + "/run"
    #expect(try BuiltProgram.run("train", "--steps", "20", "--output", run).status == 0)
    for name in ["first", "again"] {
      let picture = "\(folder.path)/\(name).gif"
      let result = try BuiltProgram.run("plot", run, run, "--kind", "animation", "--output", picture)
      #expect(result.status == 0 && result.output == picture + "\n", "\(result.errors)")
    }
    let bytes = try [UInt8](folder.data("first.gif"))
    // The screen's width and height stand after the signature, the lower byte first: 560 and 360.
    #expect(bytes.prefix(10).elementsEqual(Array("GIF89a".utf8) + [48, 2, 104, 1]))
    #expect(try [UInt8](folder.data("again.gif")) == bytes)
  }

  @Test("a camera too slow for any step to be learned from ends the training with advice, not never")
  func endsBlind() throws {
    let result = try BuiltProgram.run(
      "train", "--steps", "100", "--set", "simulation.cameraFramesPerSecond=1", "--output",
      folder.path + "/blind")
    #expect(result.status == 1)
    #expect(result.errors.contains("give its camera more frames per second"), "\(result.errors)")
  }

  @Test("another seed gives another checkpoint")
  func seeds() throws {
    for seed in ["3", "4"] {
      let result = try BuiltProgram.run(
        "train", "--steps", "20", "--seed", seed, "--output", folder.path + "/" + seed)
      #expect(result.status == 0, "\(result.errors)")
      #expect(try folder.text(seed + "/configuration.yaml").contains("seed: \(seed)\n"))
    }
    let (first, second) = (
      try folder.data("3/checkpoint.safetensors"), try folder.data("4/checkpoint.safetensors")
    )
    #expect(first.count == second.count && first != second)
  }

  /// The keys of `evaluate --json`.
  private static let keys = [
    "episodes", "highestReturn", "lowestReturn", "meanReturn", "meanStepsToGoal", "medianReturn",
    "medianStepsToGoal", "missedCycles", "nonFiniteActions", "requestedEpisodes", "successRate",
  ]

  private func report(_ arguments: [String]) throws -> [String: Any] {
    let result = try BuiltProgram.run(["evaluate"] + arguments + ["--json"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.isEmpty)
    let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    #expect(report?.keys.sorted() == Self.keys)
    return report ?? [:]
  }

  @Test("a run can be evaluated, greedily and by samples, and the same seed gives the same report")
  func evaluates() throws {
    let run = folder.path + "/run"
    let trained = try BuiltProgram.run(
      "train", "--steps", "20", "--set", "task.timeLimitSteps=30", "--output", run)
    #expect(trained.status == 0, "\(trained.errors)")
    let before = try folder.data("run/checkpoint.safetensors")
    for actions in ["sampled", "greedy"] {
      let arguments = [run, "--episodes", "3", "--actions", actions]
      let first = try report(arguments)
      #expect(first["episodes"] as? Int == 3)
      #expect(first["nonFiniteActions"] as? Int == 0)
      // The world is that of the run: no episode is longer than its time limit.
      #expect((first["lowestReturn"] as? Double ?? -1000) >= -30)
      #expect(NSDictionary(dictionary: first) == NSDictionary(dictionary: try report(arguments)))
    }
    #expect(try folder.data("run/checkpoint.safetensors") == before)
    let text = try BuiltProgram.run("evaluate", run, "--episodes", "1")
    #expect(text.status == 0 && text.output.hasPrefix("episodes       1\nsuccess        "))
  }

  @Test("the scripted driver reaches the goal in at least 95 % of its episodes")
  func oracle() throws {
    let report = try report(["--policy", "oracle", "--episodes", "20"])
    #expect((report["successRate"] as? Double ?? 0) >= 0.95)
    #expect((report["meanStepsToGoal"] as? Double ?? 0) > 5)
  }

  @Test("the random policy and the untrained network can be measured without a run")
  func baselines() throws {
    for policy in ["random", "initial"] {
      let report = try report(["--policy", policy, "--episodes", "1"])
      #expect(report["episodes"] as? Int == 1)
    }
  }

  @Test("trainings that begin in one second have folders of their own")
  func defaultFolders() throws {
    let result = try BuiltProgram.shell(
      // The pipe is open until the last one has ended; wait would need SIGCHLD, which is blocked here.
      """
      for discount in 0.97 0.98 0.99; do
        $AVG train --steps 30 --set agent.discount=$discount --quiet || echo failed &
      done | cat
      ls -d runs/*/checkpoint.safetensors >&2
      """)
    #expect(Set(result.output.split(separator: "\n")).count == 3 && !result.output.contains("failed"))
    #expect(result.errors.split(separator: "\n").count == 3)
  }

  @Test("Ctrl-C ends a training after the step at hand, with its files, as a success")
  func interrupt() throws {
    let program = try BuiltProgram(starting: [
      "train", "--steps", "1000000", "--set", "training.checkpointIntervalSteps=60", "--set",
      // What is rehearsed fills up, and its checkpoint grows.
      "task.timeLimitSteps=20", "--set", "agent.rehearsal.transitions=0", "--output", folder.path + "/run",
    ])
    // Once there is a checkpoint the training is under way.
    while program.process.isRunning, !folder.holds("run/checkpoint.safetensors") {
      Thread.sleep(forTimeInterval: 0.02)
    }
    let first = try? folder.data("run/checkpoint.safetensors")
    program.process.interrupt()
    let result = try program.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == folder.path + "/run\n")
    #expect(folder.holds("run/learning-curve.png") && folder.holds("run/episodes.csv"))
    let ending = try #require(result.errors.split(separator: "\n").last)
    let words = /run folder (.+): stopped at step [\d,]+ of 1,000,000, after [\d,]+ episodes. Go on: (.+)/
    let end = try #require(ending.wholeMatch(of: words), "\(ending)")
    #expect(end.1 == folder.path + "/run" && end.2 == "avg-vision train --resume \(folder.path)/run")
    #expect(try folder.data("run/checkpoint.safetensors").count == first?.count)

    let report = try report([folder.path + "/run", "--episodes", "1"])
    #expect(report["episodes"] as? Int == 1)
  }

  @Test("a training ends with a line that names its folder and what to do next; --quiet leaves it out")
  func ending() throws {
    let run = folder.path + "/it's mine"
    let result = try BuiltProgram.run(
      "train", "--steps", "60", "--set", "task.timeLimitSteps=20", "--output", run)
    let quoted = "'" + run.replacing("'", with: "'\\''") + "'"
    #expect(
      result.errors.hasSuffix(
        "run folder \(run): 60 steps, 3 episodes. Next: avg-vision evaluate \(quoted)\n"), "\(result.errors)")
    let quiet = try BuiltProgram.run("train", "--steps", "20", "--quiet", "--output", folder.path + "/quiet")
    #expect(quiet.status == 0 && quiet.errors.isEmpty, "\(quiet.errors)")
  }

  @Test("a run too short for a curve says so, and leaves no empty picture")
  func tooShort() throws {
    let result = try BuiltProgram.run("train", "--steps", "20", "--output", folder.path + "/run")
    #expect(
      result.errors.contains(
        "no learning curve: too short, with 0 episodes ended; one takes up to 333 steps\n"),
      "\(result.errors)")
    #expect(!folder.holds("run/learning-curve.png"))
  }

  @Test(
    "a file is named as a configuration in one way by every command that takes one",
    arguments: [
      ["train", "--steps", "20"], ["evaluate", "--policy", "oracle", "--episodes", "1"],
      ["run", "--camera", "none"],
      ["record", "new.mcap", "--camera", "none"], ["rig", "--steps", "20"], ["doctor"], ["emulator", "port"],
      ["sweep"],
      ["camera-cycles", "--camera", "none"],
    ])
  func namesConfiguration(command: [String]) throws {
    try folder.write("agent:\n  discuont: 0.9\n", to: "wrong.yaml")
    let result = try BuiltProgram.run(command + ["--config", folder.path + "/wrong.yaml"])
    #expect(result.status == 1 && result.errors.contains("wrong.yaml:"), "\(result.errors)")
  }
}
