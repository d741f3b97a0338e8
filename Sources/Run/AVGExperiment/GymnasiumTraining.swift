import AVGCore
import AVGDashboard
package import AVGGymnasium
import AVGLearning
import AVGRunFolder
import AVGSystem
import AVGTasks
import AVGTraining
import Logging

/// An environment of somebody else's, in a process of its own.
package typealias HostedEnvironment = GymnasiumEnvironment<RecordingLink<HostLink>>

extension ExperimentConfiguration {
  /// Starts the environment that `gymnasium` names.
  ///
  /// - Parameter seed: of its first episode.
  package func makeHostedEnvironment(seed: UInt64) throws(GymnasiumError) -> HostedEnvironment {
    let link = try HostLink(gymnasium, program: "avg-vision \(Product.version)")
    return try GymnasiumEnvironment(RecordingLink(link), gymnasium, seed: seed)
  }

  /// An environment to measure policies in, with other episodes than a training's.
  package func makeHostedEvaluationEnvironment(seed: UInt64) throws(GymnasiumError) -> HostedEnvironment {
    try makeHostedEnvironment(seed: Self.environmentSeed(seed, "evaluation"))
  }

  /// A seed for another purpose than a training's first episode; small, for there are environments that take no other.
  private static func environmentSeed(_ seed: UInt64, _ purpose: String) -> UInt64 {
    RandomSource(seed: seed, purpose: "environment, " + purpose).state >> 33
  }

  /// Trains in the environment that `gymnasium` names, or goes on with `origin`, whose folder's lock is held.
  ///
  /// The state of such an environment is not kept: a run that goes on begins a new episode.
  package func trainInHostedEnvironment(
    name: String, _ options: TrainingOptions, from origin: RunOrigin?
  ) throws -> TrainingResult {
    let checkpoint = origin?.checkpoint
    let isGoingOn = (checkpoint?.stepCount ?? 0) > 0
    let seed =
      isGoingOn
      ? Self.environmentSeed(training.seed, "from step \(checkpoint?.stepCount ?? 0)") : training.seed
    var world = try makeHostedEnvironment(seed: seed)
    let description = world.link.description
    let program = description.program.map { " (\($0))" } ?? ""
    logger.notice("environment  \(((description.name ?? gymnasium.name) + program).printable(limit: 300))")
    if try !world.repeatsStarts() {
      logger.warning("environment  the same seed gives another start each time: nobody can repeat this run")
    }
    if isGoingOn {
      logger.notice("environment  its state was not kept: the run goes on with a new episode")
    }
    let cycle = world.specification.controlPeriod
    let isReal = world.isReal
    let observationBytes = world.link.observation.count
    let log = try options.record.map {
      try RecordingRequest(path: $0, quality: options.recordQuality).open(
        .observations(bytes: observationBytes),
        steps: max(0, training.steps - max(0, checkpoint?.stepCount ?? 0)),
        controlPeriod: cycle, isReal: isReal, stop: options.stop)
    }
    world.link.log = log
    func run(_ configuration: ExperimentConfiguration) throws -> TrainingRun<
      HostedEnvironment, ExperimentConfiguration
    > {
      var run = TrainingRun<HostedEnvironment, ExperimentConfiguration>(
        name: name, configuration: configuration, defaults: ExperimentConfiguration.hosted,
        timeLimitSteps: description.maximumEpisodeSteps ?? 0, steps: training.steps, log: log)
      run.isReal = isReal
      run.environmentDescription = try ExactJSON.encode(description)
      run.page = { folder in
        DashboardSettings(
          title: name, target: task.targetColor, actionScale: nil,
          cycleMilliseconds: cycle.milliseconds, totalSteps: training.steps, hasGoal: false,
          metricsPath: folder.metricsPath)
      }
      return run
    }
    if let learner = options.learner {
      var configuration = self
      let agent = try configuration.link(
        to: learner, world.specification, waits: !isReal, stop: options.stop)
      let link = agent.link
      return try run(configuration).train(world, agent, resuming: nil, from: nil, options, link)
    }
    var agent = try makeAgent(
      for: world.specification, seed: training.seed, workers: try training.makeWorkers())
    let state = try checkpoint?.resume(&agent, in: world.specification)
    return try run(self).train(world, agent, resuming: state, from: origin, options)
  }
}
