import AVGLearning
import AVGTestSupport
import AVGTraining
import Foundation
import Testing

@Suite("Freezing a policy")
struct FreezeTests {
  private let folder: TemporaryFolder
  private let run: String

  /// A run of 600 steps of a small network.
  init() throws {
    folder = try TemporaryFolder()
    run = folder.path + "/run"
    let result = try BuiltProgram.run([
      "train", "--steps", "600", "--set", "task.timeLimitSteps=50", "--set", "agent.hiddenUnits=16",
      "--output", run,
    ])
    try #require(result.status == 0, "\(result.errors)")
  }

  @Test("the best of six times is kept, with what other episodes of it came to; the run stays as it is")
  func keepsTheBest() throws {
    let before = try Data(contentsOf: URL(filePath: run + "/checkpoint.safetensors"))
    let result = try BuiltProgram.run(["freeze", run, "--steps", "500", "--episodes", "6"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == run + "/policy.safetensors\n")
    for step in ["600", "700", "800", "900", "1,000", "1,100"] {
      #expect(result.errors.contains("step \(step)  success "), "\(result.errors)")
    }
    #expect(try Data(contentsOf: URL(filePath: run + "/checkpoint.safetensors")) == before)
    #expect(!FileManager.default.fileExists(atPath: run + "/freezing"))

    let policy = run + "/policy.safetensors"
    let file = try Safetensors(Data(contentsOf: URL(filePath: policy)), name: policy)
    try file.verifyChecksum(name: policy)
    let report = try JSONDecoder().decode(
      EvaluationReport.self, from: Data(try #require(file.metadata["evaluation"]).utf8))
    #expect(report.episodes == 6 && report.isComplete)

    // Twice the same, and another program's run may begin with it.
    let again = try BuiltProgram.run(["freeze", run, "--steps", "500", "--episodes", "6"])
    func measured(_ result: BuiltProgram.Result) -> [Substring] {
      result.errors.split(separator: "\n").filter { $0.contains("steps to goal") }
    }
    #expect(again.status == 0 && measured(again) == measured(result) && measured(result).count == 7)
    #expect(try Data(contentsOf: URL(filePath: policy)) == file.encodedWithChecksum())
    let evaluated = try BuiltProgram.run(["evaluate", run, "--episodes", "2"])
    #expect(evaluated.status == 0, "\(evaluated.errors)")
  }

  @Test("what was stopped goes on; a policy without steps to go on is measured as it is")
  func goesOn() throws {
    let program = try BuiltProgram(starting: ["freeze", run, "--steps", "3000", "--episodes", "40"])
    while program.process.isRunning, !folder.holds("run/freezing/checkpoint.safetensors") {
      Thread.sleep(forTimeInterval: 0.01)
    }
    kill(program.process.processIdentifier, SIGINT)
    let stopped = try program.finish()
    #expect(stopped.status == 130, "\(stopped.errors)")
    #expect(!FileManager.default.fileExists(atPath: run + "/policy.safetensors"))
    let result = try BuiltProgram.run(["freeze", run, "--steps", "3000", "--episodes", "4"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("step 3,600  success "), "\(result.errors)")

    let asItIs = try BuiltProgram.run(["freeze", run, "--steps", "0", "--episodes", "4"])
    #expect(asItIs.status == 0, "\(asItIs.errors)")
    #expect(asItIs.errors.contains("step 600  success "), "\(asItIs.errors)")
    #expect(!asItIs.errors.contains("step 3,600"), "\(asItIs.errors)")
  }

  @Test("what was stopped is not gone on with once its run has, or for other steps")
  func beginsAnew() throws {
    func stopped(_ steps: String) throws {
      let program = try BuiltProgram(starting: ["freeze", run, "--steps", steps, "--episodes", "400"])
      while program.process.isRunning, !folder.holds("run/freezing/checkpoint-previous-1.safetensors") {
        Thread.sleep(forTimeInterval: 0.01)
      }
      kill(program.process.processIdentifier, SIGINT)
      #expect(try program.finish().status == 130)
    }
    try stopped("3000")
    #expect(try BuiltProgram.run(["train", "--resume", run, "--steps", "650"]).status == 0)
    var result = try BuiltProgram.run(["freeze", run, "--steps", "100", "--episodes", "4"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("going on from step 650"), "\(result.errors)")
    #expect(result.errors.contains("step 750  success "), "\(result.errors)")
    try stopped("2000")
    result = try BuiltProgram.run(["freeze", run, "--steps", "50", "--episodes", "4"])
    #expect(result.status == 0 && result.errors.contains("going on from step 650"), "\(result.errors)")
    #expect(!result.errors.contains("step 1,0"), "\(result.errors)")
  }

  @Test("a run that is being written to is not frozen; missing tables do not matter")
  func anyRun() throws {
    for name in ["episodes.csv", "metrics.jsonl"] {
      try FileManager.default.removeItem(atPath: run + "/" + name)
    }
    var result = try BuiltProgram.run(["freeze", run, "--steps", "10", "--episodes", "2"])
    #expect(result.status == 0, "\(result.errors)")
    let training = try BuiltProgram(starting: ["train", "--resume", run, "--steps", "1000000"])
    #expect(training.listensToInterrupts())
    _ = try training.awaitError(/(going) on from/)
    result = try BuiltProgram.run(["freeze", run, "--steps", "10", "--episodes", "2"])
    let process = training.process.processIdentifier
    #expect(result.errors.hasPrefix("error: \(run): process \(process) is writing to this folder."))
    kill(process, SIGINT)
    _ = try training.finish()
  }

  @Test("a task without success is told of in its own measure")
  func mover() throws {
    let mover = folder.path + "/mover"
    var result = try BuiltProgram.run([
      "train", "--task", "create-mover", "--steps", "60", "--set", "task.timeLimitSteps=20", "--set",
      "agent.hiddenUnits=16", "--output", mover,
    ])
    #expect(result.status == 0, "\(result.errors)")
    result = try BuiltProgram.run(["freeze", mover, "--steps", "10", "--episodes", "2"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains(/step 60  distance [−-]?[0-9.]+ mm/), "\(result.errors)")
    #expect(!result.errors.contains("success") && !result.errors.contains("it fails"), "\(result.errors)")
  }

  @Test("a policy that nobody has measured is driven without learning only with a warning")
  func warns() throws {
    _ = try BuiltProgram.run(["freeze", run, "--steps", "0", "--episodes", "2"])
    func drive(_ start: String) throws -> String {
      try BuiltProgram.run([
        "rig", "--steps", "3", "--no-learn", "--start-from", start, "--set", "agent.hiddenUnits=16",
        "--output", folder.path + "/" + UUID().uuidString,
      ]).errors
    }
    let warning = "nobody has measured this policy"
    #expect(try drive(run).contains(warning))
    #expect(try !drive(run + "/policy.safetensors").contains(warning))
  }
}
