package import AVGCamera
public import AVGConfiguration
package import AVGCore
import AVGDashboard
public import AVGGymnasium
public import AVGLearning
import AVGRecording
public import AVGRobot
import AVGRunFolder
public import AVGSimulation
public import AVGTasks
import AVGTraining

/// A task on the simulated body.
package typealias SimulatedWorld = TaskEnvironment<SimulatedBody, ConfiguredTask>

/// One experiment, as a file in `configs/` gives it.
public struct ExperimentConfiguration: Codable, Hashable, Sendable, RunConfiguration {
  /// How long a training goes on, and what it keeps.
  public var training = TrainingSettings()
  /// How it learns.
  public var agent = AVGConfiguration()
  /// What is to be done.
  public var task = TaskConfiguration()
  /// The simulated world.
  public var simulation = PenConfiguration()
  /// What is asked of a real camera.
  public var camera = CameraSettings()
  /// The robot's guards, and what its resets do.
  public var robot = RobotSettings()
  /// An environment of somebody else's, which takes the place of task, simulation, camera and robot.
  public var gymnasium = GymnasiumSettings()

  /// The default configuration.
  public init() { self.init(.createReacher) }

  /// The configuration with which the default learner is known to learn a task.
  public init(_ kind: TaskConfiguration.Kind) {
    task = TaskConfiguration(kind)
    if kind == .createMover {
      // Starts all over the pen, for the episodes end all over it.
      simulation.farthestStartMeters = 1.4
      training.steps = 100_000
      // Of the up to 3.4 a step.
      agent.rewardScale = 0.03
    }
  }

  /// What a run in an environment of somebody else's has for keys that nobody sets: AVG as published, with the step sizes
  /// of its HalfCheetah.
  package static let hosted: ExperimentConfiguration = {
    var experiment = ExperimentConfiguration()
    experiment.training.steps = 1_000_000
    experiment.training.checkpointIntervalSteps = 100_000
    experiment.agent.explorePlainly()
    experiment.agent.actorLearningRate = 0.0063
    experiment.agent.criticLearningRate = 0.0087
    experiment.agent.entropyCoefficient = 0.07
    experiment.agent.rewardScale = 1
    experiment.agent.normalizerHorizon = 0
    experiment.agent.normalizerClip = 0
    return experiment
  }()

  /// Checks every section.
  public func problems() -> [ConfigurationProblem] {
    [
      Self.problem(in: "training", training.validate), Self.problem(in: "agent", agent.validate),
      Self.problem(in: "task", task.validate), Self.problem(in: "simulation", simulation.validate),
      Self.problem(in: "camera", camera.validate), Self.problem(in: "robot", robot.validate),
      Self.problem(in: "gymnasium", gymnasium.validate),
    ].compactMap { $0 }
  }

  /// The name of the file in `configs/` that holds the task's defaults.
  package var defaultName: String {
    if gymnasium.isGiven { return gymnasium.id.isEmpty ? "environment" : gymnasium.id }
    return task.kind == .createMover ? "create-mover" : "visual-reacher"
  }

  /// What the task's environments are like, whatever body is in them; of somebody else's, what their episodes are judged
  /// by: the rest nobody knows before they run.
  package var specification: EnvironmentSpecification {
    gymnasium.isGiven
      ? EnvironmentSpecification(frames: nil, signalCount: 0, actionCount: 1, score: .return)
      : task.specification
  }

  /// The greatest age of an image that is acted by.
  package var maximumFrameAge: Duration { task.controlPeriod * camera.maximumFrameAgeCycles }

  /// The consecutive steps without an image that cut an episode off.
  package var staleStepLimit: Int {
    max(1, Int((camera.longestBlindSeconds / task.controlPeriodSeconds).rounded(.up)))
  }

  /// What is asked of the camera.
  package func cameraRequest(keepsSourceBytes: Bool) -> Camera.Configuration {
    Camera.Configuration(
      rate: FrameRate(frames: UInt32(camera.framesPerSecond)), pixelFormat: camera.pixelFormat,
      size: camera.imageSize, controls: camera.controls, maximumFrameAge: maximumFrameAge,
      keepsSourceBytes: keepsSourceBytes, stallTimeout: .seconds(camera.stallSeconds))
  }

  /// An agent of this configuration, freshly drawn for its task.
  package func makeAgent(seed: UInt64) -> Learner { Learner(agent, for: specification, seed: seed) }

  /// An agent of this configuration, freshly drawn for an environment.
  ///
  /// - Throws: where the encoder does not fit the environment's frames.
  package func makeAgent(
    for specification: EnvironmentSpecification, seed: UInt64
  ) throws(InvalidSetting) -> Learner {
    if let shape = specification.frames?.shape { try agent.checkConvolutions(on: shape) }
    return Learner(agent, for: specification, seed: seed)
  }

  /// The task in the simulated world.
  package func makeSimulatedWorld(seed: UInt64) throws -> SimulatedWorld {
    TaskEnvironment(
      body: try makeBody(seed: seed), task: try ConfiguredTask(task), staleStepLimit: staleStepLimit)
  }

  package func makeBody(seed: UInt64) throws(InvalidSetting) -> SimulatedBody {
    try SimulatedBody(
      simulation, cycle: task.controlPeriod, maximumFrameAge: maximumFrameAge, seed: seed)
  }
}

extension ExperimentConfiguration {
  /// A world to measure policies in.
  package func makeEvaluationWorld(seed: UInt64) throws -> SimulatedWorld {
    var experiment = self
    // What is measured is the goal itself.
    experiment.task.firstTargetArea = 0
    return try experiment.makeSimulatedWorld(seed: Self.evaluationSeed(seed))
  }

  /// An agent of this configuration that samples its actions and learns nothing, freshly drawn for an environment.
  package func makeEvaluatedAgent(
    for specification: EnvironmentSpecification, seed: UInt64
  ) throws(InvalidSetting) -> Learner {
    let seed = Self.evaluationSeed(seed)
    var agent = try makeAgent(for: specification, seed: seed)
    agent.mode = .sampling(seed: seed)
    return agent
  }

  /// Another seed than a training's, whose starts would otherwise come again.
  package static func evaluationSeed(_ seed: UInt64) -> UInt64 {
    RandomSource(seed: seed, purpose: "evaluation").state
  }
}

/// A task in the simulated pen.
package typealias SimulatedExperiment = Experiment<ExperimentConfiguration, SimulatedBody, ConfiguredTask>

extension ExperimentConfiguration {
  /// The configuration's task in the simulated pen.
  package static func simulated(name: String) -> SimulatedExperiment {
    var experiment = SimulatedExperiment(
      name: name, makeBody: { try $0.makeBody(seed: $0.training.seed) },
      makeTask: { try ConfiguredTask($0.task) })
    experiment.staleStepLimit = \.staleStepLimit
    experiment.defaults = { ExperimentConfiguration($0.task.kind) }
    experiment.target = \.task.targetColor
    experiment.pen = { PenOutline($0.simulation) }
    experiment.place = { body in
      RobotPlace(x: Float(body.pose.x), y: Float(body.pose.y), heading: Float(body.pose.heading))
    }
    return experiment
  }
}

extension PenOutline {
  /// The outline of the simulated pen.
  package init(_ pen: PenConfiguration) {
    self.init(
      lengthMeters: pen.penLengthMeters, widthMeters: pen.penWidthMeters,
      targetWidthMeters: pen.targetWidthMeters,
      robotRadiusMeters: pen.robotRadiusMillimeters / 1000)
  }
}
