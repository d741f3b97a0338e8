import ArgumentParser
import AVGCore
import AVGExperiment
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
        avg-vision evaluate runs/NAME --picture view.png

      The world is that of the run's configuration, unless --world names another; its
      starts are never those of the training. Ctrl-C ends it after the step at hand:
      the report then says of how many episodes it is, and the exit status is 130.
      """)

  @Argument(help: "The folder of the run (not needed for the policies initial, oracle and random).")
  var folder: String?

  @Option(
    help: ArgumentHelp(
      "The configuration, for a policy that is measured without a run (default: the built-in one).",
      valueName: "file"))
  var config: String?

  @OptionGroup var scene: SceneOptions

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
    if folder != nil, config != nil {
      throw ValidationError(
        "A run is measured by its own configuration: leave out --config, or give --world.")
    }
    guard folder != nil || policy != .trained else {
      throw ValidationError("A trained policy needs the folder of its run: avg-vision evaluate FOLDER.")
    }
  }

  func run() throws {
    quietness.apply()
    let stop = StopFlag.raisedBySignals()
    let origin = try folder.map { try RunOrigin(run: $0) }
    let experiment =
      try origin?.configuration(world: scene.world, overrides: scene.overrides) ?? scene.load(config)
    var environment = try experiment.makeEvaluationWorld(seed: seed)
    var strip = FilmStrip()
    var episodeCount = 0
    var line = CountLine("episode", of: episodes, isShown: !json)
    func measure(
      _ act: (borrowing SimulatedWorld, borrowing Observation, inout [Float]) -> Void
    ) throws -> EvaluationReport {
      try evaluate(
        in: &environment, episodes: episodes, stop: stop
      ) { world, observation, action in
        if world.stepsDone == 0 {
          line.update(episodeCount)
          episodeCount += 1
        }
        if picture != nil, episodeCount == 1 { strip.append(observation) }
        act(world, observation, &action)
      }
    }

    let report: EvaluationReport
    switch policy {
    case .trained, .initial:
      var agent = experiment.makeEvaluatedAgent(seed: seed)
      if policy == .trained { try origin?.restore(&agent) }
      if actions == .greedy { agent.mode = .greedy }
      report = try measure { _, observation, action in agent.act(on: observation, into: &action) }
    case .random:
      var random = RandomSource(
        seed: ExperimentConfiguration.evaluationSeed(seed), purpose: "random policy")
      report = try measure { _, _, action in
        for index in action.indices {
          action[index] = Float(random.uniform(in: -1...1))
        }
      }
    case .oracle:
      switch experiment.task.kind {
      case .createReacher:
        let driver = OracleDriver(experiment.simulation)
        report = try measure { world, _, action in driver.act(at: world.body.pose, into: &action) }
      case .createMover:
        let driver = LapDriver(experiment.simulation)
        report = try measure { world, _, action in driver.act(at: world.body.pose, into: &action) }
      }
    }
    line.finish()
    if let picture { try strip.write(to: picture) }
    print(json ? try report.json() : report.text(experiment.specification.score))
    guard report.isComplete else {
      logger.warning("evaluate: stopped after \(report.episodes) of \(episodes) episodes")
      throw ExitCode(130)
    }
  }
}
