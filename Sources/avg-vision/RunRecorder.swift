import AVGCore
import AVGLearning
import AVGTraining
import Foundation

/// Keeps a run's folder up to date and shows its progress.
final class RunRecorder {
  let folder: RunFolder
  private let name: String
  private let configuration: String
  private let log: EpisodeLog
  private var line: ProgressLine
  private var episodes: [EpisodeRecord] = []

  /// Makes the folder and writes the resolved configuration into it.
  init(_ configuration: ExperimentConfiguration, name: String, output: String?, steps: Int?) throws {
    self.name = name
    self.configuration = try StrictYAML.dump(configuration)
    folder = try RunFolder(
      creating: output ?? RunFolder.defaultPath(name: name, seed: configuration.training.seed))
    try folder.writeConfiguration(configuration)
    log = try EpisodeLog(creating: folder.episodesPath)
    line = ProgressLine(totalSteps: steps)
  }

  /// The hooks that keep the folder.
  ///
  /// - Parameter note: what the progress line says of a step besides.
  func hooks(note: @escaping (TrainingStep) -> String = { _ in "" }) -> TrainingHooks<Learner> {
    var hooks = TrainingHooks<Learner>()
    hooks.onStep = { _, step in self.line.update(step.progress, note: note(step)) }
    hooks.onEpisode = { episode in
      self.episodes.append(episode)
      try self.log.append(episode)
    }
    hooks.onCheckpoint = { agent, progress in
      let checkpoint = agent.checkpoint(metadata: [
        "configuration": self.configuration, "version": Program.version, "steps": "\(progress.steps)",
        "episodes": "\(progress.episodes)",
      ])
      try AtomicFile.write([UInt8](checkpoint.encoded()), to: self.folder.checkpointPath)
    }
    return hooks
  }

  /// Draws the learning curve and ends the progress line.
  func finish(_ progress: TrainingProgress) throws {
    line.finish(progress)
    try folder.writeLearningCurve(LearningCurve(name: name, episodes: episodes))
  }
}
