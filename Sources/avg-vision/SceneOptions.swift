public import ArgumentParser
public import AVGTasks
import AVGTraining

extension TaskConfiguration.Kind: ExpressibleByArgument {}

/// What is to be done, and in which simulated world.
struct SceneOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The task: \(TaskConfiguration.Kind.allCases.map(\.rawValue).joined(separator: ", ")); overrides task.kind.",
      valueName: "task"))
  var task: TaskConfiguration.Kind?

  @Option(
    help: ArgumentHelp(
      "Take the simulated world (the section 'simulation') from another configuration, as configs/worlds/light.yaml.",
      valueName: "file"))
  var world: String?

  /// The configuration in `path`, or the built-in one, with the options' changes.
  func load(_ path: String?, overrides: [String] = []) throws -> ExperimentConfiguration {
    let overrides = (task.map { ["task.kind=\($0.rawValue)"] } ?? []) + overrides
    return try ExperimentConfiguration.load(path, world: world, overrides: overrides)
  }
}

extension ExperimentConfiguration {
  /// Reads a configuration; what nobody sets is as the task's own defaults have it.
  ///
  /// - Parameters:
  ///   - path: the file; nil for the built-in configuration.
  ///   - world: the configuration whose world is taken; nil leaves that of `path`.
  ///   - overrides: options `key=value` that win over both.
  static func load(
    _ path: String?, world: String? = nil, overrides: [String] = []
  ) throws -> ExperimentConfiguration {
    let kind = try load(path, world, overrides, over: ExperimentConfiguration()).task.kind
    return try load(path, world, overrides, over: ExperimentConfiguration(kind))
  }

  private static func load(
    _ path: String?, _ world: String?, _ overrides: [String], over defaults: ExperimentConfiguration
  ) throws -> ExperimentConfiguration {
    func read(_ overrides: [String]) throws -> ExperimentConfiguration {
      guard let path else {
        return try StrictYAML.load(defaults, from: "", file: "defaults", overrides: overrides)
      }
      return try StrictYAML.load(defaults, path: path, overrides: overrides)
    }
    guard let world else { return try read(overrides) }
    var experiment = try read([])
    experiment.simulation = try StrictYAML.load(defaults, path: world).simulation
    return try StrictYAML.load(experiment, from: "", file: world, overrides: overrides)
  }
}
