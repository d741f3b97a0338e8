public import AVGArm
package import AVGCamera
public import AVGCore
import AVGDashboard
public import AVGGymnasium
public import AVGLearning
package import AVGNetwork
import AVGRecording
public import AVGRemote
public import AVGRobot
import AVGRunFolder
public import AVGSimulation
package import AVGSystem
public import AVGTasks
import AVGTraining

/// A task on the simulated body.
package typealias SimulatedWorld = TaskEnvironment<SimulatedBody, ConfiguredTask>

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// One experiment, as a file in `configs/` gives it; `keys` describes each section.
public struct ExperimentConfiguration: DeviceConfiguration {
  public var training = TrainingSettings()
  public var agent = AVGConfiguration()
  public var task = TaskConfiguration()
  public var simulation = PenConfiguration()
  public var camera = CameraSettings()
  public var robot = RobotSettings()
  public var arm = ArmSettings()
  public var gymnasium = GymnasiumSettings()
  public var remote = RemoteSettings()

  public static let keys =
    runKeys + [
      Key(
        "task", \.task,
        "The task. Each kind has defaults of its own: those of its file in configs/."
      ),
      Key(
        "simulation", \.simulation,
        """
        The simulated pen, robot and camera; a real robot uses none of these keys. R is the robot's radius in
        metres.
        """),
      Key(
        "camera", \.camera,
        """
        Settings of a real camera; maximumFrameAgeCycles and longestBlindSeconds apply to the simulated one too.
        """),
      Key("robot", \.robot, "Settings of a real robot, an iRobot Create 2."),
      Key("arm", \.arm, "Settings of an arm, a Universal Robots UR5 (UR-Reacher-2)."),
      Key(
        "gymnasium", \.gymnasium,
        """
        An environment in another process, which takes the place of task, simulation, camera and robot; docs/gymnasium.md.
        Where one is named, the other keys have the defaults of configs/gymnasium/half-cheetah.yaml.
        """),
      Key(
        "remote", \.remote,
        "A learner on another computer (`--learner`, `learn --listen`); docs/two-computers.md."),
    ]

  public init() { self.init(.createReacher) }

  public static var unrecorded: Self { Self(.createReacher, rehearses: false) }

  /// The configuration with which the default learner is known to learn a task.
  ///
  /// - Parameter rehearses: whether the learner may rehearse. Where it helps, the defaults say so; a learner that cannot has
  ///   other ones.
  public init(_ kind: TaskConfiguration.Kind, rehearses: Bool = true) {
    task = TaskConfiguration(kind)
    if rehearses, kind == .createReacher || kind == .createMover {
      agent.traceDecay = 0.8
      agent.rehearsal.transitions = 2000
    }
    if kind == .createMover {
      // Starts all over the pen, for the episodes end all over it.
      simulation.farthestStartMeters = 1.4
      training.steps = 100_000
      // Of the up to 3.4 a step.
      agent.rewardScale = 0.03
    } else if kind == .urReacher2 {
      let vectors = Self.hosted
      training = vectors.training
      training.steps = 150_000
      training.checkpointIntervalSteps = 50_000
      agent = vectors.agent
      agent.annealingSteps = 100_000
      agent.normalizerHorizon = 20_000
      agent.actorLearningRate = 0.002
      agent.criticLearningRate = 0.004
      agent.entropyCoefficient = 0.1
      // An episode has 100 steps, and a step's reward tells how far it is.
      agent.discount = 0.95
    } else if kind == .visualURReacher2 {
      training.steps = 150_000
      // What is to be seen are two small discs.
      agent.encoderLearningRate = 0.0001
      agent.actorLearningRate = 0.0006
      agent.discount = 0.95
      // Of the up to 5 a step.
      agent.rewardScale = 0.2
    }
  }

  /// What a run in an environment of somebody else's has for keys that nobody sets: AVG as published, with the step sizes
  /// of its HalfCheetah.
  package static let hosted: ExperimentConfiguration = {
    var experiment = unrecorded
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

  /// The name of the file in `configs/` that holds the task's defaults.
  package var defaultName: String {
    if gymnasium.isGiven { return gymnasium.id.isEmpty ? "environment" : gymnasium.id }
    switch task.kind {
    case .createReacher: return "visual-reacher"
    case .createMover, .urReacher2, .visualURReacher2: return task.kind.rawValue
    }
  }

  /// What the task's environments are like, whatever body is in them; of somebody else's, what their episodes are judged
  /// by: the rest nobody knows before they run.
  package var specification: EnvironmentSpecification {
    gymnasium.isGiven
      ? EnvironmentSpecification(frames: nil, signalCount: 0, actionCount: 1, score: .return)
      : task.specification
  }

  /// The consecutive steps without an image that cut an episode off.
  package var staleStepLimit: Int {
    max(1, Int((camera.longestBlindSeconds / task.controlPeriodSeconds).rounded(.up)))
  }

  /// What is asked of the camera of a program that does nothing else with it.
  package var cameraRequest: Camera.Configuration {
    camera.request(controlPeriod: task.controlPeriod, keepsSourceBytes: false)
  }

  /// An agent of this configuration, freshly drawn for its task.
  package func makeAgent(seed: UInt64) -> Learner { Learner(agent, for: specification, seed: seed) }

  /// An agent of this configuration, freshly drawn for an environment.
  ///
  /// - Throws: where the encoder does not fit the environment's frames.
  package func makeAgent(
    for specification: EnvironmentSpecification, seed: UInt64, instructionSet: InstructionSet = .best,
    workers: WorkerPool? = nil
  ) throws(InvalidSetting) -> Learner {
    if let shape = specification.frames?.shape, let problem = agent.convolutionProblem(on: shape) {
      throw InvalidSetting(key: "agent.\(problem.key)", value: problem.value, allowed: problem.allowed)
    }
    return Learner(
      agent, for: specification, seed: seed, instructionSet: instructionSet, workers: workers)
  }

  /// The task in the simulated world.
  package func makeSimulatedWorld(seed: UInt64) throws -> SimulatedWorld {
    TaskEnvironment(
      body: try makeBody(seed: seed), task: try makeTask(), staleStepLimit: staleStepLimit)
  }

  /// The task, with the colours that the target is to have.
  package func makeTask() throws(InvalidSetting) -> ConfiguredTask {
    try ConfiguredTask(task, colors: try changedWorlds().map { ($0.step, $0.experiment.task.targetColor) })
  }

  package func makeBody(seed: UInt64) throws(InvalidSetting) -> SimulatedBody {
    try SimulatedBody(
      simulation, changes: try changedWorlds().map { ComingWorld(step: $0.step, $0.experiment.simulation) },
      cycle: task.controlPeriod, maximumFrameAge: camera.maximumFrameAge(task.controlPeriod),
      seed: seed)
  }
}

extension ExperimentConfiguration {
  /// A world to measure policies in.
  package func makeEvaluationWorld(seed: UInt64) throws -> SimulatedWorld {
    var experiment = self
    experiment.simulation.changes = []
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
      makeTask: { try $0.makeTask() })
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
