import ArgumentParser
import AVGExperiment
import AVGRecording

/// Which camera and which robot a run has.
struct DeviceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The camera: auto, a number, /dev/video0, a link below /dev/v4l ('avg-vision doctor' lists them), FILE.mcap, or the \
      view of an emulator.
      """,
      valueName: "device"))
  var camera: String

  @Option(
    help: ArgumentHelp(
      """
      The robot: none, a Create 2's serial port, as /dev/ttyUSB0 or a link below /dev/serial/by-id, or exec:PROGRAM, a program \
      that drives any other robot of two wheels (docs/robot-protocol.md), or ur://ADDRESS, a UR5 (with --camera none).
      """,
      valueName: "port"))
  var robot = "none"

  @Option(
    help: ArgumentHelp(
      "Save what the agent saw (.ppm) and the camera's own bytes (.jpg, .yuyv, …) of each step.",
      valueName: "folder"))
  var saveFrames: String?

  @OptionGroup var images: TopicOption

  /// The devices.
  var devices: Devices { Devices(camera: camera, robot: robotPort, topic: images.topic) }

  /// The command line that names them.
  var words: [String] { ["run", "--camera", camera] + (robotPort.map { ["--robot", $0] } ?? []) }

  /// The robot's serial port or program; nil for no robot.
  private var robotPort: String? { robot == "none" ? nil : robot }

  func validate() throws {
    guard images.topic == nil || LogFiles.isLog(camera) else {
      throw ValidationError(
        "--topic \(images.topic ?? "") is for an MCAP file, which --camera \(camera) is not.")
    }
    guard let port = robotPort else { return }
    if devices.armAddress != nil {
      guard camera == "none" else {
        throw ValidationError("--robot \(port) is driven without a camera: give --camera none.")
      }
    } else if let program = devices.robotProgram {
      guard program.contains(where: { $0 != " " }) else {
        throw ValidationError("--robot exec: names no program; give one, as exec:./robot.py.")
      }
    } else if !port.contains("/") {
      throw ValidationError(
        "--robot \(port) is no serial port; give a path as /dev/ttyUSB0, exec:PROGRAM, or none.")
    }
    guard !LogFiles.isLog(camera) else {
      throw ValidationError(
        "--camera \(camera) shows the past; a robot needs a camera: give a device, or no --robot.")
    }
  }
}

/// What a run on the control cycle is told besides its devices.
struct RunOptions: ParsableArguments {
  @Option(
    help: "Control steps to do, those before --resume included (default: until Ctrl-C).",
    transform: NumberOption.whole(NumberOption.steps))
  var steps: Int?

  @Option(help: ArgumentHelp("Start from the checkpoint in a run's folder.", valueName: "folder"))
  var startFrom: String?

  @OptionGroup var page: DashboardOptions

  @OptionGroup var verbosity: VerbosityOptions

  @OptionGroup var options: ConfigurationOptions
}

/// What a run that learns is told besides.
struct LearningOptions: ParsableArguments {
  @Flag(inversion: .prefixedNo, help: "Learn from every step.")
  var learn = true

  @OptionGroup var resuming: ResumeOptions

  @OptionGroup var recording: RecordOptions

  @OptionGroup var remote: LearnerOptions

  /// A run is gone on with, or begun.
  func validate(with run: RunOptions) throws {
    try resuming.validate(run.options)
    try remote.validate(isResuming: resuming.resume != nil, startsFrom: run.startFrom != nil, learns: learn)
    if resuming.resume != nil, run.startFrom != nil {
      throw ValidationError(
        "Give --resume, to go on with a run, or --start-from, to begin a new one, not both.")
    }
  }
}
