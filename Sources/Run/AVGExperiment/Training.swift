public import AVGConfiguration
public import AVGCore
public import AVGDashboard
import AVGLearning
public import AVGRecording
public import AVGRunFolder
public import AVGSystem
public import AVGTasks
public import AVGTraining
import Logging

/// What a training is told besides its configuration.
public struct TrainingOptions: Sendable {
  /// The folder to keep the run in; nil for `runs/NAME-SEED-TIME`.
  public var output: String?
  /// The MCAP file to record in; nil for none.
  public var record: String?
  /// The JPEG quality of recorded frames, 1…100; nil for the pixels that the agent saw.
  public var recordQuality: Int?
  /// Where to show a live page; nil for nowhere.
  public var dashboard: DashboardAddress?
  /// The learner on another computer; nil for one of this process.
  public var learner: LearnerChoice?
  /// Ends the run after the step at hand, with its checkpoint.
  public var stop: StopFlag

  /// Makes options.
  ///
  /// - Parameter stop: that of Ctrl-C, if nothing else is given.
  public init(
    output: String? = nil, record: String? = nil, recordQuality: Int? = nil,
    dashboard: DashboardAddress? = nil, stop: StopFlag = .raisedBySignals()
  ) {
    self.output = output
    self.record = record
    self.recordQuality = recordQuality
    self.dashboard = dashboard
    self.stop = stop
  }
}

/// What a training came to.
public struct TrainingResult: Sendable {
  /// Where it is kept.
  public var folder: RunFolder
  /// How far it came.
  public var progress: TrainingProgress
}

extension Experiment where B: ResumableBody, B: ~Copyable {
  /// The run folder's training, which goes on.
  public typealias World = TaskEnvironment<RecordingBody<B>, T>

  /// Trains to `training.steps`, in a folder of the run's own.
  ///
  /// - Throws: what stops it; the folder then holds the last good checkpoint.
  @discardableResult
  public func train(_ configuration: Configuration, _ options: TrainingOptions) throws -> TrainingResult {
    try train(configuration, options, from: nil)
  }

  /// Goes on with the run in `folder`, by its own configuration, to the bit as if it had not been broken off.
  ///
  /// - Parameters:
  ///   - folder: a run's folder, or one of the checkpoints in it.
  ///   - overrides: what is to be different, as `training.steps=40000`.
  @discardableResult
  public func resume(
    _ folder: String, overrides: [ConfigurationOverride] = [], _ options: TrainingOptions
  ) throws -> TrainingResult {
    let origin = try RunOrigin(folder, isWriting: true)
    let configuration: Configuration = try origin.configuration { file, defaults in
      try file.read(over: defaults ?? Configuration(), overrides)
    }
    return try train(configuration, options, from: origin)
  }

  /// Trains, or goes on with `origin`, whose folder's lock is held.
  package func train(
    _ configuration: Configuration, _ options: TrainingOptions, from origin: RunOrigin?
  ) throws -> TrainingResult {
    let training = configuration.training
    let task = try makeTask(configuration)
    let log = try options.record.map {
      try RecordingRequest(path: $0, quality: options.recordQuality).open(
        frames == nil ? .observations(bytes: 0) : .frames,
        steps: max(0, training.steps - max(0, origin?.checkpoint?.stepCount ?? 0)),
        controlPeriod: task.controlPeriod, isReal: false, stop: options.stop)
    }
    var world = World(
      body: RecordingBody(try makeBody(configuration), log: log), task: task, frames: frames,
      staleStepLimit: staleStepLimit(configuration))
    if let learner = options.learner {
      return try train(configuration, task, world, log, options, learner)
    }
    var agent = Learner(
      configuration.agent, for: world.specification, seed: training.seed, workers: try training.makeWorkers())
    let state = try origin?.checkpoint?.resume(&agent, &world)
    return try makeRun(configuration, steps: training.steps, task, log).train(
      world, agent, resuming: state, from: origin, options)
  }

  /// Acts in `world`, and has another computer learn.
  private func train(
    _ configuration: Configuration, _ task: T, _ world: consuming World, _ log: FrameLogWriter?,
    _ options: TrainingOptions, _ learner: LearnerChoice
  ) throws -> TrainingResult {
    let steps = configuration.training.steps
    var configuration = configuration
    let agent = try configuration.link(to: learner, world.specification, waits: true, stop: options.stop)
    let link = agent.link
    // How long it acts is the robot's own affair.
    return try makeRun(configuration, steps: steps, task, log).train(
      world, agent, resuming: nil, from: nil, options, link)
  }

  private func makeRun(
    _ configuration: Configuration, steps: Int, _ task: T, _ log: FrameLogWriter?
  ) -> TrainingRun<World, Configuration> {
    var run = TrainingRun<World, Configuration>(
      name: name, configuration: configuration, defaults: defaults(configuration),
      timeLimitSteps: task.timeLimitSteps, steps: steps, log: log)
    run.environmentState = { world in try ExactJSON.encode(world.state) }
    run.place = { world in place(world.body.inner) }
    run.page = { folder in settings(configuration, task, folder) }
    return run
  }
}

extension Experiment where B: ~Copyable {
  /// What a live page has to know of a run of these.
  func settings(
    _ configuration: Configuration, _ task: T, _ folder: RunFolder
  ) -> DashboardSettings {
    DashboardSettings(
      title: name, target: target(configuration),
      actionScale: task.actionScale,
      cycleMilliseconds: task.controlPeriod.milliseconds, totalSteps: configuration.training.steps,
      hasGoal: task.score == .success, metricsPath: folder.metricsPath, pen: pen(configuration))
  }
}

extension Dashboard {
  /// Opens a page, and says where.
  package convenience init(
    _ settings: DashboardSettings, at address: DashboardAddress, stop: StopFlag
  ) throws(DashboardError) {
    try self.init(settings, at: address, arguments: [DashboardServer.command], stop: stop)
    for (index, url) in urls.enumerated() {
      logger.warning("\(index == 0 ? "dashboard    " : "          or ")\(url)")
    }
  }
}
