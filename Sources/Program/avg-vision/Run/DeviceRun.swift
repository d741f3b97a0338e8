import AVGCamera
import AVGCore
import AVGExperiment
import AVGLearning
import AVGRecording
import AVGRobot
import AVGRunFolder
import AVGSystem
import AVGTasks
import AVGTraining
import Foundation
import Logging

/// A run on the control cycle: a camera, perhaps a robot, the task and the learner, until the end.
struct DeviceRun {
  /// What the run goes by.
  let experiment: ExperimentConfiguration
  private let devices: Devices
  private let options: RunOptions
  private let isLearning: Bool
  private let origin: RunOrigin?
  /// The log to write; nil for none.
  private let record: RecordingRequest?
  private let watch = RunWatch(stop: StopFlag.raisedBySignals())

  /// Where the run's senses and its wheels are.
  struct Devices {
    /// A camera's name, an MCAP file or the socket of an emulator's view.
    var camera: String
    /// The robot's serial port; nil for none.
    var robot: String?
    /// The folder for what the agent sees; nil for none.
    var saveFrames: String?
    /// The command line that names them.
    var arguments: [String]

    /// Of an MCAP file, the topic whose images are used; nil for the one that `ImageLog` chooses.
    var topic: String?

    /// The camera is an MCAP file, or a folder of them.
    var isFile: Bool { LogFiles.isLog(camera) }
  }

  /// A run that may learn, be gone on with, and be recorded.
  init(_ devices: DeviceOptions, _ options: RunOptions, _ learning: LearningOptions) throws {
    try self.init(Devices(devices), options, learning)
  }

  init(_ devices: Devices, _ options: RunOptions, _ learning: LearningOptions) throws {
    try self.init(
      devices, options, isLearning: learning.learn, record: learning.recording.request,
      origin: try learning.resuming.resume.map { try RunOrigin($0, isWriting: true) })
  }

  /// A run that is recorded, and learns nothing.
  init(_ devices: DeviceOptions, _ options: RunOptions, recordingTo log: RecordingRequest) throws {
    try self.init(Devices(devices), options, isLearning: false, record: log, origin: nil)
  }

  private init(
    _ devices: Devices, _ options: RunOptions, isLearning: Bool, record: RecordingRequest?, origin: RunOrigin?
  ) throws {
    options.verbosity.apply()
    self.devices = devices
    self.options = options
    self.isLearning = isLearning
    self.record = record
    self.origin = origin
    let settings = options.options
    experiment = try origin?.configuration(overrides: settings.overrides) ?? settings.load()
  }

  /// Runs until the last step, Ctrl-C or an error.
  func run() throws {
    var result = Result<Void, any Error>.success(())
    // A thread of its own, so that its priority is no other's.
    try SystemThread.run(for: "the control loop's thread") { result = Result { try open() } }
    try result.get()
  }

  private func open() throws {
    let agent = try makeAgent()
    if devices.isFile { return try runOnFile(agent) }
    if EmulatedCameraBody.isView(devices.camera) {
      let view = try EmulatedCameraBody(
        view: devices.camera, controlPeriod: experiment.task.controlPeriod, latencies: watch.latencies)
      let eye = SavingBody(view, saver: try makeSaver()) { .compressed($0.jpeg, format: "jpeg") }
      return try drive(eye, agent, .images(pixels: EmulatedCameraBody.usualPixels)) {
        $0.inner.jpeg
      } report: { eye, progress, _ in
        "frames       \(eye.inner.framesUsed) of \(devices.camera) used\n"
          + "missed       \(progress.missedCycles) control cycles, \(progress.staleSteps) without sight"
      }
    }
    let request = experiment.cameraRequest(keepsSourceBytes: devices.saveFrames != nil || record != nil)
    let camera = try RecoveringCamera(
      path: try Camera.path(for: devices.camera, request), configuration: request,
      patience: .seconds(experiment.camera.searchSeconds), logger: watch.news.logger)
    let format = camera.format
    let eye = SavingBody(
      WatchedCameraBody(
        CameraBody(
          camera: camera, controlPeriod: experiment.task.controlPeriod,
          maximumFrameAge: experiment.maximumFrameAge),
        latencies: watch.latencies), saver: try makeSaver()
    ) { $0.image }
    let source: RecordingRequest.Source =
      format.pixelFormat.isJPEG ? .images(pixels: format.size.width * format.size.height) : .frames
    try drive(eye, agent, source) {
      $0.inner.jpeg
    } report: {
      CaptureReport.text($0.inner.inner.camera, $1, processorTime: $2)
    }
  }

  /// Runs on the images of an MCAP file, in its own time.
  private func runOnFile(_ agent: consuming Learner) throws {
    let body = try RecordedCameraBody(
      reading: devices.camera, topic: devices.topic, controlPeriod: experiment.task.controlPeriod,
      maximumFrameAge: experiment.maximumFrameAge, longestGapCycles: experiment.staleStepLimit,
      end: watch.stop.raise)
    TopicOption.tell(of: body.topic, among: body.otherTopics, asked: devices.topic)
    let log = try openLog(.frames)
    let period = experiment.task.controlPeriodSeconds
    let eye = SavingBody(body, saver: try makeSaver()) { $0.image }
    try go(RecordingBody(eye, log: log), agent, log, .frames) {
      body, progress, _ in
      "frames       \(body.inner.framesUsed) of \(body.inner.topic.printable()) used, "
        + "\(body.inner.framesSkipped) passed over"
        + (body.inner.framesDamaged == 0 ? "\n" : ", \(body.inner.framesDamaged) damaged\n")
        + "missed       \(progress.staleSteps) cycles without sight"
        + LogTimes.text(body.inner, controlPeriodSeconds: period)
    }
  }

  /// Makes the folder for what the agent sees, if there is to be one.
  private func makeSaver() throws -> FrameSaver? { try devices.saveFrames.map { try FrameSaver(folder: $0) } }

  /// Makes the log, if there is to be one.
  private func openLog(_ source: RecordingRequest.Source) throws -> FrameLogWriter? {
    try record?.open(
      source, steps: options.steps.map { max(0, $0 - max(0, origin?.checkpoint?.stepCount ?? 0)) },
      controlPeriod: experiment.task.controlPeriod, isReal: !devices.isFile, stop: watch.stop)
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
    _ eye: consuming Eye, _ agent: consuming Learner, _ source: RecordingRequest.Source,
    jpeg: @escaping (borrowing Eye) -> [UInt8]?, report: Report<Eye>
  ) throws {
    let log = try openLog(source)
    guard let port = devices.robot else {
      return try go(RecordingBody(eye, log: log, jpeg: jpeg), agent, log, source, report: report)
    }
    let body = try RobotRun.body(port: port, eye: eye, experiment, watch)
    defer { RobotRun.end() }
    try go(RecordingBody(body, log: log) { jpeg($0.eye) }, agent, log, source) {
      report($0.eye, $1, $2) + "\n" + RobotReport.text($0.link)
    }
  }

  /// Acts and learns with `body` until the end, and reports.
  private func go<B: Body & ~Copyable>(
    _ body: consuming RecordingBody<B>, _ agent: consuming Learner, _ log: FrameLogWriter?,
    _ source: RecordingRequest.Source, report: Report<B>
  ) throws {
    let environment = TaskEnvironment(
      body: body, task: try ConfiguredTask(experiment.task), staleStepLimit: experiment.staleStepLimit)
    // Nobody knows where the robot stands now: its episode is over.
    let specification = environment.specification
    let trainingState = try origin?.checkpoint?.trainingState(of: specification).cutOff
    var trainer = Trainer(environment: environment, agent: agent, resuming: trainingState)

    let task = experiment.task
    let recorder = try RunRecorder<TaskEnvironment<RecordingBody<B>, ConfiguredTask>, Learner>(
      experiment, defaults: ExperimentConfiguration(task.kind), for: specification,
      timeLimitSteps: task.timeLimitSteps, name: task.kind.rawValue, resuming: origin,
      output: options.options.output,
      steps: options.steps, frameLog: log, stop: watch.stop)
    recorder.dashboard = try options.page.open(
      experiment, title: task.kind.rawValue, steps: options.steps ?? 0, folder: recorder.folder,
      stop: watch.stop)
    var hooks = recorder.hooks(note: { transition in
      "wheels "
        + transition.action.map {
          "\(Int((Double($0) * task.maximumWheelSpeedMillimetersPerSecond).rounded()))"
        }.joined(separator: " ") + " mm/s"
    })
    hooks.onStep = { [record = hooks.onStep] transition, step in
      if !transition.outcome.isStale { watch.news.tellOfStep(step) }
      try record?(transition, step)
    }
    if devices.robot != nil {
      RealTime.enter(priority: RealTime.loopPriority).forEach { logger.notice("\($0)") }
    }
    let processorTimeBefore = ProcessorTime.ofProcess
    watch.news.isStarted()
    var hasEnded = false
    defer {
      print(
        report(
          trainer.world.body.inner, trainer.progress, ProcessorTime.ofProcess - processorTimeBefore))
      print(watch.latencies.merged(with: trainer.latencies).summary)
      print("run folder   \(recorder.folder.path)")
      if hasEnded {
        recorder.ending(trainer.progress, goingOn: goingOn(recorder.folder), next: next(recorder.folder))
          .tell()
      }
    }
    try recorder.begin(
      trainer,
      ReplaySettings(
        isLearning: isLearning, seed: experiment.training.seed, isReal: !devices.isFile,
        timeOutSteps: plan.timeOutSteps, frameQuality: record?.keptQuality(of: source)))
    do {
      try trainer.run(plan, hooks: hooks, stop: watch.stop)
    } catch {
      try? recorder.finish(trainer.progress, watch.latencies.merged(with: trainer.latencies))
      if case .hook = error { throw recorder.failure(error) }
      throw error
    }
    try recorder.finish(trainer.progress, watch.latencies.merged(with: trainer.latencies))
    warn(of: trainer.progress)
    hasEnded = true
  }

  /// The command that goes on with the run.
  private func goingOn(_ folder: RunFolder) -> [String] {
    guard isLearning || origin != nil else { return next(folder) }
    return devices.arguments + ["--resume", folder.path] + (isLearning ? [] : ["--no-learn"])
      + (options.steps.map { ["--steps", "\($0)"] } ?? [])
  }

  /// The command for a run that has done its steps.
  private func next(_ folder: RunFolder) -> [String] {
    if let record, !isLearning { return ["replay", record.path] }
    return isLearning
      ? devices.arguments + ["--start-from", folder.path, "--no-learn"] : ["plot", folder.path]
  }

  /// Nobody should wait for a learner that never learns.
  private func warn(of progress: TrainingProgress) {
    guard isLearning, progress.skippedUpdates * 10 > progress.steps else { return }
    logger.warning(
      """
      run: \(progress.skippedUpdates) of \(progress.steps) steps came too late and were not learned from; give the \
      computer a smaller encoder (configs/jetson-nano.yaml), a longer task.controlPeriodSeconds, or \
      training.lateSteps=learn
      """)
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
    topic = options.images.topic
    arguments = ["run", "--camera", options.camera] + (options.robotPort.map { ["--robot", $0] } ?? [])
  }
}
