import AVGCore
import AVGImaging
import AVGSystem
import AVGTestSupport
import Foundation
import Testing

@testable import AVGRunFolder
@testable import AVGTraining

@Suite("Run folder")
struct RunFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("the folder and its parents are created")
  func makesFolders() throws {
    let run = try RunFolder(creating: folder.path + "/runs/a/b")
    #expect(run.checkpointPath == folder.path + "/runs/a/b/checkpoint.safetensors")
    #expect(FileManager.default.fileExists(atPath: run.path))
    // An empty folder is accepted.
    #expect(throws: Never.self) { try RunFolder(creating: run.path) }
  }

  @Test("a folder that is not empty is refused and not changed")
  func refusesForeignFolders() throws {
    try AtomicFile.write("mine", to: folder.path + "/thesis.txt")
    let error = #expect(throws: RunFolderError.self) { try RunFolder(creating: folder.path) }
    #expect(
      error?.description
        == "\(folder.path): the folder is not empty. Name a new or empty folder with --output.")
    #expect(folder.names == ["thesis.txt"])
  }

  @Test("a file in the way is named")
  func refusesFiles() throws {
    try AtomicFile.write("mine", to: folder.path + "/file")
    let error = #expect(throws: RunFolderError.self) { try RunFolder(creating: folder.path + "/file/run") }
    #expect(error?.description.hasPrefix("\(folder.path)/file") == true)
    #expect(error?.description.contains("Not a directory") == true)
  }

  @Test("the name of a run contains its name, seed and time")
  func namesRuns() {
    let path = RunFolder.defaultPath(name: "my reacher/2", seed: 7, time: 1_700_000_000)
    #expect(path.hasPrefix("runs/my-reacher-2-7-202311"))
    #expect(path.count == "runs/my-reacher-2-7-20231114-221320".count)
  }

  @Test("episodes.csv contains the header and a row for each episode as soon as it has ended")
  func logsEpisodes() throws {
    let run = try RunFolder(creating: folder.path)
    let log = try EpisodeLog(creating: run.episodesPath)
    #expect(try folder.text("episodes.csv") == "step,episode,length,return,success\n")
    var sum = 0.0
    for _ in 0..<43 { sum += Double(Float(-0.1)) }
    try log.append(EpisodeRecord(step: 43, episode: 1, length: 43, return: sum, success: true))
    #expect(try folder.text("episodes.csv").hasSuffix("success\n43,1,43,-4.3,1\n"))
    try log.append(EpisodeRecord(step: 376, episode: 2, length: 333, return: -333, success: false))
    #expect(
      try folder.text("episodes.csv") == """
        step,episode,length,return,success
        43,1,43,-4.3,1
        376,2,333,-333.0,0

        """)
  }

  @Test("a run's episodes reach the log, and its progress the line, through the hooks")
  func servesAsHook() throws {
    let journal = Journal()
    var trainer = Trainer(
      environment: FakeEnvironment(journal: journal, script: [.going, .goal]),
      agent: FakeAgent(journal: journal))
    let log = try EpisodeLog(creating: folder.path + "/episodes.csv")
    var line = ProgressLine(totalSteps: 4, isTerminal: false) { journal.calls.append($0) }
    var hooks = TrainingHooks<FakeEnvironment, FakeAgent>()
    hooks.onStep = { line.update($1.progress) }
    hooks.onEpisode = { try log.append($0) }
    try trainer.run(TrainingPlan(steps: 4), hooks: hooks)
    line.finish(trainer.progress)
    #expect(try folder.text("episodes.csv").hasSuffix("success\n2,1,2,1.0,1\n4,2,2,1.0,1\n"))
    #expect(journal.calls.last?.hasPrefix("step 4/4  ") == true)
  }

  @Test("a log never overwrites another")
  func keepsOldLogs() throws {
    _ = try EpisodeLog(creating: folder.path + "/episodes.csv")
    #expect(throws: FileError.self) { _ = try EpisodeLog(creating: folder.path + "/episodes.csv") }
  }

  @Test("a log continues after the checkpoint's episodes; later ones and half a line are dropped")
  func resumesLogs() throws {
    let path = folder.path + "/episodes.csv"
    let header = "step,episode,length,return,success\n"
    try AtomicFile.write(header + "2,1,2,1.0,1\n5,2,3,-3.25,0\n9,3,4,-4.0,0\n12,4,", to: path)
    #expect(try EpisodeLog.episodes(in: path).map(\.step) == [2, 5, 9])
    let log = try EpisodeLog(resuming: path, after: 2)
    try log.append(EpisodeRecord(step: 7, episode: 3, length: 2, return: -2, success: true))
    #expect(try folder.text("episodes.csv") == header + "2,1,2,1.0,1\n5,2,3,-3.25,0\n7,3,2,-2.0,1\n")
    #expect(try EpisodeLog.episodes(in: path)[1].return == -3.25)
    // A run that was interrupted before it had a log.
    _ = try EpisodeLog(resuming: folder.path + "/new.csv", after: 0)
    #expect(try folder.text("new.csv") == header)
  }

  /// Five episodes, their lines, and their metrics.
  private func fiveEpisodes() throws -> (run: RunFolder, lines: [String], text: String) {
    let run = RunFolder(existing: folder.path)
    let log = try EpisodeLog(creating: run.episodesPath)
    let metrics = try RunMetrics(in: run, pictureInterval: 0)
    for number in 1...5 {
      let sum = Double(Float(-0.1)) * Double(number)
      let episode = EpisodeRecord(
        step: 10 * number, episode: number, length: 10, return: sum, success: number > 3)
      try log.append(episode)
      try metrics.end(episode)
    }
    try metrics.finish()
    let text = try folder.text("episodes.csv")
    return (run, text.split(separator: "\n").map(String.init), text)
  }

  /// Resumes after `count` episodes.
  ///
  /// - Returns: the notices.
  private func resume(_ run: RunFolder, after count: Int) throws -> [String] {
    let said = SaidLines()
    _ = try EpisodeLog(
      resuming: run.episodesPath, after: count, metricsPath: run.metricsPath, logger: said.logger)
    return said.lines
  }

  @Test("a log whose lines an editor ended with CR LF is read and resumed")
  func readsCarriageReturns() throws {
    let (run, _, text) = try fiveEpisodes()
    try AtomicFile.write("\u{FEFF}" + text.replacing("\n", with: "\r\n"), to: run.episodesPath)
    #expect(try EpisodeLog.episodes(in: run.episodesPath).map(\.step) == [10, 20, 30, 40, 50])
    #expect(try resume(run, after: 5).isEmpty)
    #expect(try folder.text("episodes.csv") == text)
    // An editor that omits the newline of the last line does not lose an episode either.
    try AtomicFile.write(String(text.dropLast()), to: run.episodesPath)
    try FileManager.default.removeItem(atPath: run.metricsPath)
    #expect(try resume(run, after: 5).isEmpty)
    #expect(try folder.text("episodes.csv") == text)
  }

  @Test(
    "a damaged log is restored from metrics.jsonl, and the damaged file is kept under another name",
    arguments: ["garbage\u{0}", "20,2,ten,-0.2,0", "30,2,10,-0.2", "20,1,10,-0.2,0", ""])
  func rebuildsLogs(damage: String) throws {
    let (run, lines, text) = try fiveEpisodes()
    let damaged = text.replacing(lines[2], with: damage)
    try AtomicFile.write(damaged, to: run.episodesPath)
    let path = run.episodesPath
    let said = SaidLines()
    #expect(try EpisodeLog.episodes(in: path, logger: said.logger).map(\.episode) == [1, 3, 4, 5])
    #expect(said.lines == ["\(path): line 3 is not the next episode; such lines are skipped"])
    #expect(
      try resume(run, after: 4) == [
        "\(path): line 3 is not the next episode",
        "\(path): 1 of 4 episodes were missing; all were restored from metrics.jsonl",
        "\(path): the original file is now \(folder.path)/episodes-damaged-1.csv",
      ])
    #expect(try folder.text("episodes.csv") == lines.prefix(5).map { $0 + "\n" }.joined())
    #expect(try folder.text("episodes-damaged-1.csv") == damaged)
  }

  @Test("a log that is missing, or shorter than the checkpoint says, is restored from metrics.jsonl")
  func rebuildsMissingLogs() throws {
    let (run, lines, text) = try fiveEpisodes()
    try AtomicFile.write(lines.prefix(3).map { $0 + "\n" }.joined(), to: run.episodesPath)
    let said = "\(run.episodesPath): 3 of 5 episodes were missing; all were restored from metrics.jsonl"
    #expect(try resume(run, after: 5) == [said])
    #expect(try folder.text("episodes.csv") == text)
    try FileManager.default.removeItem(atPath: run.episodesPath)
    #expect(try resume(run, after: 5) == [said.replacing("3 of 5", with: "5 of 5")])
    #expect(try folder.text("episodes.csv") == text)
  }

  @Test("episodes missing from all files are reported as lost, and nothing is deleted")
  func keepsWhatIsLeft() throws {
    let (run, lines, text) = try fiveEpisodes()
    let damaged = text.replacing(lines[2], with: "?")
    for (index, metrics) in ["{\"step\":10}\nno JSON\n", "", nil].enumerated() {
      try AtomicFile.write(damaged, to: run.episodesPath)
      if let metrics {
        try AtomicFile.write(metrics, to: run.metricsPath)
      } else {
        try FileManager.default.removeItem(atPath: run.metricsPath)
      }
      let said = try resume(run, after: 5)
      #expect(
        said.contains { $0.hasSuffix("1 of 5 episodes were missing; 0 were restored from metrics.jsonl") }
      )
      #expect(try folder.text("episodes-damaged-\(index + 1).csv") == damaged)
      #expect(try EpisodeLog.episodes(in: run.episodesPath).map(\.episode) == [1, 3, 4, 5])
    }
  }

  @Test("a folder has one lock at a time, and the error names the process that holds it")
  func locksFolders() throws {
    let lock = try FolderLock(folder.path)
    let error = #expect(throws: RunFolderError.self) { _ = try FolderLock(folder.path) }
    #expect(
      error?.description == "\(folder.path): process \(getpid()) is writing to this folder. "
        + "Wait until it ends, or end it with 'kill \(getpid())'.")
    withExtendedLifetime(lock) {}
    #expect(folder.names.isEmpty)
  }

  @Test("a released lock can be taken again")
  func unlocksFolders() throws {
    for _ in 0..<2 { _ = try FolderLock(folder.path) }
    #expect(throws: RunFolderError.self) { _ = try FolderLock(folder.path + "/nowhere") }
  }

  @Test(
    "an impossible episode is refused",
    arguments: [
      "-1,1,4,-4.0,0", "9223372036854775807,1,4,-4.0,0", "4,1,-4,-4.0,0", "4,1,4,inf,0", "4,1,4,nan,0",
      "4,1,4,,0",
      "4,-9223372036854775808,4,-4.0,0", "4,1,4,-4.0,0,inf",
    ])
  func impossibleEpisodes(line: String) throws {
    let path = folder.path + "/episodes.csv"
    try AtomicFile.write("step,episode,length,return,success\n\(line)\n", to: path)
    #expect(try EpisodeLog.episodes(in: path).isEmpty)
  }

  @Test("impossible progress and windows are recognised")
  func impossibleProgress() throws {
    #expect(TrainingProgress().isPossible)
    var progress = TrainingProgress()
    progress.missedCycles = .max
    #expect(!progress.isPossible)
    progress.missedCycles = -1
    #expect(!progress.isPossible)
    for text in [
      #"{"lengths":[1],"successes":[],"distances":[0]}"#,
      #"{"lengths":[-1],"successes":[true],"distances":[0]}"#,
      #"{"lengths":[9223372036854775807],"successes":[true],"distances":[0]}"#,
    ] {
      progress = TrainingProgress()
      progress.recent = try JSONDecoder().decode(RecentEpisodes.self, from: Data(text.utf8))
      #expect(!progress.isPossible, "\(text)")
    }
  }

  @Test("the most recent checkpoints are kept, the newest under a fixed name", arguments: [1, 2, 3])
  func keepsCheckpoints(capacity: Int) throws {
    let history = CheckpointHistory(of: RunFolder(existing: folder.path), capacity: capacity)
    for content in UInt8(1)...5 {
      try history.append([content])
      let kept = history.existingPaths.map { FileManager.default.contents(atPath: $0).map(Array.init) }
      #expect(kept == (0..<min(capacity, Int(content))).map { [content - UInt8($0)] })
    }
    #expect(folder.names.contains("checkpoint.safetensors"))
    #expect(folder.names.count == capacity)
  }

  @Test("a checkpoint that cannot be written leaves the older ones unchanged")
  func keepsCheckpointsOnFailure() throws {
    let history = CheckpointHistory(of: RunFolder(existing: folder.path), capacity: 3)
    try history.append([1])
    try history.append([2])
    // Creating the next temporary file fails.
    try FileManager.default.createDirectory(
      atPath: history.newestPath + ".partial/inner", withIntermediateDirectories: true)
    #expect(throws: FileError.self) { try history.append([3]) }
    #expect(
      history.existingPaths.map { FileManager.default.contents(atPath: $0).map(Array.init) } == [[2], [1]])
  }

  @Test("the learning curve is a PNG, and no temporary file is left")
  func drawsTheLearningCurve() throws {
    let run = try RunFolder(creating: folder.path)
    let episodes = (1...5).map {
      EpisodeRecord(step: 10 * $0, episode: $0, length: 10, return: -1, success: $0 > 2)
    }
    try run.writeLearningCurve(LearningCurve(name: "reacher", episodes: episodes))
    let picture = try PNG.read(run.learningCurvePath)
    #expect(picture.shape.width == 1350 && picture.shape.height == 960)
    #expect(folder.names == ["learning-curve.png"])
  }
}

@Suite("Atomic file")
struct AtomicFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("a file replaces the old one completely, and no temporary file is left")
  func replaces() throws {
    let path = folder.path + "/checkpoint"
    try AtomicFile.write([UInt8](repeating: 1, count: 1_000_000), to: path)
    try AtomicFile.write([1, 2, 3], to: path)
    #expect(FileManager.default.contents(atPath: path).map(Array.init) == [1, 2, 3])
    #expect(folder.names == ["checkpoint"])
  }

  @Test(
    "a link at the path of the temporary file is removed, and its target is not changed"
  )
  func followsNoLinks() throws {
    try AtomicFile.write("precious", to: folder.path + "/elsewhere")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/checkpoint.partial", withDestinationPath: folder.path + "/elsewhere")
    try AtomicFile.write("new", to: folder.path + "/checkpoint")
    #expect(try folder.text("elsewhere") == "precious" && folder.text("checkpoint") == "new")
    #expect(folder.names == ["checkpoint", "elsewhere"])
  }

  @Test("if the new file cannot replace the old one, the old one stays and no temporary file is left")
  func keepsTheOldFile() throws {
    // A folder that is not empty cannot be replaced by a file.
    try FileManager.default.createDirectory(
      atPath: folder.path + "/checkpoint/inner", withIntermediateDirectories: true)
    let error = #expect(throws: FileError.self) {
      try AtomicFile.write("new", to: folder.path + "/checkpoint")
    }
    #expect(
      error?.description.hasPrefix("\(folder.path)/checkpoint: cannot put the new file in place: ") == true)
    #expect(folder.names == ["checkpoint"])
  }

  @Test("a folder that does not exist is an error that says so")
  func needsTheFolder() {
    let error = #expect(throws: FileError.self) { try AtomicFile.write("x", to: "/nowhere/file") }
    #expect(
      error?.description
        == "/nowhere/file.partial: cannot open for writing: No such file or directory. Check that the folder exists."
    )
  }

  @Test("a full disk is an error that says so")
  func reportsAFullDisk() {
    let error = #expect(throws: FileError.self) {
      let file = try OutputFile(path: "/dev/full", flags: 0)
      try file.write([1])
    }
    #expect(
      error?.description == "/dev/full: cannot write: No space left on device. Make room on the disk.")
  }
}
