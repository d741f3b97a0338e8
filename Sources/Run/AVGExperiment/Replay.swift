import AVGCore
import AVGLearning
import AVGNetwork
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
  ///   - checkpoint: where to put the replay's final checkpoint; nil for nowhere.
  /// - Returns: what was found to be the same, in words.
  /// - Throws: `ReplayDifference`, naming step and channel; `LogError` for a log that cannot be replayed, or not on this
  ///   processor.
  @discardableResult
  public func replay(_ log: String, checkpoint: String? = nil) throws -> String {
    let recording = try ReplayedLog(log)
    let instructionSet = try recording.instructionSet()
    let configuration: Configuration = try recording.origin.configuration()
    let stop = StopFlag()
    let player = recording.player
    var environment = TaskEnvironment(
      body: RecordedBody<T.Command, T.Senses>(player, end: stop.raise), task: try makeTask(configuration),
      frames: frames, staleStepLimit: staleStepLimit(configuration))
    var agent = Learner(
      configuration.agent, for: environment.specification, seed: configuration.training.seed,
      instructionSet: instructionSet)
    let state = try recording.origin.resume(&agent, &environment)
    return try recording.compare(
      Trainer(environment: environment, agent: agent, resuming: state), configuration.training,
      checkpoint: checkpoint, stop: stop, isStart: { try player.peekSight()?.isStart },
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
    let transitions = LoggedTransitions(
      recording.player, task: task, frames: frames, firstStep: recording.origin.stepCount)
    let specification = transitions.specification
    var agent = Learner(
      configuration.agent, for: specification, seed: configuration.training.seed,
      workers: try configuration.training.makeWorkers())
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
    try agent.prepare()
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
