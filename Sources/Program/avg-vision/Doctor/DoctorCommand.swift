import ArgumentParser
import AVGArm
import AVGCamera
import AVGExperiment
import AVGSystem
import AVGTraining

/// `avg-vision doctor`
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Report on this computer: its hardware, its speed, each camera, and what to fix.",
    discussion: """
      Examples:
        avg-vision doctor
        avg-vision doctor --json
        avg-vision doctor --robot ur://192.168.1.10
        avg-vision doctor --learner workstation:5010 --token-file token
        avg-vision doctor --set camera.size=640x360 --set camera.exposure=150

      For each camera: what it offers, what would be chosen and why. Lines that begin
      with an arrow say what to do. With --learner it says what the link to a learner
      on another computer gives, and what a run of this configuration needs.
      With --robot it looks at an arm only: nothing moves.
      Exit status: 0 if a camera can be used, 1 if none can.
      """)

  @Flag(help: "Print the report as JSON.")
  var json = false

  @Option(help: ArgumentHelp("An arm to look at, as ur://192.168.1.10.", valueName: "robot"))
  var robot: String?

  @OptionGroup var remote: LearnerOptions

  @OptionGroup var options: ConfigurationFileOptions

  func validate() throws {
    guard let robot, UR5Base.host(in: robot) == nil else { return }
    throw ValidationError("--robot \(robot) is no arm; give one as ur://192.168.1.10.")
  }

  func run() throws {
    let experiment = try options.load()
    if let host = robot.flatMap({ UR5Base.host(in: $0) }) {
      let survey = try ArmSurvey(host: host, bounds: experiment.arm.bounds)
      print(survey.text)
      guard survey.isUsable else { throw ExitCode.failure }
      return
    }
    let request = experiment.cameraRequest
    var report = ComputerReport.measured { Activity.show($0) }
    report.cycleTimes = CycleTime.all { Activity.show("how long a step takes", share: $0) }
    if remote.learner != nil { Activity.show("the link to the learner") }
    let learner = try remote.choice.map { try LearnerReport($0, experiment) }
    Activity.show("cameras")
    let surveys = CameraSurvey.all(request)
    let hasCamera = surveys.contains { $0.problem == nil }
    Activity.end()
    if json {
      print(try ReadableJSON.encode(Page(report, surveys, learner)))
    } else {
      print(report.text + "\n")
      if let learner { print(learner.text + "\n") }
      for survey in surveys { print(survey) }
    }
    guard !surveys.isEmpty else { throw CameraError.noUsableCamera(problems: []) }
    guard hasCamera else { throw ExitCode.failure }
  }

  /// The report as JSON.
  private struct Page: Encodable {
    struct Camera: Encodable {
      var path: String
      var name: String
      var isUsable: Bool
      var description: String
    }

    let computer: ComputerReport
    let cameras: [Camera]
    let learner: LearnerReport?

    init(_ report: ComputerReport, _ surveys: [CameraSurvey], _ learner: LearnerReport?) {
      computer = report
      self.learner = learner
      cameras = surveys.map {
        Camera(path: $0.path, name: $0.name, isUsable: $0.problem == nil, description: "\($0)")
      }
    }
  }
}
