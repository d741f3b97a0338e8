import ArgumentParser
import AVGCore
import AVGRecording
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

/// Which run a command goes on with.
struct ResumeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Go on with the run in a folder, from its last checkpoint or the one named; its steps count on.",
      valueName: "run"))
  var resume: String?

  /// A run that goes on has its configuration, its seed and its folder.
  func validate(_ config: String?, _ options: ConfigurationOptions) throws {
    guard resume != nil else { return }
    for (name, isGiven) in [
      ("a configuration", config != nil), ("--seed", options.seed != nil),
      ("--output", options.output != nil), ("--task", options.scene.task != nil),
      ("--world", options.scene.world != nil),
    ] where isGiven {
      throw ValidationError(
        "--resume goes on with the run's own configuration and folder: leave out \(name).")
    }
  }
}

/// Where a run is recorded.
struct RecordOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Record what is seen, done and learned in a new MCAP file ('avg-vision replay' plays it).",
      valueName: "file"))
  var record: String?
}

extension FrameLogWriter {
  /// Makes this program's log of a run.
  ///
  /// - Parameters:
  ///   - isReal: frames are stamped by this machine's clock.
  ///   - stop: is raised as soon as the disk refuses something: no robot goes on for nothing.
  convenience init(recordingTo path: String, isReal: Bool, stop: StopFlag) throws(LogError) {
    let offset =
      isReal
      ? Duration.seconds(Date().timeIntervalSince1970) - .nanoseconds(MonotonicInstant.now.nanoseconds)
      : .zero
    try self.init(
      creating: path, program: "avg-vision \(Program.version)", clockOffset: offset, onFailure: stop.raise)
  }
}
