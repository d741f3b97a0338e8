import AVGCamera
import AVGConfiguration
import AVGCore
import AVGLearning
import AVGRecording
import AVGRobot
import AVGRunFolder
import AVGSimulation
import AVGTasks
import AVGTraining

/// A task on the simulated body.
typealias SimulatedWorld = TaskEnvironment<SimulatedBody, ConfiguredTask>

/// The same, watched by a log if there is one.
typealias RecordedWorld = TaskEnvironment<RecordingBody<SimulatedBody>, ConfiguredTask>

/// One experiment, as a file in `configs/` gives it.
struct ExperimentConfiguration: Codable, Hashable, ValidatedConfiguration {
  /// How long a training goes on, and what it keeps.
  struct Training: Codable, Hashable {
    /// Control steps.
    var steps = 60_000
    /// What every random number is drawn from.
    var seed: UInt64 = 1
    /// Steps between two checkpoints; 0 keeps the one at the end only.
    var checkpointIntervalSteps = 10_000
    /// The least number of steps between two sets of pictures and histograms in the event file; 0 makes none.
    var pictureIntervalSteps = 2_000
    /// Checkpoints kept, the newest included.
    var checkpointsKept = 3
    /// What comes first when a new observation is there.
    var order = StepOrder.learnThenAct
    /// What becomes of steps that come late.
    var lateSteps = LateSteps.skip

    func validate() throws(InvalidSetting) {
      try InvalidSetting.check("steps", steps, in: 1...1_000_000_000)
      try InvalidSetting.check("checkpointIntervalSteps", checkpointIntervalSteps, in: 0...1_000_000_000)
      try InvalidSetting.check("pictureIntervalSteps", pictureIntervalSteps, in: 0...1_000_000_000)
      try InvalidSetting.check("checkpointsKept", checkpointsKept, in: 1...CheckpointHistory.maximumCapacity)
    }
  }

  /// What is asked of a real camera.
  struct CameraSettings: Codable, Hashable {
    /// The frame rate, per second; the camera's nearest that is not below it is taken.
    var framesPerSecond = 30
    /// The pixel format, as MJPG or YUYV; auto takes the best.
    var format = "auto"
    /// Columns and rows, as 640x360; auto takes the best.
    var size = "auto"
    /// Time of exposure in units of 100 µs; −1 leaves it to the camera, whose automatic drifts with what it sees.
    var exposure = -1
    /// Gain in the camera's own units; −1 leaves it to the camera.
    var gain = -1
    /// Colour temperature in kelvin; −1 leaves it to the camera.
    var whiteBalance = -1
    /// Distance of focus in the camera's own units; −1 leaves it to the camera.
    var focus = -1
    /// The greatest age of an image that is acted by, in control cycles; without a newer one the wheels are stopped.
    var maximumFrameAgeCycles = 2.0
    /// How long the wheels are stopped for want of an image before the episode is cut off, in seconds.
    var longestBlindSeconds = 0.5
    /// How long no image may come before the camera is closed and looked for again, in seconds.
    var stallSeconds = 0.5
    /// How long a lost camera is looked for before the run ends, in seconds.
    var searchSeconds = 60.0

    /// The pixel format insisted on.
    var pixelFormat: FourCharacterCode? { format == "auto" ? nil : FourCharacterCode(format) }

    /// The size insisted on.
    var imageSize: ImageSize? { size == "auto" ? nil : ImageSize(size) }

    /// The controls to be fixed.
    var controls: [CameraControl: Int] {
      [CameraControl.exposure: exposure, .gain: gain, .whiteBalance: whiteBalance, .focus: focus]
        .filter { $0.value != -1 }
    }

    func validate() throws(InvalidSetting) {
      try InvalidSetting.check("framesPerSecond", framesPerSecond, in: 1...240)
      guard format == "auto" || FourCharacterCode.usable.contains(where: { $0 == pixelFormat }) else {
        throw InvalidSetting(
          key: "format", value: format,
          allowed: "auto, " + FourCharacterCode.usable.map(\.description).joined(separator: ", "))
      }
      guard size == "auto" || imageSize != nil else {
        throw InvalidSetting(key: "size", value: size, allowed: "auto, or columns and rows as 640x360")
      }
      for (key, value) in [
        ("exposure", exposure), ("gain", gain), ("whiteBalance", whiteBalance), ("focus", focus),
      ] {
        try InvalidSetting.check(key, value, in: -1...1_000_000)
      }
      try InvalidSetting.check("maximumFrameAgeCycles", maximumFrameAgeCycles, in: 0.1...1000)
      try InvalidSetting.check("longestBlindSeconds", longestBlindSeconds, in: 0...3600)
      try InvalidSetting.check("stallSeconds", stallSeconds, in: 0.1...60)
      try InvalidSetting.check("searchSeconds", searchSeconds, in: 0...1_000_000)
    }
  }

  var training = Training()
  var agent = AVGConfiguration()
  var task = TaskConfiguration()
  var simulation = PenConfiguration()
  var camera = CameraSettings()
  var robot = RobotSettings()

  /// The configuration with which the default learner is known to learn a task.
  init(_ kind: TaskConfiguration.Kind = .createReacher) {
    task = TaskConfiguration(kind)
    if kind == .createMover {
      // Starts all over the pen, for the episodes end all over it.
      simulation.farthestStartMeters = 1.4
      training.steps = 100_000
      // Of the up to 3.4 a step.
      agent.rewardScale = 0.03
    }
  }

  func problems() -> [ConfigurationProblem] {
    [
      Self.problem(in: "training", training.validate), Self.problem(in: "agent", agent.validate),
      Self.problem(in: "task", task.validate), Self.problem(in: "simulation", simulation.validate),
      Self.problem(in: "camera", camera.validate), Self.problem(in: "robot", robot.validate),
    ].compactMap { $0 }
  }

  private static func problem(
    in section: String, _ validate: () throws(InvalidSetting) -> Void
  ) -> ConfigurationProblem? {
    do {
      try validate()
      return nil
    } catch {
      return ConfigurationProblem(
        key: "\(section).\(error.key)", message: "cannot be \(error.value); give \(error.allowed)")
    }
  }

  /// The name of the file in `configs/` that holds the task's defaults.
  var defaultName: String { task.kind == .createMover ? "create-mover" : "visual-reacher" }

  /// What the task's environments are like, whatever body is in them.
  var specification: EnvironmentSpecification { task.specification }

  /// The greatest age of an image that is acted by.
  var maximumFrameAge: Duration { task.controlPeriod * camera.maximumFrameAgeCycles }

  /// The consecutive steps without an image that cut an episode off.
  var staleStepLimit: Int {
    max(1, Int((camera.longestBlindSeconds / task.controlPeriodSeconds).rounded(.up)))
  }

  /// What is asked of the camera.
  func cameraRequest(keepsSourceBytes: Bool) -> Camera.Configuration {
    Camera.Configuration(
      rate: FrameRate(frames: UInt32(camera.framesPerSecond)), pixelFormat: camera.pixelFormat,
      size: camera.imageSize, controls: camera.controls, maximumFrameAge: maximumFrameAge,
      keepsSourceBytes: keepsSourceBytes, stallTimeout: .seconds(camera.stallSeconds))
  }

  /// An agent of this configuration, freshly drawn.
  func makeAgent(seed: UInt64) -> Learner {
    Learner(agent, for: specification, seed: seed)
  }

  /// The task in the simulated world.
  func makeSimulatedWorld(seed: UInt64) throws -> SimulatedWorld {
    TaskEnvironment(
      body: try makeBody(seed: seed), task: try ConfiguredTask(task), staleStepLimit: staleStepLimit)
  }

  /// The same, watched by a log if there is one.
  func makeRecordedWorld(seed: UInt64, log: FrameLogWriter?) throws -> RecordedWorld {
    TaskEnvironment(
      body: RecordingBody(try makeBody(seed: seed), log: log), task: try ConfiguredTask(task),
      staleStepLimit: staleStepLimit)
  }

  private func makeBody(seed: UInt64) throws(InvalidSetting) -> SimulatedBody {
    try SimulatedBody(
      simulation, cycle: task.controlPeriod, maximumFrameAge: maximumFrameAge, seed: seed)
  }
}

extension ExperimentConfiguration {
  /// A world to measure policies in.
  func makeEvaluationWorld(seed: UInt64) throws -> SimulatedWorld {
    var experiment = self
    // What is measured is the goal itself.
    experiment.task.firstTargetArea = 0
    return try experiment.makeSimulatedWorld(seed: Self.evaluationSeed(seed))
  }

  /// An agent of this configuration that samples its actions and learns nothing, freshly drawn.
  func makeEvaluatedAgent(seed: UInt64) -> Learner {
    let seed = Self.evaluationSeed(seed)
    var agent = makeAgent(seed: seed)
    agent.mode = .sampling(seed: seed)
    return agent
  }

  /// Another seed than a training's, whose starts would otherwise come again.
  static func evaluationSeed(_ seed: UInt64) -> UInt64 {
    RandomSource(seed: seed, purpose: "evaluation").state
  }
}
