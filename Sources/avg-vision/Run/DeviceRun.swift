import AVGCamera
import AVGCore
import AVGLearning
import AVGRecording
import AVGRobot
import AVGTasks
import AVGTraining
import Foundation

/// A run on the control cycle: a camera, perhaps a robot, the task and the learner, until the end.
struct DeviceRun {
  /// What the run goes by.
  let experiment: ExperimentConfiguration
  private let devices: Devices
  private let options: RunOptions
  private let isLearning: Bool
  private let origin: RunOrigin?
  /// The log to write; nil for none.
  private let record: String?
  private let watch = RunWatch(stop: StopFlag.raisedBySignals())

  /// Where the run's senses and its wheels are.
  struct Devices {
    /// A camera's name, an MCAP file or the socket of an emulator's view.
    var camera: String
    /// The robot's serial port; nil for none.
    var robot: String?
    /// The folder for what the agent sees; nil for none.
    var saveFrames: String?

    /// The camera is an MCAP file.
    var isFile: Bool { camera.hasSuffix(".mcap") }
  }

  /// A run that may learn, be gone on with, and be recorded.
  init(_ devices: DeviceOptions, _ options: RunOptions, _ learning: LearningOptions) throws {
    try self.init(Devices(devices), options, learning)
  }

  init(_ devices: Devices, _ options: RunOptions, _ learning: LearningOptions) throws {
    try self.init(
      devices, options, isLearning: learning.learn, record: learning.recording.record,
      origin: try learning.resuming.resume.map { try RunOrigin($0, isWriting: true) })
  }

  /// A run that is recorded, and learns nothing.
  init(_ devices: DeviceOptions, _ options: RunOptions, recordingTo log: String) throws {
    try self.init(Devices(devices), options, isLearning: false, record: log, origin: nil)
  }

  private init(
    _ devices: Devices, _ options: RunOptions, isLearning: Bool, record: String?, origin: RunOrigin?
  ) throws {
    options.verbosity.apply()
    self.devices = devices
    self.options = options
    self.isLearning = isLearning
    self.record = record
    self.origin = origin
    let settings = options.options
    experiment = try origin?.configuration(overrides: settings.overrides) ?? settings.load(options.config)
  }

  /// Runs until the last step, Ctrl-C or an error.
  func run() throws {
    var result = Result<Void, any Error>.success(())
    // A thread of its own, so that its priority is no other's.
    RealTime.onOwnThread { result = Result { try open() } }
    try result.get()
  }

  private func open() throws {
    let agent = try makeAgent()
    let log = try record.map { path in
      try FrameLogWriter(recordingTo: path, isReal: !devices.isFile, stop: watch.stop)
    }
    if devices.isFile {
      let body = try RecordedCameraBody(
        reading: devices.camera, controlPeriod: experiment.task.controlPeriod,
        maximumFrameAge: experiment.maximumFrameAge, end: watch.stop.raise)
      return try go(RecordingBody(body, log: log), agent, log) { body, progress, _ in
        "frames       \(body.framesUsed) of \(body.topic) used, \(body.framesPassedOver) passed over\n"
          + "missed       \(progress.staleSteps) cycles without sight"
      }
    }
    if EmulatedCameraBody.isView(devices.camera) {
      let eye = try EmulatedCameraBody(
        view: devices.camera, controlPeriod: experiment.task.controlPeriod, latencies: watch.latencies)
      return try drive(eye, agent, log) {
        $0.jpeg
      } report: { eye, progress, _ in
        "frames       \(eye.framesUsed) of \(devices.camera) used\n"
          + "missed       \(progress.missedCycles) control cycles, \(progress.staleSteps) without sight"
      }
    }
    let request = experiment.cameraRequest(keepsSourceBytes: devices.saveFrames != nil || record != nil)
    let camera = try RecoveringCamera(
      path: try Camera.path(for: devices.camera, request), configuration: request,
      patience: .seconds(experiment.camera.searchSeconds), log: watch.news.tell)
    let eye = WatchedCameraBody(
      CameraBody(
        camera: camera, controlPeriod: experiment.task.controlPeriod,
        maximumFrameAge: experiment.maximumFrameAge),
      saver: try devices.saveFrames.map { try FrameSaver(folder: $0) }, latencies: watch.latencies)
    try drive(eye, agent, log) {
      $0.jpeg
    } report: {
      CaptureReport.text($0.inner.camera, $1, processorTime: $2)
    }
  }

  private func makeAgent() throws -> Learner {
    let seed = experiment.training.seed
    var agent = experiment.makeAgent(seed: seed)
    if let startFrom = options.startFrom { try RunOrigin(startFrom).restore(&agent) }
    if origin?.checkpoint != nil { try origin?.restore(&agent) }
    if !isLearning { agent.mode = .sampling(seed: seed) }
    return agent
  }

  /// What became of a body, in words.
  private typealias Report<B: ~Copyable> =
    (borrowing B, TrainingProgress, _ processorTime: Duration) -> String

  /// Puts the robot, if there is one, below the camera.
  private func drive<Eye: Body & ~Copyable>(
    _ eye: consuming Eye, _ agent: consuming Learner, _ log: FrameLogWriter?,
    jpeg: @escaping (borrowing Eye) -> [UInt8]?, report: Report<Eye>
  ) throws {
    guard let port = devices.robot else {
      return try go(RecordingBody(eye, log: log, jpeg: jpeg), agent, log, report: report)
    }
    let body = try RobotRun.body(port: port, eye: eye, experiment, watch)
    defer { RobotRun.end() }
    try go(RecordingBody(body, log: log) { jpeg($0.eye) }, agent, log) {
      report($0.eye, $1, $2) + "\n" + RobotReport.text($0.link)
    }
  }

  /// Acts and learns with `body` until the end, and reports.
  private func go<B: Body & ~Copyable>(
    _ body: consuming RecordingBody<B>, _ agent: consuming Learner, _ log: FrameLogWriter?,
    report: Report<B>
  ) throws {
    let environment = TaskEnvironment(
      body: body, task: try ConfiguredTask(experiment.task), staleStepLimit: experiment.staleStepLimit)
    // Nobody knows where the robot stands now: its episode is over.
    let moment = try origin?.checkpoint?.moment(
      like: environment.makeObservation(), actionCount: environment.actionCount
    ).cutOff
    var trainer = Trainer(environment: environment, agent: agent, resuming: moment)

    let task = experiment.task
    let recorder = try RunRecorder<TaskEnvironment<RecordingBody<B>, ConfiguredTask>, Learner>(
      experiment, name: task.kind.rawValue, resuming: origin, output: options.options.output,
      steps: options.steps, frameLog: log, stop: watch.stop)
    recorder.dashboard = try options.page.open(
      experiment, title: task.kind.rawValue, steps: options.steps ?? 0, stop: watch.stop)
    var hooks = recorder.hooks(note: { step in
      "wheels "
        + step.action.map {
          "\(Int((Double($0) * task.maximumWheelSpeedMillimetersPerSecond).rounded()))"
        }.joined(separator: " ") + " mm/s"
    })
    hooks.onStep = { [record = hooks.onStep] observation, step in
      watch.news.tellOfStep(step)
      try record?(observation, step)
    }
    if devices.robot != nil { RealTime.enter(priority: RealTime.loopPriority).forEach(Diagnostics.note) }
    let processorTimeBefore = ProcessorTime.ofProcess
    watch.news.isStarted()
    defer {
      print(
        report(
          trainer.environment.body.inner, trainer.progress, ProcessorTime.ofProcess - processorTimeBefore))
      print(watch.latencies.merged(with: trainer.latencies).summary)
      print("run folder   \(recorder.folder.path)")
    }
    try recorder.begin(
      trainer,
      ReplaySettings(
        isLearning: isLearning, seed: experiment.training.seed, isReal: !devices.isFile,
        timeOutSteps: plan.timeOutSteps))
    do {
      try trainer.run(plan, hooks: hooks, stop: watch.stop)
    } catch {
      try? recorder.finish(trainer.progress, watch.latencies.merged(with: trainer.latencies))
      if case .hook = error { throw recorder.failure(error) }
      throw error
    }
    try recorder.finish(trainer.progress, watch.latencies.merged(with: trainer.latencies))
    warn(of: trainer.progress)
  }

  /// Nobody should wait for a learner that never learns.
  private func warn(of progress: TrainingProgress) {
    guard isLearning, progress.skippedUpdates * 10 > progress.steps else { return }
    Diagnostics.announce(
      "run: \(progress.skippedUpdates) of \(progress.steps) steps came too late and were not learned from; give the "
        + "computer a smaller encoder (configs/jetson-nano.yaml), a longer task.controlPeriodSeconds, or "
        + "training.lateSteps=learn")
  }

  private var plan: TrainingPlan {
    TrainingPlan(
      steps: options.steps ?? .max, checkpointInterval: experiment.training.checkpointIntervalSteps,
      isLearning: isLearning, order: experiment.training.order, measuresCaptureAge: !devices.isFile,
      checkpointsAtRest: true, lateSteps: experiment.training.lateSteps,
      timeOutSteps: devices.robot == nil || experiment.task.kind != .createReacher
        ? 0 : experiment.robot.timeOutSteps)
  }
}

extension DeviceRun.Devices {
  init(_ options: DeviceOptions) {
    camera = options.camera
    robot = options.robotPort
    saveFrames = options.saveFrames
  }
}
