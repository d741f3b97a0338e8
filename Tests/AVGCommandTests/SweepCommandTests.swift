import AVGExperiment
import AVGCore
import AVGImaging
import AVGRunFolder
import AVGSweep
import AVGTestSupport
import AVGTraining
import Foundation
import Testing

@testable import avg_vision

@Suite("sweep and plot")
struct SweepCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A study of seconds: two settings, two seeds, two worlds.
  private func study(steps: Int = 40) throws -> String {
    try folder.write("task:\n  timeLimitSteps: 15\n", to: "base.yaml")
    try folder.write("simulation:\n  droppedFrameShare: 0.3\n", to: "worlds/drops.yaml")
    try folder.write(
      """
      title: Little study
      configuration: base.yaml
      steps: \(steps)
      seeds: [5, 6]
      evaluationEpisodes: 1
      marks: [20]
      settings:
        - name: plain
          overrides: []
        - name: frozen
          overrides: [agent.encoderLearningRate=0]
      evaluationWorlds: [worlds/drops.yaml]

      """, to: "little.yaml")
    return folder.path + "/little.yaml"
  }

  private func sweep(_ arguments: String...) throws -> BuiltProgram.Result {
    try BuiltProgram.run(["sweep"] + arguments)
  }

  private static let files = [
    "summary.md", "summary.csv", "summary.json", "runs.csv", "transfer.md", "curves.svg", "curves.png",
    "ablation.svg", "ablation.png",
  ]

  @Test(
    "a study leaves runs, tables and figures; its bytes depend on nothing else; it goes on where it was cut off"
  )
  func runs() throws {
    let study = try study()
    let first = try sweep(study, "--output", folder.path + "/first", "--processes", "2")
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.output == folder.path + "/first\n")
    #expect(first.errors.contains("0 of 4 runs are finished, 4 to do"))
    for file in Self.files { #expect(folder.holds("first/" + file), "\(file)") }
    let lines = try folder.text("first/runs.csv").split(separator: "\n")
    #expect(lines.map { $0.prefix { $0 != "," } } == ["name", "plain", "plain", "frozen", "frozen"])
    let picture = try PNG.decode([UInt8](folder.data("first/curves.png")))
    #expect(picture.shape.width > 400)

    // Another folder, one process at a time.
    let second = try sweep(study, "--output", folder.path + "/second", "--processes", "1")
    #expect(second.status == 0, "\(second.errors)")
    for file in Self.files {
      #expect(try folder.data("first/" + file) == folder.data("second/" + file), "\(file)")
    }
    let checkpoint = "plain/seed-5/checkpoint.safetensors"
    #expect(try folder.data("first/" + checkpoint) == folder.data("second/" + checkpoint))

    // What is finished is passed over; a run without its last checkpoint starts again.
    let before = try folder.data("second/" + checkpoint)
    try FileManager.default.removeItem(atPath: folder.path + "/second/frozen/seed-6/checkpoint.safetensors")
    try FileManager.default.removeItem(atPath: folder.path + "/second/frozen/seed-6/evaluation.json")
    let again = try sweep(study, "--output", folder.path + "/second")
    #expect(again.status == 0, "\(again.errors)")
    #expect(again.errors.contains("3 of 4 runs are finished, 1 to do"))
    for file in Self.files {
      #expect(try folder.data("first/" + file) == folder.data("second/" + file), "\(file)")
    }
    #expect(try folder.data("second/" + checkpoint) == before)

    // Runs of another length are not taken for these.
    let other = try sweep(study, "--output", folder.path + "/second", "--steps", "41")
    #expect(other.status == 1)
    #expect(other.errors.contains("holds a run of another configuration"))

    let plot = try BuiltProgram.run(
      "plot", folder.path + "/first/plain/seed-5", folder.path + "/first/plain/seed-6", "--output",
      folder.path + "/both.svg", "--title", "Both")
    #expect(plot.status == 0, "\(plot.errors)")
    #expect(try folder.text("both.svg").contains(">mean of 2 runs and its 95 % interval<"))
  }

  @Test("Ctrl-C ends the sweep and its processes, and leaves what can be gone on with")
  func interrupt() throws {
    let study = try study(steps: 1_000_000)
    let program = try BuiltProgram(starting: ["sweep", study, "--output", folder.path + "/long"])
    while program.process.isRunning, !folder.holds("long/plain/seed-5/episodes.csv") {
      Thread.sleep(forTimeInterval: 0.02)
    }
    program.process.interrupt()
    let result = try program.finish()
    #expect(result.status == 130, "\(result.errors)")
    #expect(result.errors.contains("goes on with what is unfinished"))
    #expect(folder.holds("long/plain/seed-5/checkpoint.safetensors"))
    #expect(!folder.holds("long/plain/seed-5/evaluation.json"))
    // The ended training took its checkpoint for good; the sweep knows better.
    let summary = try sweep(study, "--output", folder.path + "/long", "--summary")
    #expect(summary.status == 0 && !folder.holds("long/summary.md"))
  }

  /// The processes that a process has started (proc(5)).
  private func children(of process: Int32) -> [Int32] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
    return tasks.flatMap { task in
      let text = try? String(contentsOfFile: "/proc/\(process)/task/\(task)/children", encoding: .utf8)
      return (text ?? "").split(separator: " ").compactMap { Int32($0) }
    }
  }

  @Test("a run that is killed is named, the others go on, and the sweep fails")
  func fails() throws {
    let study = try study(steps: 3000)
    let output = folder.path + "/out"
    let program = try BuiltProgram(starting: [
      "sweep", study, "--seeds", "5", "--processes", "1", "--output", output,
    ])
    while program.process.isRunning, !folder.holds("out/plain/seed-5/episodes.csv") {
      Thread.sleep(forTimeInterval: 0.005)
    }
    for child in children(of: program.process.processIdentifier) { kill(child, SIGKILL) }
    let result = try program.finish()
    #expect(result.status == 1)
    #expect(result.errors.contains("error: plain, seed 5: the process was ended by signal 9 (Killed)"))
    #expect(result.errors.contains("sweep: 1 processes failed"))
    #expect(
      folder.holds("out/frozen/seed-5/evaluation.json") && !folder.holds("out/plain/seed-5/evaluation.json"))
    let again = try sweep(study, "--seeds", "5", "--output", output)
    #expect(again.status == 0 && again.errors.contains("1 of 2 runs are finished, 1 to do"))
  }

  @Test("a study, and each of its runs, is worked on by one process at a time; links are not followed")
  func isLocked() throws {
    let study = try study()
    for name in ["plain/seed-5", "frozen"] {
      try FileManager.default.createDirectory(
        atPath: folder.path + "/out/" + name, withIntermediateDirectories: true)
    }
    try folder.write("precious", to: "elsewhere")
    for name in ["frozen/oracle.json.unfinished", "frozen/configuration.yaml.partial", "summary.md.partial"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/out/" + name, withDestinationPath: folder.path + "/elsewhere")
    }
    let options = ["--seeds", "5", "--output", folder.path + "/out"]
    let words = "process \(getpid()) is writing to this folder."
    do {
      let lock = try FolderLock(folder.path + "/out")
      let refused = try BuiltProgram.run(["sweep", study] + options)
      #expect(refused.status == 1 && refused.errors.hasPrefix("error: \(folder.path)/out: \(words)"))
      // What is finished can be summed up all the same.
      #expect(try BuiltProgram.run(["sweep", study, "--summary"] + options).status == 0)
      withExtendedLifetime(lock) {}
    }
    let lock = try FolderLock(folder.path + "/out/plain/seed-5")
    let partly = try BuiltProgram.run(["sweep", study] + options)
    #expect(partly.status == 1, "\(partly.errors)")
    #expect(partly.errors.contains("error: plain, seed 5: \(folder.path)/out/plain/seed-5: \(words)"))
    #expect(folder.holds("out/frozen/seed-5/evaluation.json") && folder.holds("out/frozen/oracle.json"))
    withExtendedLifetime(lock) {}
    #expect(try folder.text("elsewhere") == "precious")
  }

  @Test("a mistake in a study shows before anything is started")
  func namesMistakes() throws {
    let study = try study()
    let text = try folder.text("little.yaml").replacing("encoderLearningRate", with: "encoderLearningRat")
    try folder.write(text, to: "little.yaml")
    let result = try sweep(study, "--output", folder.path + "/out")
    #expect(result.status == 1 && result.errors.contains("did you mean 'agent.encoderLearningRate'?"))
    #expect(!folder.holds("out"))
    let missing = try sweep(folder.path + "/none.yaml")
    #expect(missing.status == 1 && missing.errors.contains("none.yaml"))
  }

  @Test(
    "every study in configs/sweeps can be done",
    arguments: ConfigurationFileTests.files(in: "sweeps/")
      + ["streaming", "buffers", "board"].flatMap { ConfigurationFileTests.files(in: "sweeps/\($0)/") }
  )
  func studiesLoad(file: String) throws {
    let study = try Study(path: ConfigurationFileTests.folder + "/" + file, overrides: [])
    #expect(study.experiments.count == study.sweep.variants.count)
    #expect(study.sweep.seeds.count >= 3 && study.sweep.seeds.allSatisfy { $0 > 100 })
    #expect(study.experiments.allSatisfy { $0.training.steps == study.sweep.steps })
  }
}
