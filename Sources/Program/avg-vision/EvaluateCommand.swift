import ArgumentParser
import AVGArm
import AVGCore
import AVGExperiment
import AVGGymnasium
import AVGLearning
import AVGSimulation
import AVGSystem
import AVGTasks
import AVGTraining
import Foundation
import Logging

/// `avg-vision evaluate`
struct EvaluateCommand: ParsableCommand {
  enum PolicyName: String, ExpressibleByArgument, CaseIterable {
    case trained, initial, oracle, random
  }

  enum ActionChoice: String, ExpressibleByArgument, CaseIterable {
    case sampled, greedy
  }

  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a policy in the simulated world, without learning.",
    discussion: """
      Examples:
        avg-vision evaluate runs/NAME --episodes 100
        avg-vision evaluate runs/NAME --actions greedy --json
        avg-vision evaluate --policy oracle   the scripted driver, which knows all
        avg-vision evaluate --policy initial  the untrained network
        avg-vision evaluate runs/NAME --world configs/worlds/wheel-slip.yaml
        avg-vision evaluate --task create-mover --policy random
        avg-vision evaluate runs/NAME --set simulation.lensDirt=0.9
        avg-vision evaluate runs/NAME --picture view.png
        avg-vision evaluate --gymnasium HalfCheetah-v4 --policy random

      The world is that of the run's configuration, as its changes had left it
      (simulation.changes), unless --world names another; its starts are never those
      of the training. Ctrl-C ends it after the step at hand: the report then says of
      how many episodes it is, and the exit status is 130.
      """)

  @Argument(help: "The folder of the run (not needed for the policies initial, oracle and random).")
  var folder: String?

  @OptionGroup var file: ConfigurationFileOptions

  @OptionGroup var scene: SceneOptions

  @OptionGroup var foreign: GymnasiumOptions

  @Option(help: "Episodes to do.", transform: NumberOption.whole(NumberOption.episodes))
  var episodes = 100

  @Option(
    help: "What the world's random numbers, and the policy's, are drawn from.",
    transform: NumberOption.whole(UInt64.min...UInt64.max))
  var seed: UInt64 = 1

  @Option(help: "Who acts: \(PolicyName.allCases.map(\.rawValue).joined(separator: ", ")).")
  var policy = PolicyName.trained

  @Option(help: "What a network does: sampled or greedy.")
  var actions = ActionChoice.sampled

  @Flag(help: "Print the report as JSON.")
  var json = false

  @Option(help: ArgumentHelp("Save four frames of the first episode as a PNG picture.", valueName: "file"))
  var picture: String?

  @OptionGroup var instructions: InstructionSetOption

  @OptionGroup var quietness: QuietOption

  func validate() throws {
    if folder != nil, file.config != nil {
      throw ValidationError(
        "A run is measured by its own configuration: leave out --config, or give --world or --set.")
    }
    guard folder != nil || policy != .trained else {
      throw ValidationError("A trained policy needs the folder of its run: avg-vision evaluate FOLDER.")
    }
  }

  func run() throws {
    quietness.apply()
    // Before the first file is opened, which may wait for ever: then a second Ctrl-C ends it.
    _ = StopFlag.raisedBySignals()
    let origin = try folder.map { try RunOrigin(run: $0) }
    let overrides = scene.overrides + foreign.overrides + file.overrides
    let experiment =
      try origin?.measuredConfiguration(world: scene.world, overrides: overrides)
      ?? ExperimentConfiguration.load(file.config, world: scene.world, overrides: overrides)
    let report =
      experiment.gymnasium.isGiven
      ? try measureHosted(experiment, origin)
      : experiment.isOfArm ? try measureArm(experiment, origin) : try measureSimulated(experiment, origin)
    print(json ? try report.json() : report.text(experiment.specification.score))
    guard report.isComplete else {
      logger.warning("evaluate: stopped after \(report.episodes) of \(episodes) episodes")
      throw ExitCode(130)
    }
  }

  private func measureSimulated(
    _ experiment: ExperimentConfiguration, _ origin: RunOrigin?
  ) throws -> EvaluationReport {
    var environment = try experiment.makeEvaluationWorld(seed: seed)
    guard policy == .oracle else { return try measure(in: &environment, experiment, origin) }
    if experiment.task.kind == .createReacher {
      let driver = OracleDriver(experiment.simulation)
      return try measure(in: &environment) { world, _, action in
        driver.act(at: world.body.pose, into: &action)
      }
    }
    let driver = LapDriver(experiment.simulation)
    return try measure(in: &environment) { world, _, action in
      driver.act(at: world.body.pose, into: &action)
    }
  }

  private func measureArm(
    _ experiment: ExperimentConfiguration, _ origin: RunOrigin?
  ) throws -> EvaluationReport {
    guard scene.world == nil, picture == nil || experiment.specification.frames != nil else {
      throw NotOfThisTask(
        description: "--world is for the simulated pen, --picture for a task with a camera: leave them out.")
    }
    var environment = try experiment.makeEvaluationArm(seed: seed)
    guard policy == .oracle else { return try measure(in: &environment, experiment, origin) }
    let driver = ReachingOracle(experiment.arm)
    return try measure(in: &environment) { world, _, action in
      driver.act(world.body.state.motion, target: world.body.state.target, into: &action)
    }
  }

  private func measureHosted(
    _ experiment: ExperimentConfiguration, _ origin: RunOrigin?
  ) throws -> EvaluationReport {
    guard policy != .oracle else {
      throw NotOfThisTask(
        description: "The oracle drives in the simulated pen only: choose another --policy.")
    }
    guard scene.world == nil else {
      throw NotOfThisTask(description: "--world is for the simulated pen: leave it out.")
    }
    var environment = try experiment.makeHostedEvaluationEnvironment(seed: seed)
    return try measure(in: &environment, experiment, origin)
  }

  /// Lets a network, or chance, act.
  private func measure<World: Environment & ~Copyable>(
    in environment: inout World, _ experiment: ExperimentConfiguration, _ origin: RunOrigin?
  ) throws -> EvaluationReport {
    guard policy != .random else {
      var random = RandomSource(
        seed: ExperimentConfiguration.evaluationSeed(seed), purpose: "random policy")
      return try measure(in: &environment) { _, _, action in
        for index in action.indices { action[index] = Float(random.uniform(in: -1...1)) }
      }
    }
    var agent = try experiment.makeEvaluatedAgent(for: environment.specification, seed: seed)
    if policy == .trained { try origin?.restore(&agent) }
    if actions == .greedy { agent.mode = .greedy }
    return try measure(in: &environment) { _, observation, action in
      agent.act(on: observation, into: &action)
    }
  }

  private func measure<World: Environment & ~Copyable>(
    in environment: inout World,
    _ act: (borrowing World, borrowing Observation, inout [Float]) -> Void
  ) throws -> EvaluationReport {
    var strip = FilmStrip()
    var episode = 0
    var line = CountLine("episode", of: episodes, isShown: !json)
    let report = try evaluate(
      in: &environment, episodes: episodes, stop: .raisedBySignals(),
      begins: { number in
        line.update(number - 1)
        episode = number
      }
    ) { world, observation, action in
      if picture != nil, episode == 1 { strip.append(observation) }
      act(world, observation, &action)
    }
    line.finish()
    if let picture { try strip.write(to: picture) }
    return report
  }
}

/// An option that the task of the configuration has no use for.
struct NotOfThisTask: Error, CustomStringConvertible {
  let description: String
}
