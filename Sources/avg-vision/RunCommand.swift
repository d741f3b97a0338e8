import ArgumentParser
import AVGCamera
import AVGCore
import AVGLearning
import AVGRecording
import AVGRobot
import AVGTasks
import AVGTraining
import Foundation

/// `avg-vision --camera DEVICE`
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Act and learn on a real camera and a real robot, on the control cycle.",
    discussion: """
      Examples:
        avg-vision --camera /dev/video0 --robot /dev/ttyUSB0
        avg-vision --camera auto
        avg-vision --camera auto --record run.mcap           'avg-vision replay run.mcap' does it again
        avg-vision --camera other.mcap                       the images of any MCAP file
        avg-vision --camera /dev/video0 --steps 200 --save-frames seen
        avg-vision --camera /dev/video0 --start-from runs/NAME --no-learn
        avg-vision --camera auto --dashboard 0.0.0.0:8080    watch it from another computer
        avg-vision --camera /dev/video0 --resume runs/NAME   the episode is cut off, the learning goes on

      Without a robot, actions are shown and nothing moves; Create-Reacher judges the real images. --task create-mover
      needs a robot's wheels to be rewarded. With a robot, p (or SIGUSR1) pauses and goes on, space is an emergency stop.
      Ctrl-C ends the run after the step at hand, with its checkpoint; a second one ends it at once.
      """)

  @Option(
    help: ArgumentHelp(
      "The camera: auto, a number, /dev/video0, a link below /dev/v4l ('avg-vision doctor' lists them), or FILE.mcap.",
      valueName: "device"))
  var camera: String

  @Option(
    help: ArgumentHelp(
      "The Create 2: none, or its serial port, as /dev/ttyUSB0 or a link below /dev/serial/by-id.",
      valueName: "port"))
  var robot = "none"

  @Option(help: "Control steps to do, those before --resume included (default: until Ctrl-C).")
  var steps: Int?

  @Flag(inversion: .prefixedNo, help: "Learn from every step.")
  var learn = true

  @Option(help: ArgumentHelp("The configuration (default: the built-in one).", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("Start from the checkpoint in a run's folder.", valueName: "folder"))
  var startFrom: String?

  @Option(
    help: ArgumentHelp(
      "Save what the agent saw (.ppm) and the camera's own bytes (.jpg, .yuyv, …) of each step.",
      valueName: "folder"))
  var saveFrames: String?

  @OptionGroup var page: DashboardOptions

  @OptionGroup var verbosity: VerbosityOptions

  @OptionGroup var resuming: ResumeOptions

  @OptionGroup var recording: RecordOptions

  @OptionGroup var options: ConfigurationOptions

  func validate() throws {
    try page.validate()
    try resuming.validate(config, options)
    if resuming.resume != nil, startFrom != nil {
      throw ValidationError(
        "Give --resume, to go on with a run, or --start-from, to begin a new one, not both.")
    }
    if let steps, steps < 1 { throw ValidationError("--steps must be at least 1, not \(steps).") }
    guard robot == "none" || robot.contains("/") else {
      throw ValidationError("--robot \(robot) is no serial port; give a path as /dev/ttyUSB0, or none.")
    }
    guard robot == "none" || !isFile else {
      throw ValidationError(
        "--camera \(camera) shows the past; a robot needs a camera: give a device, or no --robot.")
    }
  }

  func run() throws {
    verbosity.apply()
    var result = Result<Void, any Error>.success(())
    // A thread of its own, so that its priority is no other's.
    RealTime.onOwnThread { result = Result { try prepare() } }
    try result.get()
  }

  private func prepare() throws {
    let watch = RunWatch(stop: StopFlag.raisedBySignals())
    let origin = try resuming.resume.map { try RunOrigin($0) }
    let experiment = try origin?.configuration(overrides: options.overrides) ?? options.load(config)
    let agent = try makeAgent(experiment, origin)
    let log = try recording.makeLog(isReal: !isFile, stop: watch.stop)
    if isFile {
      let body = try RecordedCameraBody(
        reading: camera, controlPeriod: experiment.task.controlPeriod,
        maximumFrameAge: experiment.maximumFrameAge, end: watch.stop.raise)
      return try go(RecordingBody(body, log: log), agent, experiment, origin, log, watch) {
        body, progress, _ in
        "frames       \(body.framesUsed) of \(body.topic) used, \(body.framesPassedOver) passed over\n"
          + "missed       \(progress.staleSteps) cycles without sight"
      }
    }
    let request = experiment.cameraRequest(
      keepsSourceBytes: saveFrames != nil || recording.record != nil)
    let device = try RecoveringCamera(
      path: try Camera.path(for: camera, request), configuration: request,
      patience: .seconds(experiment.camera.searchSeconds), log: watch.news.tell)
    let eye = WatchedCameraBody(
      CameraBody(
        camera: device, controlPeriod: experiment.task.controlPeriod,
        maximumFrameAge: experiment.maximumFrameAge),
      saver: try saveFrames.map { try FrameSaver(folder: $0) }, latencies: watch.latencies)
    guard robot != "none" else {
      return try go(RecordingBody(eye, log: log) { $0.jpeg }, agent, experiment, origin, log, watch) {
        CaptureReport.text($0.inner.camera, $1, processorTime: $2)
      }
    }
    let body = try RobotRun.body(port: robot, eye: eye, experiment, watch)
    defer { RobotRun.end() }
    try go(RecordingBody(body, log: log) { $0.eye.jpeg }, agent, experiment, origin, log, watch) {
      CaptureReport.text($0.eye.inner.camera, $1, processorTime: $2) + "\n" + RobotReport.text($0.link)
    }
  }

  /// The camera is an MCAP file.
  private var isFile: Bool { camera.hasSuffix(".mcap") }

  private func makeAgent(_ experiment: ExperimentConfiguration, _ origin: RunOrigin?) throws -> Learner {
    let seed = experiment.training.seed
    var agent = experiment.makeAgent(seed: seed)
    if let startFrom { try RunOrigin(startFrom).restore(&agent) }
    if origin?.checkpoint != nil { try origin?.restore(&agent) }
    if !learn { agent.mode = .sampling(seed: seed) }
    return agent
  }

  /// Acts and learns with `body` until the end, and reports.
  private func go<B: Body & ~Copyable>(
    _ body: consuming RecordingBody<B>, _ agent: consuming Learner, _ experiment: ExperimentConfiguration,
    _ origin: RunOrigin?, _ log: FrameLogWriter?, _ watch: RunWatch,
    report: (borrowing B, TrainingProgress, _ processorTime: Duration) -> String
  ) throws {
    let environment = TaskEnvironment(
      body: body, task: try ConfiguredTask(experiment.task), staleStepLimit: experiment.staleStepLimit)
    // Nobody knows where the robot stands now: its episode is over.
    let moment = try origin?.checkpoint?.moment(
      like: environment.makeObservation(), actionCount: environment.actionCount
    ).cutOff
    var trainer = Trainer(environment: environment, agent: agent, resuming: moment)

    let recorder = try RunRecorder<TaskEnvironment<RecordingBody<B>, ConfiguredTask>, Learner>(
      experiment, name: experiment.task.kind.rawValue, resuming: origin, output: options.output, steps: steps,
      frameLog: log, stop: watch.stop)
    let fastest = experiment.task.maximumWheelSpeedMillimetersPerSecond
    recorder.dashboard = try page.open(
      experiment, title: experiment.task.kind.rawValue, steps: steps ?? 0, stop: watch.stop)
    var hooks = recorder.hooks(note: { step in
      "wheels " + step.action.map { "\(Int((Double($0) * fastest).rounded()))" }.joined(separator: " ")
        + " mm/s"
    })
    hooks.onStep = { [record = hooks.onStep] observation, step in
      watch.news.tellOfStep(step)
      try record?(observation, step)
    }
    let plan = TrainingPlan(
      steps: steps ?? .max, checkpointInterval: experiment.training.checkpointIntervalSteps,
      isLearning: learn, order: experiment.training.order, measuresCaptureAge: !isFile,
      checkpointsAtRest: true, lateSteps: experiment.training.lateSteps,
      timeOutSteps: robot == "none" || experiment.task.kind != .createReacher
        ? 0 : experiment.robot.timeOutSteps)
    if robot != "none" { RealTime.enter(priority: RealTime.loopPriority).forEach(Diagnostics.note) }
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
      trainer, ReplaySettings(isLearning: learn, seed: experiment.training.seed, isReal: !isFile))
    do {
      try trainer.run(plan, hooks: hooks, stop: watch.stop)
    } catch {
      try? recorder.finish(trainer.progress)
      if case .hook = error { throw recorder.failure(error) }
      throw error
    }
    try recorder.finish(trainer.progress)
  }
}
