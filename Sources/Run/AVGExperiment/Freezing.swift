import AVGConfiguration
package import AVGCore
import AVGGymnasium
import AVGLearning
package import AVGRunFolder
package import AVGSystem
import AVGTasks
package import AVGTraining
import Foundation

/// Ends a training: goes on for a while without excursions, measures what came out at several times, and keeps the best.
///
/// A policy that explores can hide that it has no answer somewhere: an excursion carries the robot on. Without them it
/// must learn one, and of several times the best is chosen by new episodes; others again say how good it is.
package struct Freezing {
  /// The run whose policy is wanted; it is left as it is.
  package let folder: RunFolder
  /// How long to go on without excursions, in control steps.
  package var steps = 20_000
  /// The episodes by which a policy is chosen, and those by which the chosen one is measured.
  package var choiceEpisodes = 100
  package var episodes = 200
  package var seed: UInt64 = 1

  private static let snapshotCount = 5

  /// A policy that may be kept.
  package struct Candidate {
    let checkpoint: RunCheckpoint
    /// What its episodes came to.
    package let report: EvaluationReport
    /// The control steps after which it was.
    package var step: Int { checkpoint.stepCount }
  }

  /// What was kept.
  package struct Result {
    /// The file.
    package let path: String
    /// The policies that there were to choose from, in the order of their steps.
    package let candidates: [Candidate]
    /// The step of the chosen one, and what new episodes of it came to.
    package let step: Int
    package let report: EvaluationReport
    /// What its episodes are judged by.
    package let score: EpisodeScore
  }

  /// - Throws: `NotARun`.
  package init(run path: String) throws { folder = try RunFolder(ofRun: path) }

  /// The name under which the policy is kept in the run's folder.
  package static let fileName = "policy.safetensors"
  /// The metadata's key for what the policy's episodes came to.
  package static let evaluationKey = "evaluation"

  /// Trains, measures and keeps.
  ///
  /// - Parameter onEpisode: is told what is measured, the episodes done and how many there will be.
  /// - Returns: nil where `stop` was raised: nothing is kept then, and the next call goes on.
  package func run(
    stop: StopFlag, onEpisode: (_ what: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
  ) throws -> Result? {
    // Nothing of the run may change meanwhile, and its policy is put there.
    let origin = try RunOrigin(folder.path, isWriting: true)
    defer { withExtendedLifetime(origin) {} }
    guard let start = origin.checkpoint else {
      throw NothingToFreeze(path: folder.path, reason: "it has no checkpoint yet")
    }
    var experiment = try origin.measuredConfiguration()
    experiment.agent.excursionRate = 0
    guard !experiment.gymnasium.isGiven else {
      throw NothingToFreeze(
        path: folder.path,
        reason:
          "the state of its environment is not known to this program. Choose among its checkpoints with evaluate"
      )
    }
    guard !experiment.isOfArm else {
      throw NothingToFreeze(
        path: folder.path, reason: "it is of an arm. Choose among its checkpoints with evaluate")
    }
    let ending = RunFolder(existing: folder.path + "/freezing")
    try copyRun(from: start, to: ending)
    if steps > 0 { try train(in: ending, to: start.stepCount + steps, stop) }
    let paths = CheckpointHistory(of: ending, capacity: 1).existingPaths.reversed()
    var candidates: [Candidate] = []
    for path in paths where !stop.isRaised {
      let checkpoint = try RunCheckpoint(reading: path)
      guard checkpoint.stepCount >= start.stepCount, checkpoint.stepCount != candidates.last?.step else {
        continue
      }
      let report = try measure(checkpoint, experiment, choiceEpisodes, seed: seed, stop, onEpisode)
      candidates.append(Candidate(checkpoint: checkpoint, report: report))
    }
    let score = experiment.specification.score
    guard !stop.isRaised,
      let best = candidates.max(by: { $0.report.isWorse(than: $1.report, score) })
    else { return nil }
    // Those that chose it say too much of it.
    let other = RandomSource(seed: seed, purpose: "frozen policy").state
    let report = try measure(best.checkpoint, experiment, episodes, seed: other, stop, onEpisode)
    guard !stop.isRaised else { return nil }
    let path = folder.path + "/" + Self.fileName
    var file = best.checkpoint.file
    file.addRestingExcursion(actionCount: experiment.specification.actionCount)
    file.metadata[Self.evaluationKey] = try ExactJSON.encode(report)
    try AtomicFile.write([UInt8](try file.encodedWithChecksum()), to: path)
    try? FileManager.default.removeItem(atPath: ending.path)
    return Result(path: path, candidates: candidates, step: best.step, report: report, score: score)
  }

  /// Copies what a run goes on from, unless an earlier call that was stopped has done so, from the same checkpoint and for
  /// as many steps.
  private func copyRun(from start: RunCheckpoint, to copy: RunFolder) throws {
    let manager = FileManager.default
    let mark = copy.path + "/start-\(steps).safetensors"
    if manager.fileExists(atPath: copy.checkpointPath),
      manager.contentsEqual(atPath: start.name, andPath: mark)
    {
      return
    }
    try? manager.removeItem(atPath: copy.path)
    do {
      _ = try RunFolder(creating: copy.path)
      let buffers = [folder, copy].map { ReplayPlace.folder(beside: $0.checkpointPath) }
      let names = (try? manager.contentsOfDirectory(atPath: buffers[0])) ?? []
      if !names.isEmpty { try RunFolder.makeFolders(buffers[1]) }
      for name in names { try AtomicFile.copy(buffers[0] + "/" + name, to: buffers[1] + "/" + name) }
      // Resuming does without these.
      for file in [\RunFolder.configurationPath, \.episodesPath, \.metricsPath]
      where manager.fileExists(atPath: folder[keyPath: file]) {
        try AtomicFile.copy(folder[keyPath: file], to: copy[keyPath: file])
      }
      // The checkpoint last: it says that the others are there.
      try AtomicFile.copy(start.name, to: mark)
      try AtomicFile.copy(start.name, to: copy.checkpointPath)
    } catch {
      try? manager.removeItem(atPath: copy.path)
      throw error
    }
  }

  /// Goes on without excursions, keeping a checkpoint at each of several times.
  private func train(in copy: RunFolder, to end: Int, _ stop: StopFlag) throws {
    let interval = max(1, steps / Self.snapshotCount)
    let changes = [
      "agent.excursionRate=0", "training.steps=\(end)", "training.checkpointIntervalSteps=\(interval)",
      "training.checkpointsKept=\(Self.snapshotCount + 3)",
    ].map { ConfigurationOverride($0) }
    let origin = try RunOrigin(copy.path, isWriting: true)
    let experiment = try origin.configuration(overrides: changes)
    _ = try ExperimentConfiguration.simulated(name: experiment.task.kind.rawValue).train(
      experiment, TrainingOptions(stop: stop), from: origin)
  }

  private func measure(
    _ checkpoint: RunCheckpoint, _ experiment: ExperimentConfiguration, _ episodes: Int, seed: UInt64,
    _ stop: StopFlag, _ onEpisode: (String, Int, Int) -> Void
  ) throws -> EvaluationReport {
    var environment = try experiment.makeEvaluationWorld(seed: seed)
    var agent = try experiment.makeEvaluatedAgent(for: environment.specification, seed: seed)
    try agent.restore(checkpoint.file, name: checkpoint.name)
    let what = "step \(checkpoint.stepCount): episode"
    return try evaluate(
      in: &environment, episodes: episodes, stop: stop, begins: { onEpisode(what, $0 - 1, episodes) }
    ) { _, observation, action in agent.act(on: observation, into: &action) }
  }
}

extension EvaluationReport {
  /// Whether another policy did better: by successes, then by the way to the goal; by the return or what is measured.
  fileprivate func isWorse(than other: EvaluationReport, _ score: EpisodeScore) -> Bool {
    switch score {
    case .success:
      guard successRate == other.successRate else { return successRate < other.successRate }
      return meanStepsToGoal ?? .infinity > other.meanStepsToGoal ?? .infinity
    case .return: return meanReturn ?? -.infinity < other.meanReturn ?? -.infinity
    case .total(let measure):
      return totals[measure.key]?.mean ?? -.infinity < other.totals[measure.key]?.mean ?? -.infinity
    }
  }
}

extension RunCheckpoint {
  /// Whether new episodes have said how good its policy is as it is.
  package var isMeasured: Bool { file.metadata[Freezing.evaluationKey] != nil }
}

/// A run of which there is no policy to be kept.
private struct NothingToFreeze: Error, CustomStringConvertible {
  let path: String
  let reason: String

  var description: String { "\(path): cannot be frozen: \(reason)." }
}
