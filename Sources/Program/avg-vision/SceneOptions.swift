public import ArgumentParser
import AVGConfiguration
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
    try ExperimentConfiguration.load(path, world: world, overrides: self.overrides + overrides)
  }
}

extension ExperimentConfiguration {
  /// Reads a configuration; what nobody sets is as the task's own defaults have it.
  ///
  /// - Parameters:
  ///   - path: the file; nil for the built-in configuration.
  ///   - defaults: what keys have that are not given; nil for the task's own defaults.
  ///   - world: the configuration whose world is taken; nil leaves that of `path`.
  ///   - overrides: options that win over both.
  static func load(
    _ path: String?, over defaults: ExperimentConfiguration? = nil, world: String? = nil,
    overrides: [ConfigurationOverride] = []
  ) throws -> ExperimentConfiguration {
    func read(
      over defaults: ExperimentConfiguration, _ overrides: [ConfigurationOverride]
    ) throws -> ExperimentConfiguration {
      guard let path else {
        return try StrictYAML.load(defaults, from: "", file: "defaults", overrides: overrides)
      }
      return try StrictYAML.load(defaults, path: path, overrides: overrides)
    }
    let kind = try read(over: defaults ?? ExperimentConfiguration(), overrides).task.kind
    let ofTask = ExperimentConfiguration(kind)
    guard let world else { return try read(over: defaults ?? ofTask, overrides) }
    var experiment = try read(over: defaults ?? ofTask, [])
    experiment.simulation = try StrictYAML.load(ofTask, path: world).simulation
    return try StrictYAML.load(experiment, from: "", file: world, overrides: overrides)
  }
}
