public import AVGCore
import AVGDashboard
import AVGLearning
import AVGRecording
import AVGRemote
import AVGRunFolder
import AVGSystem
public import AVGTasks
import AVGTraining
import Logging

/// The options of a run in real time, besides its configuration.
public struct DeviceRunOptions: Sendable {
  /// The output, and what ends the run.
  public var training: TrainingOptions
  /// The number of control steps, including those before a resumption; nil for no limit.
  public var steps: Int?
  /// Whether the agent learns, or only acts.
  public var isLearning = true
  /// The run whose checkpoint provides the initial weights; nil for random ones.
  public var startFrom: String?
  /// The folder for the frames that the agent sees; nil saves none.
  public var saveFrames: String?

  /// Makes options.
  public init(_ training: TrainingOptions = TrainingOptions(), steps: Int? = nil) {
    self.training = training
    self.steps = steps
  }
}

extension Experiment where B: ~Copyable {
  /// Acts and learns with a body of devices, in real time, until the last step, Ctrl-C or an error.
  ///
  /// The control loop runs on the calling thread.
  ///
  /// - Parameter body: for example an arm, composed of eye and base by `ComposedBody`.
  @discardableResult
  public func run<D: Body & DeviceReport & ~Copyable>(
    _ configuration: Configuration, on body: consuming D, _ options: DeviceRunOptions
  ) throws -> TrainingResult where D.Command == T.Command, D.Senses == T.Senses {
    var run = try DeviceRun(self, configuration, options, from: nil, RunWatch(stop: options.training.stop))
    if let agent = try run.makeRemoteAgent() {
      return try run.go(body, agent, try run.openLog(.frames), .frames)
    }
    return try run.go(body, try run.makeAgent(), try run.openLog(.frames), .frames)
  }
}

extension Experiment where B: DeviceReport, B: ~Copyable {
  /// Acts and learns with the experiment's own body of devices, in real time, until the last step, Ctrl-C or an error.
  @discardableResult
  public func run(_ configuration: Configuration, _ options: DeviceRunOptions) throws -> TrainingResult {
    try run(configuration, on: try makeBody(configuration), options)
  }
}

/// A run in real time.
struct DeviceRun<Configuration: RunConfiguration, B: Body & ~Copyable, T: ControlTask>
where B.Command == T.Command, B.Senses == T.Senses, T.Command: LoggedCommand, T.Senses: LoggedSenses {
  /// Whether the body moves.
  var hasRobot = false
  /// Whether the images are live, not those of a file.
  var isReal = true
  /// The additional length of an episode that ends by its time limit, in steps.
  var timeOutSteps = 0
  let watch: RunWatch

  private let experiment: Experiment<Configuration, B, T>
  private var configuration: Configuration
  /// The link to the learner on another computer, if it is there.
  private var link: LearnerLink?
  private let options: DeviceRunOptions
  private let origin: RunOrigin?
  let task: T
  private let recording: RecordingRequest?
  private let saver: FrameSaver?

  init(
    _ experiment: Experiment<Configuration, B, T>, _ configuration: Configuration,
    _ options: DeviceRunOptions,
    from origin: RunOrigin?, _ watch: RunWatch
  ) throws {
    self.experiment = experiment
    self.configuration = configuration
    self.options = options
    self.origin = origin
    self.watch = watch
    task = try experiment.makeTask(configuration)
    let training = options.training
    recording = training.record.map { RecordingRequest(path: $0, quality: training.recordQuality) }
    saver = try options.saveFrames.map { try FrameSaver(folder: $0) }
  }

  /// The number of consecutive stale steps that truncate an episode.
  var staleStepLimit: Int { experiment.staleStepLimit(configuration) }

  /// Makes the learner, or restores that of the origin.
  func makeAgent() throws -> Learner {
    let seed = configuration.training.seed
    var agent = Learner(
      configuration.agent, for: task.specification(frames: experiment.frames), seed: seed,
      workers: try configuration.training.makeWorkers())
    // Before it is restored: one that only acts needs no replay buffer.
    if !options.isLearning { agent.mode = .sampling(seed: seed) }
    if let startFrom = options.startFrom {
      let start = try RunOrigin(startFrom)
      try start.restore(&agent)
      if !options.isLearning, start.checkpoint?.isMeasured == false {
        logger.warning(
          """
          \(startFrom): nobody has measured this policy without its exploration; avg-vision freeze RUN keeps one that is \
          measured, as RUN/\(Freezing.fileName)
          """)
      }
    }
    if origin?.checkpoint != nil { try origin?.restore(&agent) }
    if options.isLearning { try agent.prepare() }
    return agent
  }

  /// Links the run to the learner on another computer; nil if it has none.
  mutating func makeRemoteAgent() throws -> RemoteAgent? {
    guard let learner = options.training.learner else { return nil }
    let agent = try configuration.link(
      to: learner, task.specification(frames: experiment.frames), waits: !isReal, stop: watch.stop)
    link = agent.link
    return agent
  }

  /// Creates the log, if one is wanted; called before anything moves.
  func openLog(_ source: RecordingRequest.Source) throws -> FrameLogWriter? {
    try recording?.open(
      source, steps: options.steps.map { max(0, $0 - max(0, origin?.checkpoint?.stepCount ?? 0)) },
      controlPeriod: task.controlPeriod, isReal: isReal, stop: watch.stop)
  }

  /// Acts and learns with `body` until the end, and reports.
  func go<D: Body & DeviceReport & ~Copyable, Actor: CheckpointedAgent & InspectableAgent & ~Copyable>(
    _ body: consuming D, _ agent: consuming Actor, _ log: FrameLogWriter?, _ source: RecordingRequest.Source
  ) throws -> TrainingResult where D.Command == T.Command, D.Senses == T.Senses {
    typealias World = TaskEnvironment<RecordingBody<D>, T>
    let keepsSourceJPEG = if case .images = source { true } else { false }
    let watched = RecordingBody(body, log: log, keepsSourceJPEG: keepsSourceJPEG, save: save)
    let environment = World(
      body: watched, task: task, frames: experiment.frames,
      staleStepLimit: staleStepLimit)
    // Nobody knows where the robot stands now: its episode is over.
    let state = try origin?.checkpoint?.trainingState(of: environment.specification).cutOff
    let recorder: RunRecorder<World, Actor> = try makeRecorder(for: environment.specification, log)
    var trainer = Trainer(environment: environment, agent: agent, resuming: state)
    let hooks = hooks(recorder)
    if hasRobot { RealTime.enter(priority: RealTime.loopPriority).forEach { logger.notice("\($0)") } }
    let processorTimeBefore = ProcessorTime.ofProcess
    watch.news.isStarted()
    defer {
      let report = trainer.world.body.inner.report(
        trainer.progress, processorTime: ProcessorTime.ofProcess - processorTimeBefore)
      if !report.isEmpty { print(report) }
      print(watch.latencies.merged(with: trainer.latencies).summary)
      if let link { print(link.finish()) }
      print("run folder   \(recorder.folder.path)")
    }
    var settings = ReplaySettings(
      isLearning: options.isLearning, seed: configuration.training.seed, isReal: isReal,
      timeOutSteps: timeOutSteps, frameQuality: recording?.keptQuality(of: source))
    settings.isRemote = link != nil
    try recorder.begin(trainer, settings)
    do {
      try trainer.run(plan, hooks: hooks, stop: watch.stop)
    } catch {
      try? recorder.finish(trainer.progress, watch.latencies.merged(with: trainer.latencies))
      if case .hook = error { throw recorder.failure(error) }
      throw error
    }
    try recorder.finish(trainer.progress, watch.latencies.merged(with: trainer.latencies))
    warn(of: trainer.progress)
    return TrainingResult(folder: recorder.folder, progress: trainer.progress)
  }

  /// What gets each fresh frame with its source; nil for nothing.
  private var save: RecordingBody<B>.Saver? {
    guard let link else { return saver.map { $0.save } }
    return { [saver] (frame, source) throws(FileError) in
      link.images.note(frame, source)
      try saver?.save(frame, source)
    }
  }

  private func makeRecorder<
    World: Environment & ~Copyable, Actor: CheckpointedAgent & InspectableAgent & ~Copyable
  >(
    for specification: EnvironmentSpecification, _ log: FrameLogWriter?
  ) throws -> RunRecorder<World, Actor> {
    let training = options.training
    let recorder = try RunRecorder<World, Actor>(
      configuration, defaults: experiment.defaults(configuration), for: specification,
      timeLimitSteps: task.timeLimitSteps, name: experiment.name, resuming: origin, output: training.output,
      steps: options.steps, frameLog: log, stop: watch.stop)
    recorder.dashboard = try training.dashboard.map { address in
      var settings = experiment.settings(configuration, task, recorder.folder)
      settings.totalSteps = options.steps ?? 0
      settings.pen = nil
      return try Dashboard(settings, at: address, stop: watch.stop)
    }
    return recorder
  }

  private func hooks<World: Environment & ~Copyable, Actor: CheckpointedAgent & InspectableAgent & ~Copyable>(
    _ recorder: RunRecorder<World, Actor>
  ) -> TrainingHooks<World, Actor> {
    let scale = task.actionScale
    var hooks = recorder.hooks(note: { transition in
      guard let scale else { return "" }
      return "\(scale.name) \(transition.action.map(scale.text).joined(separator: " ")) \(scale.unit)"
    })
    hooks.onStep = { [record = hooks.onStep, news = watch.news] transition, step in
      if !transition.outcome.isStale { news.tellOfStep(step) }
      try record?(transition, step)
    }
    if let link { hooks.follow(link) }
    return hooks
  }

  /// Nobody should wait for a learner that never learns.
  private func warn(of progress: TrainingProgress) {
    guard options.isLearning, progress.skippedUpdates * 10 > progress.steps else { return }
    logger.warning(
      """
      run: \(progress.skippedUpdates) of \(progress.steps) steps came too late and were not learned from; give the \
      computer a smaller encoder (configs/jetson-nano.yaml), a longer task.controlPeriodSeconds, or \
      training.lateSteps=learn
      """)
  }

  private var plan: TrainingPlan {
    TrainingPlan(
      steps: options.steps ?? .max, checkpointInterval: configuration.training.checkpointIntervalSteps,
      isLearning: options.isLearning, order: configuration.training.order, measuresCaptureAge: isReal,
      checkpointsAtRest: true, lateSteps: configuration.training.lateSteps, timeOutSteps: timeOutSteps)
  }
}
