public import ArgumentParser
import AVGConfiguration
import AVGExperiment
import AVGGymnasium
public import AVGTasks
import AVGTraining

extension TaskConfiguration.Kind: ExpressibleByArgument {}

/// In which simulated world.
struct WorldOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Take the simulated world (the section 'simulation') from another configuration, as configs/worlds/light.yaml.",
      valueName: "file"))
  var world: String?
}

/// What is to be done, and in which simulated world.
struct SceneOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The task: \(TaskConfiguration.Kind.allCases.map(\.rawValue).joined(separator: ", ")); overrides task.kind.",
      valueName: "task"))
  var task: TaskConfiguration.Kind?

  @OptionGroup var worlds: WorldOptions

  /// The configuration whose world is taken; nil for none.
  var world: String? { worlds.world }

  /// Whether either is named.
  var isGiven: Bool { task != nil || world != nil }

  /// The task as an option `key=value`, if it is given.
  var overrides: [ConfigurationOverride] {
    task.map { [ConfigurationOverride("task.kind=\($0.rawValue)", place: "--task \($0.rawValue)")] } ?? []
  }

  /// The configuration in `path`, or the built-in one, with the options' changes.
  func load(
    _ path: String?, overrides: [ConfigurationOverride] = []
  ) throws -> ExperimentConfiguration {
    let experiment = try ExperimentConfiguration.load(
      path, world: world, overrides: self.overrides + overrides)
    guard world == nil || !experiment.isOfArm && !experiment.gymnasium.isGiven else {
      throw NotOfThisTask(description: "--world is for the simulated pen: leave it out.")
    }
    return experiment
  }
}
