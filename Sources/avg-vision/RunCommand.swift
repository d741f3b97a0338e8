import ArgumentParser
import AVGCamera
import AVGCore
import AVGLearning
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
      "The camera: auto, a number, /dev/video0, or a link below /dev/v4l ('avg-vision doctor' lists them).",
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
    let seed = experiment.training.seed
    var agent = experiment.makeAgent(seed: seed)
    if let startFrom { try RunOrigin(startFrom).restore(&agent) }
    if origin?.checkpoint != nil { try origin?.restore(&agent) }
    if !learn { agent.mode = .sampling(seed: seed) }

    let request = experiment.cameraRequest(keepsSourceBytes: saveFrames != nil)
    let news = CameraNews()
    let device = try RecoveringCamera(
      path: try Camera.path(for: camera, request), configuration: request,
      patience: .seconds(experiment.camera.searchSeconds), log: news.tell)
    let body = CameraBody(
      camera: device, controlPeriod: experiment.task.controlPeriod,
      maximumFrameAge: experiment.maximumFrameAge)
    let saver = try saveFrames.map { try FrameSaver(folder: $0) }
    let environment = TaskEnvironment(
      body: WatchedCameraBody(body, saver: saver), task: try ConfiguredTask(experiment.task),
      staleStepLimit: experiment.staleStepLimit)
    // Nobody knows where the robot stands now: its episode is over.
    let moment = try origin?.checkpoint?.moment(
      like: environment.makeObservation(), actionCount: environment.actionCount
    ).cutOff
    var trainer = Trainer(environment: environment, agent: agent, resuming: moment)

    let recorder = try RunRecorder<TaskEnvironment<WatchedCameraBody, ConfiguredTask>, Learner>(
      experiment, name: experiment.task.kind.rawValue, resuming: origin, output: options.output, steps: steps)
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
      isLearning: learn, order: experiment.training.order, measuresCaptureAge: true, checkpointsAtRest: true)
    let processorTimeBefore = ProcessorTime.ofProcess
    news.isStarted()
    defer {
      print(
        CaptureReport.text(
          trainer.environment.body.inner.camera, trainer.progress,
          processorTime: ProcessorTime.ofProcess - processorTimeBefore))
      print(trainer.latencies.summary)
      print("run folder   \(recorder.folder.path)")
    }
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
