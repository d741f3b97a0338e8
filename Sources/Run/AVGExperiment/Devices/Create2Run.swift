import AVGArm
import AVGCamera
import AVGCore
public import AVGCreate2
import AVGExec
import AVGGuard
import AVGLearning
import AVGRecording
import AVGRobot
import AVGSystem
public import AVGTasks
import AVGTraining
import Logging

/// The camera and the robot of a run.
public struct Devices: Sendable {
  /// The name of a camera, an MCAP file, or the socket of an emulator's view.
  public var camera: String
  /// The Create 2's serial port, or `exec:` and the program that drives a robot; nil for none.
  public var robot: String?
  /// The topic of an MCAP file; nil for the one that `ImageLog` chooses.
  public var topic: String?

  /// Names devices.
  public init(camera: String, robot: String? = nil, topic: String? = nil) {
    self.camera = camera
    self.robot = robot
    self.topic = topic
  }

  /// The program and its arguments that drive the robot, with spaces between; nil for a Create 2 or none.
  package var robotProgram: String? {
    guard let robot, robot.hasPrefix(Self.programPrefix) else { return nil }
    return String(robot.dropFirst(Self.programPrefix.count))
  }

  /// What stands before the program of a robot that is none of this program's own.
  package static let programPrefix = "exec:"

  /// The address of the arm that is the robot; nil for another robot, or none.
  package var armAddress: String? { robot.flatMap { UR5Base.host(in: $0) } }

  /// Whether the camera is an MCAP file, or a folder of them.
  package var isFile: Bool { LogFiles.isLog(camera) }
}

extension Experiment
where B: ~Copyable, Configuration: DeviceConfiguration, T.Command == WheelSpeeds, T.Senses == Create2Senses {
  /// Acts and learns with a camera, and perhaps a Create 2, in real time, until the last step, Ctrl-C or an error.
  ///
  /// A program other than avg-vision must call `Create2Guards.serveIfAsked()` first of all, because the guards are processes of
  /// the same program.
  @discardableResult
  public func run(
    _ configuration: Configuration, on devices: Devices, _ options: DeviceRunOptions = DeviceRunOptions()
  ) throws -> TrainingResult {
    try run(configuration, on: devices, options, from: nil)
  }

  /// Begins a run, or resumes `origin`, whose folder must be locked.
  package func run(
    _ configuration: Configuration, on devices: Devices, _ options: DeviceRunOptions, from origin: RunOrigin?
  ) throws -> TrainingResult {
    var run = try DeviceRun(self, configuration, options, from: origin, RunWatch(stop: options.training.stop))
    run.hasRobot = devices.robot != nil
    run.isReal = !devices.isFile
    // If lost cycles cost reward, a time-out costs the time of its reset.
    if devices.robot != nil, run.task.rewardOfLostCycle != 0 {
      run.timeOutSteps = configuration.robot.timeOutSteps
    }
    let remote = try run.makeRemoteAgent()
    let opening = Create2Run(configuration: configuration, devices: devices, options: options, run: run)
    var result: Result<TrainingResult, any Error>?
    if let remote {
      try opening.open(remote, into: &result)
    } else {
      try opening.open(try run.makeAgent(), into: &result)
    }
    guard let result else { preconditionFailure("a thread that has run has a result") }
    return try result.get()
  }
}

/// Opens camera and robot, and runs.
private struct Create2Run<Configuration: DeviceConfiguration, B: Body & ~Copyable, T: ControlTask>
where B.Command == T.Command, B.Senses == T.Senses, T.Command == WheelSpeeds, T.Senses == Create2Senses {
  let configuration: Configuration
  let devices: Devices
  let options: DeviceRunOptions
  let run: DeviceRun<Configuration, B, T>

  private var period: Duration { run.task.controlPeriod }
  private var watch: RunWatch { run.watch }

  /// Opens everything, and runs, on a thread of its own, so that its priority is no other's.
  func open<Actor: CheckpointedAgent & InspectableAgent & ~Copyable>(
    _ agent: consuming Actor, into result: inout Result<TrainingResult, any Error>?
  ) throws(ThreadError) {
    var agent: Actor? = consume agent
    try SystemThread.run(for: "the control loop's thread") {
      guard let agent = agent.take() else { return }
      do { result = .success(try open(agent)) } catch { result = .failure(error) }
    }
  }

  private func open<Actor: CheckpointedAgent & InspectableAgent & ~Copyable>(
    _ agent: consuming Actor
  ) throws -> TrainingResult {
    let settings = configuration.camera
    if devices.isFile {
      let body = try RecordedCameraBody<WheelSpeeds, Create2Senses>(
        reading: devices.camera, topic: devices.topic, controlPeriod: period,
        maximumFrameAge: settings.maximumFrameAge(period), longestGapCycles: run.staleStepLimit,
        end: watch.stop.raise)
      tellOfTopic(body.topic, among: body.otherTopics)
      return try run.go(body, agent, try run.openLog(.frames), .frames)
    }
    if EmulatorView.isView(devices.camera) {
      return try drive(try EmulatorView(devices.camera, patience: period), agent)
    }
    let request = settings.request(
      controlPeriod: period,
      keepsSourceBytes: options.saveFrames != nil || options.training.record != nil
        || options.training.learner != nil)
    let camera = try RecoveringCamera(
      path: try Camera.path(for: devices.camera, request), configuration: request,
      patience: .seconds(settings.searchSeconds), logger: watch.news.logger)
    return try drive(CameraEye(camera: camera, maximumFrameAge: settings.maximumFrameAge(period)), agent)
  }

  /// Joins the eye with the robot, if there is one.
  private func drive<E: DeviceEye & ~Copyable, Actor: CheckpointedAgent & InspectableAgent & ~Copyable>(
    _ eye: consuming E, _ agent: consuming Actor
  ) throws -> TrainingResult {
    let source: RecordingRequest.Source = eye.jpegPixels.map { .images(pixels: $0) } ?? .frames
    let log = try run.openLog(source)
    let sight = ClockedEye(eye, period: period) { [latencies = watch.latencies] clock in
      latencies.slack.record(clock.slack)
      latencies.lateness.record(clock.lateness)
    }
    guard let port = devices.robot else {
      return try run.go(ComposedBody(sight, NoBase<WheelSpeeds, Create2Senses>()), agent, log, source)
    }
    if let program = devices.robotProgram {
      return try drive(program, sight, agent, log, source)
    }
    let settings = configuration.robot
    let link = try RobotLink.open(
      RobotLink.Configuration(
        port: port, orderTimeout: settings.commandTimeout,
        speedLimit: settings.speedLimitMillimetersPerSecond,
        startPriority: RealTime.startPriority, watchPriority: RealTime.guardPriority))
    let keyboard = try RunKeyboard(stop: link.emergencyStop.strike)
    defer { keyboard.end() }
    let holds = RunHolds(
      isEnding: { [stop = watch.stop] in stop.isRaised }, isPaused: keyboard.isHolding)
    let base = Create2Base(
      link: link, settings: settings, seed: configuration.training.seed, holds: holds,
      logger: watch.news.logger,
      onCommand: { [latencies = watch.latencies] in latencies.command.record($0) })
    return try run.go(ComposedBody(sight, base), agent, log, source)
  }

  /// Joins the eye with a robot that a program drives.
  private func drive<E: DeviceEye & ~Copyable, Actor: CheckpointedAgent & InspectableAgent & ~Copyable>(
    _ program: String, _ sight: consuming ClockedEye<E>, _ agent: consuming Actor, _ log: FrameLogWriter?,
    _ source: RecordingRequest.Source
  ) throws -> TrainingResult {
    let hold = KeyHold()
    let holds = RunHolds(
      isEnding: { [stop = watch.stop] in stop.isRaised }, isPaused: hold.isHolding)
    let base = try ExecBase.open(
      program: program, settings: configuration.robot, controlPeriod: period,
      seed: configuration.training.seed, startPriority: RealTime.startPriority, holds: holds,
      logger: watch.news.logger,
      onCommand: { [latencies = watch.latencies] in latencies.command.record($0) })
    let keyboard = try RunKeyboard(stop: base.emergencyStop)
    defer { keyboard.end() }
    hold.keyboard = keyboard
    return try run.go(ComposedBody(sight, base), agent, log, source)
  }

  /// Logs which topic is used, if there was a choice and nobody made it.
  private func tellOfTopic(_ topic: String, among others: [String]) {
    guard devices.topic == nil, !others.isEmpty else { return }
    logger.notice(
      "images of \(topic.printable()) are used; --topic names another: \(others.joined(separator: ", ").printable())"
    )
  }
}
