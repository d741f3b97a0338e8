import ArgumentParser
import AVGTraining
import Foundation

/// How a command gets its configuration.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Override a key of the configuration, as often as needed.", valueName: "key=value"))
  var overrides: [String] = []

  @OptionGroup var scene: SceneOptions

  @Option(help: "What every random number is drawn from; overrides training.seed.")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp("The folder to keep the run in (default: runs/NAME-SEED-TIME).", valueName: "folder"))
  var output: String?

  /// The configuration in `path`, or the built-in one, with the options' changes.
  func load(_ path: String?) throws -> ExperimentConfiguration {
    try scene.load(path, overrides: overrides + (seed.map { ["training.seed=\($0)"] } ?? []))
  }

  /// What runs of the configuration in `path` are called.
  static func name(_ path: String?, default name: String) -> String {
    path.map { URL(filePath: $0).deletingPathExtension().lastPathComponent } ?? name
  }
}
