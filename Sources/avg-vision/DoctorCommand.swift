import ArgumentParser
import AVGCamera

/// `avg-vision doctor`
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract:
      "List each camera: what it offers, what would be chosen and why, and what to do about problems.",
    discussion: """
      Examples:
        avg-vision doctor
        avg-vision doctor --set camera.size=640x360 --set camera.exposure=150

      Exit status: 0 if a camera can be used, 1 if none can.
      """)

  @Option(help: ArgumentHelp("The configuration (default: the built-in one).", valueName: "file"))
  var config: String?

  @OptionGroup var options: ConfigurationOptions

  func run() throws {
    let request = try options.load(config).cameraRequest(keepsSourceBytes: false)
    let surveys = CameraSurvey.all(request)
    guard !surveys.isEmpty else { throw CameraError.noUsableCamera(problems: []) }
    for survey in surveys {
      print(survey)
    }
    guard surveys.contains(where: { $0.problem == nil }) else { throw ExitCode.failure }
  }
}
