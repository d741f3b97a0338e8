import ArgumentParser
import AVGCamera
import AVGCore
import AVGLearning
import AVGRecording
import AVGTasks
import AVGTraining
import Foundation

/// `avg-vision --camera DEVICE`
struct RunCommand: ParsableCommand {
  enum Robot: String, ExpressibleByArgument, CaseIterable {
    case none
  }

  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Act and learn on a real camera, on the control cycle.",
    discussion: """
      Examples:
        avg-vision --camera auto
        avg-vision --camera auto --record run.mcap           'avg-vision replay run.mcap' does it again
        avg-vision --camera other.mcap                       the images of any MCAP file
        avg-vision --camera /dev/video0 --steps 200 --save-frames seen
        avg-vision --camera /dev/video0 --start-from runs/NAME --no-learn
        avg-vision --camera auto --dashboard 0.0.0.0:8080    watch it from another computer
        avg-vision --camera /dev/video0 --resume runs/NAME   the episode is cut off, the learning goes on

      Without a robot, actions are shown and nothing moves; Create-Reacher judges the real images. --task create-mover
      needs a robot's wheels to be rewarded.
      Ctrl-C ends the run after the step at hand, with its checkpoint; a second one ends it at once.
      """)

  @Option(
    help: ArgumentHelp(
      "The camera: auto, a number, /dev/video0, a link below /dev/v4l ('avg-vision doctor' lists them), or FILE.mcap.",
      valueName: "device"))
  var camera: String

  @Option(help: "The wheeled base: none.")
  var robot = Robot.none

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
  }

  func run() throws {
    verbosity.apply()
    let stop = StopFlag.raisedBySignals()
    let origin = try resuming.resume.map { try RunOrigin($0) }
    let experiment = try origin?.configuration(overrides: options.overrides) ?? options.load(config)
    let log = try recording.makeLog(isReal: !isFile)
    let news = CameraNews()
    if isFile {
      let body = try RecordedCameraBody(
        reading: camera, controlPeriod: experiment.task.controlPeriod,
        maximumFrameAge: experiment.maximumFrameAge, end: stop.raise)
      return try run(RecordingBody(body, log: log), experiment, origin, log, news, stop) {
        body, progress, _ in
        "frames       \(body.framesUsed) of \(body.topic) used, \(body.framesPassedOver) passed over\n"
          + "missed       \(progress.staleSteps) cycles without sight"
      }
    }
    let request = experiment.cameraRequest(
      keepsSourceBytes: saveFrames != nil || recording.record != nil)
    let device = try RecoveringCamera(
      path: try Camera.path(for: camera, request), configuration: request,
      patience: .seconds(experiment.camera.searchSeconds), log: news.tell)
    let body = CameraBody(
      camera: device, controlPeriod: experiment.task.controlPeriod,
      maximumFrameAge: experiment.maximumFrameAge)
    let saver = try saveFrames.map { try FrameSaver(folder: $0) }
    let watched = RecordingBody(WatchedCameraBody(body, saver: saver), log: log) { $0.jpeg }
    try run(watched, experiment, origin, log, news, stop) { body, progress, processorTime in
      CaptureReport.text(body.inner.camera, progress, processorTime: processorTime)
    }
  }

  /// The camera is an MCAP file.
  private var isFile: Bool { camera.hasSuffix(".mcap") }

  /// Acts and learns on a body.
  ///
  /// - Parameter report: what became of its frames.
  private func run<B: Body & ~Copyable>(
    _ body: consuming RecordingBody<B>, _ experiment: ExperimentConfiguration, _ origin: RunOrigin?,
    _ log: FrameLogWriter?, _ news: CameraNews, _ stop: StopFlag,
    report: (borrowing B, TrainingProgress, _ processorTime: Duration) -> String
  ) throws {
    let seed = experiment.training.seed
    var agent = experiment.makeAgent(seed: seed)
    if let startFrom { try RunOrigin(startFrom).restore(&agent) }
    if origin?.checkpoint != nil { try origin?.restore(&agent) }
    if !learn { agent.mode = .sampling(seed: seed) }
    let environment = TaskEnvironment(
      body: body, task: try ConfiguredTask(experiment.task), staleStepLimit: experiment.staleStepLimit)
    // Nobody knows where the robot stands now: its episode is over.
    let moment = try origin?.checkpoint?.moment(
      like: environment.makeObservation(), actionCount: environment.actionCount
    ).cutOff
    var trainer = Trainer(environment: environment, agent: agent, resuming: moment)

    let recorder = try RunRecorder<TaskEnvironment<RecordingBody<B>, ConfiguredTask>, Learner>(
      experiment, name: experiment.task.kind.rawValue, resuming: origin, output: options.output, steps: steps,
      frameLog: log)
    let fastest = experiment.task.maximumWheelSpeedMillimetersPerSecond
    recorder.dashboard = try page.open(
      experiment, title: experiment.task.kind.rawValue, steps: steps ?? 0, stop: stop)
    var hooks = recorder.hooks(note: { step in
      "wheels " + step.action.map { "\(Int((Double($0) * fastest).rounded()))" }.joined(separator: " ")
        + " mm/s"
    })
    hooks.onStep = { [record = hooks.onStep] observation, step in
      news.tellOfStep(step)
      try record?(observation, step)
    }
    let plan = TrainingPlan(
      steps: steps ?? .max, checkpointInterval: experiment.training.checkpointIntervalSteps,
      isLearning: learn, order: experiment.training.order, measuresCaptureAge: !isFile,
      checkpointsAtRest: true)
    let processorTimeBefore = ProcessorTime.ofProcess
    news.isStarted()
    defer {
      print(
        report(
          trainer.environment.body.inner, trainer.progress, ProcessorTime.ofProcess - processorTimeBefore))
      print(trainer.latencies.summary)
      print("run folder   \(recorder.folder.path)")
    }
    try recorder.begin(trainer, ReplaySettings(isLearning: learn, seed: seed, isReal: !isFile))
    do {
      try trainer.run(plan, hooks: hooks, stop: stop)
    } catch {
      try? recorder.finish(trainer.progress)
      if case .hook = error { throw recorder.failure(error) }
      throw error
    }
    try recorder.finish(trainer.progress)
  }
}

/// The camera's changes of state and the way back from them, on standard error.
private final class CameraNews {
  private var isUnanswered = false

  /// A line from the camera.
  func tell(_ line: String) {
    isUnanswered = true
    Diagnostics.note(line)
  }

  /// What the camera has said until now was its start.
  func isStarted() { isUnanswered = false }

  /// Says that the run goes on, once after each change.
  func tellOfStep(_ step: TrainingStep) {
    guard isUnanswered else { return }
    isUnanswered = false
    Diagnostics.note(
      "run: \(step.update == nil ? "acting" : "learning") goes on with step \(step.progress.steps)")
  }
}
