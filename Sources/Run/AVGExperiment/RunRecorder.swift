import AVGConfiguration
package import AVGCore
package import AVGDashboard
package import AVGLearning
import AVGNetwork
package import AVGRecording
package import AVGRunFolder
package import AVGSystem
import AVGTasks
package import AVGTraining
import Foundation
import Logging

/// Keeps a run's folder up to date and shows its progress.
package final class RunRecorder<
  World: ~Copyable, Learner: CheckpointedAgent & InspectableAgent & ~Copyable
> {
  package let folder: RunFolder
  /// The live page, if there is one.
  package var dashboard: Dashboard?
  /// Where the robot is, for the live page; nil where nobody knows.
  package var place: (borrowing World) -> RobotPlace? = { _ in nil }
  private let configuration: String
  private let history: CheckpointHistory
  /// Where a learner's replay buffer is kept, beside the checkpoints.
  private let replay: ReplayPlace
  private let specification: EnvironmentSpecification
  private let lock: FolderLock
  private let timeLimitSteps: Int
  private let log: EpisodeLog
  private let metrics: RunMetrics
  private var line: ProgressLine
  private var episodes: [EpisodeRecord] = []
  private let frameLog: FrameLogWriter?
  private let environmentState: (borrowing World) throws -> String?
  /// The checkpoint written last.
  private var checkpoint: [UInt8]?

  /// Makes the folder and writes the resolved configuration into it; or goes on with that of a run, as it was at the
  /// checkpoint.
  ///
  /// - Parameters:
  ///   - defaults: what the configuration has for keys that nobody sets.
  ///   - frameLog: where the run is recorded, if it is.
  ///   - stop: is raised as soon as the disk refuses something, also while no step is under way: no robot goes on for
  ///     nothing.
  ///   - environment: the simulated world's state; nil of a world that cannot be taken up again.
  package init<Configuration: RunConfiguration>(
    _ configuration: Configuration, defaults: Configuration, for specification: EnvironmentSpecification,
    timeLimitSteps: Int,
    name: String, resuming origin: RunOrigin? = nil,
    output: String?, steps: Int?, frameLog: FrameLogWriter?,
    stop: StopFlag,
    environment: @escaping (borrowing World) throws -> String? = { _ in nil }
  ) throws {
    self.frameLog = frameLog
    environmentState = environment
    self.configuration = StrictYAML.dump(configuration)
    self.specification = specification
    self.timeLimitSteps = timeLimitSteps
    line = ProgressLine(totalSteps: steps, score: specification.score, isShown: logger.logLevel <= .notice)
    let count = origin?.checkpoint?.episodeCount ?? 0
    if let origin {
      folder = origin.folder
      lock = try origin.lock ?? FolderLock(folder.path)
      logger.notice("\(origin.beginning(steps: steps))")
      try origin.makeNewest(keeping: configuration.training.checkpointsKept)
      log = try EpisodeLog(
        resuming: folder.episodesPath, after: count, measures: specification.measures,
        metricsPath: folder.metricsPath)
      episodes = try EpisodeLog.episodes(in: folder.episodesPath, measures: specification.measures)
    } else {
      let seed = configuration.training.seed
      folder = try output.map { try RunFolder(creating: $0) } ?? RunFolder(named: name, seed: seed)
      lock = try FolderLock(folder.path)
      log = try EpisodeLog(creating: folder.episodesPath, measures: specification.measures)
    }
    // Of a log that has lost episodes, the last one tells nothing.
    let lastStep = episodes.count == count ? episodes.last?.step : origin?.checkpoint?.stepCount
    metrics = try RunMetrics(
      in: folder,
      resuming: origin.map { _ in
        MetricsResumption(episodeCount: count, step: lastStep ?? 0)
      }, measures: specification.measures, pictureInterval: configuration.training.pictureIntervalSteps,
      onFailure: stop.raise)
    let kept = configuration.training.checkpointsKept
    history = CheckpointHistory(of: folder, capacity: kept)
    replay = .beside(
      folder: ReplayPlace.folder(beside: folder.checkpointPath), checkpointsKept: kept)
    // Last: a folder with a configuration is a run that can be resumed. One that says the same stays as it was edited.
    let written = try? StrictYAML.load(defaults, path: folder.configurationPath)
    if written != configuration {
      let set = InstructionSet.best
      try folder.writeConfiguration(
        configuration, comment: "Computed by avg-vision \(Product.version) with \(set) (\(set.arithmetic)).")
    }
  }

  /// The hooks that keep the folder.
  ///
  /// - Parameter note: what the progress line says of a step besides.
  package func hooks(note: @escaping (borrowing Transition) -> String = { _ in "" })
    -> TrainingHooks<World, Learner>
  {
    var hooks = TrainingHooks<World, Learner>()
    let distance = specification.measures.firstIndex(of: CreateMover.distance)
    hooks.onStep = { transition, step in
      if let frameLog = self.frameLog {
        try frameLog.write(LoggedStep(transition, step, distance: distance))
      }
      if !transition.outcome.isStale { self.line.update(step.progress, note: note(transition)) }
    }
    hooks.onInspection = { world, agent, transition, step, latencies in
      self.metrics.inspect(agent, transition, step, latencies)
      self.dashboard?.inspect(agent, transition, step, latencies, at: self.place(world))
    }
    if let dashboard { hooks.request = dashboard.request }
    hooks.onEpisode = { episode in
      self.episodes.append(episode)
      try self.log.append(episode)
      try self.metrics.end(episode)
      self.dashboard?.end(episode)
      let end = episode.success ? "at the goal" : "not at the goal"
      logger.debug(
        "episode \(episode.episode)  step \(episode.step)  steps \(episode.length)  return \(Float(episode.return))  \(end)"
      )
    }
    hooks.onCheckpoint = { world, agent, trainingState in
      // First the buffer, which an older checkpoint still finds, then the checkpoint that names more of it.
      let checkpoint = try self.encode(world, agent, trainingState, self.replay)
      // A checkpoint promises its episodes.
      try self.log.synchronize()
      try self.history.append(checkpoint)
      self.checkpoint =
        self.frameLog == nil || !agent.keepsTransitions
        ? checkpoint : try self.encode(world, agent, trainingState, .nowhere)
      self.dashboard?.note("checkpoint kept at step \(trainingState.progress.steps)")
    }
    return hooks
  }

  private func encode(
    _ world: borrowing World, _ agent: borrowing Learner, _ trainingState: TrainingState,
    _ replay: ReplayPlace
  ) throws -> [UInt8] {
    try RunCheckpoint(
      agent, trainingState, environment: try environmentState(world), configuration: configuration,
      replay: replay
    ).encoded()
  }

  /// Begins the recording with the state in which the run begins.
  ///
  /// - Parameter settings: what a replay must know besides.
  package func begin(_ trainer: borrowing Trainer<World, Learner>, _ settings: ReplaySettings) throws {
    guard let frameLog else { return }
    checkpoint = try encode(trainer.world, trainer.learner, trainer.trainingState, .nowhere)
    // A replay needs the buffer with which the run goes on; nobody has kept what comes later beside the log.
    let start =
      trainer.learner.keepsTransitions
      ? try encode(trainer.world, trainer.learner, trainer.trainingState, .inside) : checkpoint
    try frameLog.begin(
      metadata: [("configuration", configuration), ("version", Product.version)] + settings.entries,
      checkpoint: start ?? [])
  }

  /// Ends the progress line and the recording, writes the latencies, and draws the learning curve.
  package func finish(_ progress: TrainingProgress, _ latencies: StepLatencies) throws {
    line.finish(progress)
    dashboard?.close()
    try metrics.finish()
    do {
      try frameLog?.close(checkpoint: checkpoint)
      try AtomicFile.write(LatencyTable(latencies).text, to: folder.latenciesPath)
      try writeLearningCurve()
    } catch { throw failure(error) }
  }

  private func writeLearningCurve() throws {
    // One episode makes a picture, but no curve.
    if episodes.count < LearningCurve.fewestEpisodes {
      // Somebody else's environment may have no limit that is known here.
      let length = timeLimitSteps > 0 ? "; one takes up to \(timeLimitSteps) steps" : ""
      logger.notice("no learning curve: too short, with \(episodes.count) episodes ended\(length)")
    }
    guard !episodes.isEmpty else { return }
    // By the folder, which a resumed run keeps.
    let name = URL(filePath: folder.path).lastPathComponent
    try folder.writeLearningCurve(LearningCurve(name: name, episodes: episodes, score: specification.score))
  }

  /// The error with what is left of the run.
  package func failure(_ error: any Error) -> RunFailure {
    // What has been seen so far is whole all the same; the error that is told is the first.
    try? frameLog?.close(checkpoint: nil)
    return RunFailure(error: error, folder: folder, history: history)
  }
}

/// What ended a run, and how it can go on.
package struct RunFailure: Error, CustomStringConvertible {
  package let description: String

  fileprivate init(error: any Error, folder: RunFolder, history: CheckpointHistory) {
    let whole = history.existingPaths.lazy.compactMap { try? RunCheckpoint(reading: $0) }.first
    let rest =
      whole.map { " The last good checkpoint, of step \($0.file.metadata["steps"] ?? "?"), is \($0.name);" }
      ?? " There is no checkpoint yet;"
    description = "\(error)\(rest) go on from there with --resume \(folder.path)."
  }
}
