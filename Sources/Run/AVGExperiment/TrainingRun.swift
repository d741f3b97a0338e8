import AVGCore
import AVGDashboard
import AVGLearning
import AVGRecording
import AVGRemote
import AVGRunFolder
import AVGTraining

/// A training in any world, with all that there is around it: it is kept, watched and recorded.
struct TrainingRun<World: Environment & ~Copyable, Configuration: RunConfiguration> {
  /// A word for file names.
  let name: String
  let configuration: Configuration
  /// What the configuration has for keys that nobody sets.
  let defaults: Configuration
  /// The steps after which an episode is cut off.
  let timeLimitSteps: Int
  /// The step to come to.
  let steps: Int
  /// Where it is recorded; nil for nowhere.
  let log: FrameLogWriter?
  /// The world goes on while nobody acts in it.
  var isReal = false
  /// What an environment in another process said of itself, for a replay; nil of a body of this program's.
  var environmentDescription: String?
  /// The world's state, from which it can be taken up again; nil of one that cannot be.
  var environmentState: (borrowing World) throws -> String? = { _ in nil }
  /// Where the robot is, for the live page.
  var place: (borrowing World) -> RobotPlace? = { _ in nil }
  /// What the live page has to know; nil for no page.
  var page: (RunFolder) -> DashboardSettings? = { _ in nil }

  /// Trains to the last step.
  ///
  /// - Parameters:
  ///   - state: where the run was broken off.
  ///   - origin: the run that goes on, whose folder's lock is held; nil for a new one.
  ///   - link: that to the learner on another computer; nil for one that is here.
  func train<Actor: CheckpointedAgent & InspectableAgent & ~Copyable>(
    _ world: consuming World, _ agent: consuming Actor, resuming state: TrainingState?,
    from origin: RunOrigin?, _ options: TrainingOptions, _ link: LearnerLink? = nil
  ) throws -> TrainingResult {
    let training = configuration.training
    var agent = agent
    try agent.prepare()
    let recorder = try RunRecorder<World, Actor>(
      configuration, defaults: defaults, for: world.specification, timeLimitSteps: timeLimitSteps, name: name,
      resuming: origin, output: options.output, steps: steps, frameLog: log, stop: options.stop,
      environment: environmentState)
    recorder.place = place
    if let address = options.dashboard, let settings = page(recorder.folder) {
      recorder.dashboard = try Dashboard(settings, at: address, stop: options.stop)
    }
    let hasFrames = world.specification.frames != nil
    var trainer = Trainer(environment: world, agent: agent, resuming: state)
    var settings = ReplaySettings(
      isLearning: true, seed: training.seed, isReal: isReal,
      frameQuality: environmentDescription == nil && hasFrames ? options.recordQuality : nil)
    settings.environment = environmentDescription
    settings.isRemote = link != nil
    try recorder.begin(trainer, settings)
    let plan = TrainingPlan(
      steps: steps, checkpointInterval: training.checkpointIntervalSteps, order: training.order,
      measuresCaptureAge: isReal, lateSteps: isReal ? training.lateSteps : .skip)
    var hooks = recorder.hooks()
    if let link { hooks.follow(link) }
    defer { if let link { print(link.finish()) } }
    var blindCycles = 0
    hooks.onStep = { [record = hooks.onStep] transition, step in
      blindCycles = transition.outcome.isStale ? blindCycles + 1 : 0
      // A world that stands still for nobody would go on so for ever.
      guard blindCycles < BlindWorld.limit else { throw BlindWorld() }
      try record?(transition, step)
    }
    do { try trainer.run(plan, hooks: hooks, stop: options.stop) } catch { throw recorder.failure(error) }
    try recorder.finish(trainer.progress, trainer.latencies)
    return TrainingResult(folder: recorder.folder, progress: trainer.progress)
  }
}

/// A world in which nothing is seen for so long that nothing will ever be learned.
private struct BlindWorld: Error, CustomStringConvertible {
  /// Control cycles in a row.
  static let limit = 2000

  var description: String {
    "the world: \(Self.limit) control cycles in a row had no image of the present; give its camera more frames per "
      + "second (simulation.cameraFramesPerSecond), or images more time (camera.maximumFrameAgeCycles)."
  }
}
