import ArgumentParser
import AVGConfiguration
import AVGExperiment
import AVGRemote
import AVGRunFolder
import AVGSystem
import AVGTraining
import AVGTransportSecurity

/// `avg-vision learn`
struct LearnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learn",
    abstract: "Learn for a robot on another computer, which acts by the policies that it is sent.",
    discussion: """
      Examples:
        avg-vision learn --listen 5010 --output runs/remote
        avg-vision learn --listen 0.0.0.0:5010 --token-file token CONFIG.yaml
        avg-vision learn --listen 5010 --certificate certificate.pem --key key.pem
        avg-vision learn --listen 5010 --resume runs/remote
        avg-vision --camera auto --robot PORT --learner HOST:5010     on the robot

      The robot's configuration is followed, but for the sections agent and training
      of a configuration that is named here, and for --set and --seed. The run's
      folder is here and has everything.
      Without a host, only this computer can connect; elsewhere a token is asked for.
      Give a certificate and its key where others can read the network: without them
      neither the token nor what the camera sees is hidden (docs/two-computers.md).
      Ctrl-C ends the learner with its checkpoint; a second one ends it at once.
      """)

  @Argument(help: "The configuration; the same as --config.")
  var config: String?

  @Option(help: ArgumentHelp("Where robots find the learner.", valueName: "[host:]port"))
  var listen: String

  @Option(help: ArgumentHelp("The file with the secret that robots must show.", valueName: "file"))
  var tokenFile: String?

  @Option(
    help: ArgumentHelp(
      "The certificate (PEM) that robots know this learner by; encrypts the connections (TLS 1.3).",
      valueName: "file"))
  var certificate: String?

  @Option(help: ArgumentHelp("The private key (PEM) of --certificate.", valueName: "file"))
  var key: String?

  @Option(
    help: "Control steps to come to (default: until Ctrl-C).",
    transform: NumberOption.whole(NumberOption.steps))
  var steps: Int?

  @Flag(help: "End with the robot's run.")
  var once = false

  @OptionGroup var verbosity: VerbosityOptions

  @OptionGroup var resuming: ResumeOptions

  @OptionGroup var options: ConfigurationOptions

  func validate() throws {
    if let config, let other = options.file.config {
      throw ValidationError("Give one configuration, not \(config) and --config \(other).")
    }
    try resuming.validate(options, hasConfiguration: config != nil)
    guard (certificate == nil) == (key == nil) else {
      throw ValidationError("--certificate and --key belong together: give both.")
    }
    do { _ = try RemoteAddress(listen, defaultHost: "127.0.0.1") } catch { throw ValidationError("\(error)") }
  }

  private var identity: LearnerIdentity? {
    get throws {
      guard let certificate, let key else { return nil }
      return try LearnerIdentity(certificate: certificate, key: key)
    }
  }

  func run() throws {
    verbosity.apply()
    let stop = StopFlag.raisedBySignals()
    let origin = try resuming.resume.map { try RunOrigin($0, isWriting: true) }
    let file = config ?? options.file.config
    let own = try file.map { try options.load($0) }
    let learning = RemoteLearning(
      try RemoteAddress(listen, defaultHost: "127.0.0.1"),
      token: try tokenFile.map { try Token.read($0) } ?? "", identity: try identity,
      steps: steps, endsWithRobot: once
    ) { robot in
      var merged = robot
      if let own {
        merged.agent = own.agent
        merged.training = own.training
      }
      return try StrictYAML.load(
        merged, from: "", file: "the robot's configuration", overrides: options.overrides)
    }
    guard
      let result = try learning.run(TrainingOptions(output: options.output, stop: stop), from: origin)
    else { return }
    print(result.folder.path)
    RunEnding(
      folder: result.folder, progress: result.progress, steps: steps,
      goingOn: ["learn", "--listen", listen, "--resume", result.folder.path],
      next: ["evaluate", result.folder.path]
    ).tell()
  }
}

/// Where a run's learner is.
struct LearnerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Act here, and learn on another computer: where 'avg-vision learn' listens.", valueName: "host:port"))
  var learner: String?

  @Option(help: ArgumentHelp("The file with the secret of --learner.", valueName: "file"))
  var tokenFile: String?

  @Option(
    help: ArgumentHelp(
      "The certificate (PEM) that --learner must show; encrypts the connection.", valueName: "file"))
  var certificate: String?

  /// The learner; nil for one of this process.
  var choice: LearnerChoice? {
    get throws {
      guard let learner else { return nil }
      return LearnerChoice(
        try RemoteAddress(learner), token: try tokenFile.map { try Token.read($0) } ?? "",
        certificate: try certificate.map { try LearnerCertificate($0) })
    }
  }

  func validate() throws {
    guard let learner else {
      guard tokenFile == nil else { throw ValidationError("--token-file belongs to --learner.") }
      guard certificate == nil else { throw ValidationError("--certificate belongs to --learner.") }
      return
    }
    do { _ = try RemoteAddress(learner) } catch { throw ValidationError("\(error)") }
  }

  /// A run whose learner is elsewhere keeps nothing that could be gone on with.
  func validate(isResuming: Bool, startsFrom: Bool = false, learns: Bool = true) throws {
    guard learner != nil else { return }
    guard !isResuming, !startsFrom else {
      throw ValidationError(
        "With --learner the run is the learner's: give --resume to 'avg-vision learn' there.")
    }
    guard learns else { throw ValidationError("--no-learn asks no learner: leave out --learner.") }
  }
}
