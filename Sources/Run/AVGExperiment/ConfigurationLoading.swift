package import AVGConfiguration
import AVGGymnasium
import AVGLearning
import AVGTasks

extension ExperimentConfiguration {
  /// Reads a configuration; what nobody sets is as the task's own defaults have it.
  ///
  /// - Parameters:
  ///   - path: the file; nil for the built-in configuration.
  ///   - defaults: what keys have that are not given; nil for the task's own defaults.
  ///   - world: the configuration whose world is taken; nil leaves that of `path`.
  ///   - overrides: options that win over both.
  package static func load(
    _ path: String?, over defaults: ExperimentConfiguration? = nil, world: String? = nil,
    overrides: [ConfigurationOverride] = []
  ) throws -> ExperimentConfiguration {
    try load(
      try path.map { path throws(ConfigurationError) in try ConfigurationFile(path: path) } ?? .none,
      over: defaults, world: world, overrides: overrides)
  }

  /// The same of a text.
  package static func load(_ text: String, file: String) throws -> ExperimentConfiguration {
    try load(ConfigurationFile(text: text, name: file), over: nil, overrides: [])
  }

  /// The same of a file that has been parsed.
  package static func load(
    _ file: ConfigurationFile, over defaults: ExperimentConfiguration?, world: String? = nil,
    overrides: [ConfigurationOverride]
  ) throws -> ExperimentConfiguration {
    // The task and the learner decide what the rest has where nobody says it.
    let named = try file.read(over: defaults ?? .unrecorded, overrides)
    let ofTask =
      named.gymnasium.isGiven
      ? .hosted : ExperimentConfiguration(named.task.kind, rehearses: named.agent.canRehearse)
    guard let world else { return try file.read(over: defaults ?? ofTask, overrides) }
    var experiment = try file.read(over: defaults ?? ofTask)
    experiment.simulation = try StrictYAML.load(ofTask, path: world).simulation
    return try StrictYAML.load(experiment, from: "", file: world, overrides: overrides)
  }
}
