import ArgumentParser
import AVGCore
import AVGExperiment
import AVGLearning
import AVGRecording
import AVGRunFolder
import AVGSystem
import AVGTasks
import AVGTraining
import Foundation
import Logging

/// `avg-vision replay LOG`
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run a recorded log through task and learner again, and compare; or learn from it.",
    discussion: """
      Examples:
        avg-vision replay run.mcap                do it again, compare every step
        avg-vision replay run.mcap --checkpoint end.safetensors
        avg-vision replay run.mcap --learn --output runs/replayed
        avg-vision replay run.mcap --learn --start-from runs/first

      Without --learn: actions, rewards, TD errors and the final checkpoint must be
      those of the log, to the bit, whichever processor it was recorded on; with SSE2
      alone results are others, and only x86-64 repeats them. With it: the learner
      takes the log's actions for its own. A log of --record-quality does not hold
      what the agent saw: it can only be learned from.
      Exit status: 0 the same (or learned), 1 a difference, which is named, or a log
      that cannot be replayed.
      """)

  @Argument(help: "The log, as --record wrote it.")
  var log: String

  @Flag(help: "Learn from the log, from scratch unless told otherwise, with any configuration.")
  var learn = false

  @Option(help: ArgumentHelp("With --learn: start from the checkpoint in a run's folder.", valueName: "run"))
  var startFrom: String?

  @Option(help: ArgumentHelp("Without --learn: write the final checkpoint of the replay.", valueName: "file"))
  var checkpoint: String?

  @OptionGroup var options: ConfigurationOptions

  func validate() throws {
    if learn {
      if checkpoint != nil {
        throw ValidationError("--checkpoint is for a replay without --learn: use --output.")
      }
      if options.file.config == nil, options.scene.isGiven {
        throw ValidationError("--task and --world change a configuration: name it with --config.")
      }
    } else if startFrom != nil || options.file.config != nil || options.output != nil
      || options.seeding.seed != nil
      || !options.file.assignments.isEmpty || options.scene.isGiven
    {
      throw ValidationError(
        "A replay that compares takes everything from the log: --start-from, --config, --set, --seed and --output need "
          + "--learn.")
    }
  }

  func run() throws {
    let recording = try ReplayedLog(log)
    let experiment = ExperimentConfiguration.simulated(name: "replay")
    let configuration =
      options.file.config == nil
      ? try recording.origin.configuration(overrides: options.overrides) : try options.load()
    let armExperiment = configuration.simulatedArm(name: "replay")
    guard learn else {
      return print(
        recording.isHosted
          ? try ExperimentConfiguration.replayHosted(recording, checkpoint: checkpoint)
          : configuration.isOfArm
            ? try armExperiment.replay(log, checkpoint: checkpoint)
            : try experiment.replay(log, checkpoint: checkpoint))
    }
    let settings = TrainingOptions(output: options.output)
    let result =
      recording.isHosted
      ? try configuration.learnHosted(from: recording, startingFrom: startFrom, settings)
      : configuration.isOfArm
        ? try armExperiment.learn(from: log, configuration, startingFrom: startFrom, settings)
        : try experiment.learn(from: log, configuration, startingFrom: startFrom, settings)
    print(result.folder.path)
    let next = ["evaluate", result.folder.path]
    // A log is learned from to its end.
    RunEnding(
      folder: result.folder, progress: result.progress, steps: result.progress.steps, goingOn: next,
      next: next
    ).tell()
  }
}
