import ArgumentParser
import AVGConfiguration
import AVGCore
import AVGExperiment
import AVGRecording
import AVGTasks
import AVGTraining
import Foundation

/// Which configuration a command takes: every command that takes one takes it so.
struct ConfigurationFileOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The configuration (default: the built-in one).", valueName: "file"))
  var config: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Override a key of the configuration, as often as needed; 'avg-vision keys' explains each.",
      valueName: "key=value"))
  var assignments: [String] = []

  /// What is changed in the configuration.
  var overrides: [ConfigurationOverride] { assignments.map { ConfigurationOverride($0) } }

  /// The configuration, with its changes.
  ///
  /// - Parameters:
  ///   - world: the configuration whose world is taken; nil leaves its own.
  ///   - more: changes besides.
  func load(world: String? = nil, _ more: [ConfigurationOverride] = []) throws -> ExperimentConfiguration {
    try ExperimentConfiguration.load(config, world: world, overrides: overrides + more)
  }
}

/// What a run's random numbers are drawn from.
struct SeedOptions: ParsableArguments {
  @Option(
    help: "What every random number is drawn from; overrides training.seed.",
    transform: NumberOption.whole(UInt64.min...UInt64.max))
  var seed: UInt64?

  /// What is changed in the configuration.
  var overrides: [ConfigurationOverride] {
    seed.map { [ConfigurationOverride("training.seed=\($0)", place: "--seed \($0)")] } ?? []
  }
}

/// How a command that makes a run gets its configuration.
struct ConfigurationOptions: ParsableArguments {
  @OptionGroup var file: ConfigurationFileOptions

  @OptionGroup var scene: SceneOptions

  @OptionGroup var seeding: SeedOptions

  @OptionGroup var instructions: InstructionSetOption

  @Option(
    help: ArgumentHelp("The folder to keep the run in (default: runs/NAME-SEED-TIME).", valueName: "folder"))
  var output: String?

  /// What is changed in the configuration, but for the scene.
  var overrides: [ConfigurationOverride] { file.overrides + seeding.overrides }

  /// The configuration in `path`, or in the file that --config names, or the built-in one, with the options' changes.
  func load(_ path: String? = nil, _ more: [ConfigurationOverride] = []) throws -> ExperimentConfiguration {
    try scene.load(path ?? file.config, overrides: overrides + more)
  }

  /// What runs of the configuration in `path` are called.
  static func name(_ path: String?, default name: String) -> String {
    path.map { URL(filePath: $0).deletingPathExtension().lastPathComponent } ?? name
  }
}

/// Which run a command goes on with.
struct ResumeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Go on with the run in a folder, from its last checkpoint or the one named; its steps count on.",
      valueName: "run"))
  var resume: String?

  /// A run that goes on has its configuration, its seed and its folder.
  func validate(_ options: ConfigurationOptions, hasConfiguration: Bool = false) throws {
    guard resume != nil else { return }
    for (name, isGiven) in [
      ("the configuration", hasConfiguration || options.file.config != nil),
      ("--seed", options.seeding.seed != nil), ("--output", options.output != nil),
      ("--task", options.scene.task != nil), ("--world", options.scene.world != nil),
    ] where isGiven {
      throw ValidationError(
        "--resume goes on with the run's own configuration and folder: leave out \(name).")
    }
  }
}
