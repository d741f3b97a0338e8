import AVGCore
import AVGLearning
import AVGNetwork
package import AVGRecording
import AVGRunFolder
import AVGSystem
import AVGTasks
import AVGTraining
import Foundation
import Logging

extension Experiment where B: ~Copyable {
  /// Runs a recorded log through task and learner again, and compares every step and the final checkpoint.
  ///
  /// - Parameters:
  ///   - checkpoint: where to put the replay's final checkpoint; nil for nowhere.
  /// - Returns: what was found to be the same, in words.
  /// - Throws: `ReplayDifference`, naming step and channel; `LogError` for a log that cannot be replayed, or not on this
  ///   processor.
  @discardableResult
  public func replay(_ log: String, checkpoint: String? = nil) throws -> String {
    let recording = try ReplayedLog(log)
    if let quality = recording.settings.frameQuality {
      throw LogError.unsupported(
        file: log,
        what:
          "its frames are JPEG images of quality \(quality) (--record-quality), not the pixels that the agent saw, so "
          + "that no replay can do the same",
        advice: "--learn learns from it; to have a run repeated, record it without --record-quality.")
    }
    let (player, settings) = (recording.player, recording.settings)
    let instructionSet = try settings.instructionSet(log)
    let comparison = ReplayComparison(player)
    let stop = StopFlag()
    let configuration: Configuration = try recording.origin.configuration()
    var environment = TaskEnvironment(
      body: RecordedBody<T.Command, T.Senses>(player, end: stop.raise), task: try makeTask(configuration),
      frames: frames, staleStepLimit: staleStepLimit(configuration))
    var agent = Learner(
      configuration.agent, for: environment.specification, seed: configuration.training.seed,
      instructionSet: instructionSet)
    let state = try recording.origin.resume(&agent, &environment)
    if !settings.isLearning { agent.mode = .sampling(seed: settings.seed) }
    var trainer = Trainer(environment: environment, agent: agent, resuming: state)
    let plan = TrainingPlan(
      steps: .max, isLearning: settings.isLearning, order: configuration.training.order,
      measuresCaptureAge: settings.isReal, lateSteps: configuration.training.lateSteps,
      timeOutSteps: settings.timeOutSteps)
    do {
      try trainer.run(plan, hooks: hooks(player, comparison, stop), stop: stop)
    } catch TrainingError<LogError>.world(.ended) {
      // A run that failed, or was cut off: there is no more to compare.
    }
    try comparison.finish(trainer.learner, trainer.trainingState)
    if let checkpoint, let final = comparison.replayed { try AtomicFile.write(final, to: checkpoint) }
    if let byte = player.cutOffByte {
      logger.notice("\(log): cut off at byte \(byte): what came after the last whole chunk is not compared")
    }
    guard let difference = comparison.difference else {
      return comparison.summary
    }
    throw ReplayDifference(description: "\(log): the replay differs at \(difference)")
  }

  private typealias ReplayedWorld = TaskEnvironment<RecordedBody<T.Command, T.Senses>, T>

  private func hooks(
    _ player: LogPlayer, _ comparison: ReplayComparison, _ stop: StopFlag
  ) -> TrainingHooks<ReplayedWorld, Learner> {
    var hooks = TrainingHooks<ReplayedWorld, Learner>()
    var isUnderWay = false
    var hasPaused = false
    hooks.request = {
      // An episode of the log that ends without an end was cut off by a pause.
      hasPaused = !hasPaused && isUnderWay && (try? player.peekSight())?.isStart == true
      return hasPaused ? .pause : .none
    }
    hooks.onStep = { transition, step in
      isUnderWay = !transition.outcome.isLast
      if try !comparison.compare(LoggedStep(transition, step)) { stop.raise() }
    }
    return hooks
  }

  /// Learns from a log, whose actions are taken for the learner's own.
  ///
  /// - Parameters:
  ///   - configuration: nil for the log's.
  ///   - start: a run's folder, from whose checkpoint to start; nil for freshly drawn weights.
  @discardableResult
  public func learn(
    from log: String, _ configuration: Configuration? = nil, startingFrom start: String? = nil,
    _ options: TrainingOptions
  ) throws -> TrainingResult {
    let recording = try ReplayedLog(log)
    let configuration = try configuration ?? recording.origin.configuration()
    let task = try makeTask(configuration)
    let transitions = LoggedTransitions(recording.player, task: task, frames: frames)
    let specification = transitions.specification
    var agent = Learner(configuration.agent, for: specification, seed: configuration.training.seed)
    if let start { try RunOrigin(start).restore(&agent) }
    agent.mode = .following
    var trainer = Trainer(source: transitions, learner: agent)
    let recorder = try RunRecorder<LoggedTransitions<T>, Learner>(
      configuration, defaults: defaults(configuration), for: specification,
      timeLimitSteps: task.timeLimitSteps, name: "replay", output: options.output, steps: nil,
      frameLog: nil, stop: options.stop)
    let plan = TrainingPlan(
      steps: .max, checkpointInterval: configuration.training.checkpointIntervalSteps)
    do { try trainer.run(plan, hooks: recorder.hooks(), stop: options.stop) } catch {
      throw recorder.failure(error)
    }
    try recorder.finish(trainer.progress, trainer.latencies)
    return TrainingResult(folder: recorder.folder, progress: trainer.progress)
  }
}

/// A log that holds a run: what was sensed, how it was run, and where it began.
package struct ReplayedLog {
  /// What was sensed and done.
  package let player: LogPlayer
  /// What a replay must know.
  package let settings: ReplaySettings
  /// The run where it began.
  package let origin: RunCheckpoint

  /// Opens a log.
  package init(_ log: String) throws {
    player = LogPlayer(try FrameLogReader(reading: log))
    guard let settings = ReplaySettings(player.metadata), let start = player.startingCheckpoint else {
      throw LogError.missing(
        file: log, what: "run",
        advice: "Only a log written with --record can be replayed; --camera FILE sees any.")
    }
    self.settings = settings
    let name = "\(log) (\(FrameLogWriter.startingCheckpoint))"
    origin = RunCheckpoint(try Safetensors(Data(start), name: name), name: name)
    try origin.verify()
  }
}

/// A replay that did not do what the log tells.
public struct ReplayDifference: Error, CustomStringConvertible {
  /// The log, and the first difference.
  public let description: String
}

extension ReplaySettings {
  /// What this processor can repeat the run with.
  fileprivate func instructionSet(_ log: String) throws(LogError) -> InstructionSet {
    guard let arithmetic else {
      throw .unsupported(
        file: log, what: "it is of before 2026-11-29, when the results depended on the processor",
        advice: "--learn learns from it; to have a run repeated, record it anew.")
    }
    guard let set = InstructionSet.computing(arithmetic) else {
      throw .unsupported(
        file: log,
        what:
          "it was computed with \(arithmetic.printable()) arithmetic, which this program or processor lacks",
        advice:
          "--learn learns from it; every processor with \(InstructionSet.best.arithmetic) repeats its own runs."
      )
    }
    return set
  }
}
