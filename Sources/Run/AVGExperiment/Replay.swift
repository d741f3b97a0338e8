import AVGCore
import AVGLearning
import AVGRecording
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
  ///   - tolerance: on another kind of machine than the log's, how far a number may be off, beside the greater of its
  ///     size and 1; on the same it must be equal to the bit.
  ///   - checkpoint: where to put the replay's final checkpoint; nil for nowhere.
  /// - Returns: what was found to be the same, in words.
  /// - Throws: `ReplayDifference`, naming step and channel; `LogError` for a log that cannot be replayed.
  @discardableResult
  public func replay(_ log: String, tolerance: Double = 1e-2, checkpoint: String? = nil) throws -> String {
    let recording = try ReplayedLog(log)
    let configuration: Configuration = try recording.origin.configuration()
    let stop = StopFlag()
    let player = recording.player
    var environment = TaskEnvironment(
      body: RecordedBody(player, end: stop.raise), task: try makeTask(configuration),
      staleStepLimit: staleStepLimit(configuration))
    var agent = Learner(
      configuration.agent, for: environment.specification, seed: configuration.training.seed)
    let state = try recording.origin.resume(&agent, &environment)
    return try recording.compare(
      Trainer(environment: environment, agent: agent, resuming: state), configuration.training,
      tolerance: tolerance, checkpoint: checkpoint, stop: stop, isStart: { try player.peekSight()?.isStart },
      isEnd: { if case .ended = $0 { true } else { false } })
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
    let transitions = LoggedTransitions(recording.player, task: task)
    let specification = transitions.specification
    var agent = Learner(configuration.agent, for: specification, seed: configuration.training.seed)
    if let start { try RunOrigin(start).restore(&agent) }
    return try configuration.learn(
      from: transitions, agent, defaults: defaults(configuration), timeLimitSteps: task.timeLimitSteps,
      options)
  }
}

extension RunConfiguration {
  /// Learns from transitions that somebody else made, to their end.
  func learn<Source: TransitionSource & ~Copyable>(
    from transitions: consuming Source, _ agent: consuming Learner, defaults: Self, timeLimitSteps: Int,
    _ options: TrainingOptions
  ) throws -> TrainingResult {
    let specification = transitions.specification
    var agent = agent
    agent.mode = .following
    var trainer = Trainer(source: transitions, learner: agent)
    let recorder = try RunRecorder<Source, Learner>(
      self, defaults: defaults, for: specification, timeLimitSteps: timeLimitSteps, name: "replay",
      output: options.output, steps: nil, frameLog: nil, stop: options.stop)
    let plan = TrainingPlan(steps: .max, checkpointInterval: training.checkpointIntervalSteps)
    do { try trainer.run(plan, hooks: recorder.hooks(), stop: options.stop) } catch {
      throw recorder.failure(error)
    }
    try recorder.finish(trainer.progress, trainer.latencies)
    return TrainingResult(folder: recorder.folder, progress: trainer.progress)
  }
}
