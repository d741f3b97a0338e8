import ArgumentParser
import AVGConfiguration
import AVGDashboard
import AVGExperiment
import AVGGymnasium
import AVGLearning
import AVGRecording
import AVGRunFolder
import AVGSimulation
import AVGSystem
import AVGTasks
import AVGTraining

/// `avg-vision train`
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a task in the simulated world, or in a Gymnasium environment.",
    discussion: """
      Examples:
        avg-vision train
        avg-vision train configs/visual-reacher.yaml --seed 2 --output runs/second
        avg-vision train --set agent.discount=0.97
        avg-vision train --dashboard 8080                     http://127.0.0.1:8080
        avg-vision train --resume runs/second                 go on, to the bit
        avg-vision train --resume runs/second --steps 40000   go on for longer
        avg-vision train --steps 2000 --record second.mcap    record it, for 'replay'
        avg-vision train --record small.mcap --record-quality 85
        avg-vision train --task create-mover
        avg-vision train --task ur-reacher-2                  an arm
        avg-vision train --world configs/worlds/distractors.yaml
        avg-vision train --gymnasium HalfCheetah-v4 --python venv/bin/python3

      Leaves in the run's folder: configuration.yaml, episodes.csv, metrics.jsonl,
      TensorBoard's events.out.tfevents.*, latencies.csv, learning-curve.png and
      checkpoint.safetensors, with the checkpoints before it as
      checkpoint-previous-1.safetensors and so on. --resume follows the
      configuration.yaml as it stands, and names what was edited.
      Ctrl-C ends the run after the step at hand, with its checkpoint; a second one
      ends it at once.
      """)

  @Argument(help: "The configuration; the same as --config.")
  var config: String?

  @Option(help: "Control steps; overrides training.steps.", transform: NumberOption.whole(NumberOption.steps))
  var steps: Int?

  @Flag(help: "Print a summary as JSON instead of the folder's path.")
  var json = false

  @OptionGroup var page: DashboardOptions

  @OptionGroup var verbosity: VerbosityOptions

  @OptionGroup var resuming: ResumeOptions

  @OptionGroup var recording: RecordOptions

  @OptionGroup var remote: LearnerOptions

  @OptionGroup var foreign: GymnasiumOptions

  @OptionGroup var options: ConfigurationOptions

  func validate() throws {
    if let config, let other = options.file.config {
      throw ValidationError("Give one configuration, not \(config) and --config \(other).")
    }
    try resuming.validate(options, hasConfiguration: config != nil)
    try remote.validate(isResuming: resuming.resume != nil)
  }

  func run() throws {
    verbosity.apply()
    let stop = StopFlag.raisedBySignals()
    let length = steps.map { [ConfigurationOverride("training.steps=\($0)", place: "--steps \($0)")] } ?? []
    let origin = try resuming.resume.map { try RunOrigin($0, isWriting: true) }
    let changes = foreign.overrides + length
    let experiment =
      try origin?.configuration(overrides: options.overrides + changes) ?? options.load(config, changes)
    let name = ConfigurationOptions.name(config ?? options.file.config, default: experiment.defaultName)
    var settings = TrainingOptions(
      output: options.output, record: recording.record, recordQuality: recording.frames.recordQuality,
      dashboard: try page.address, stop: stop)
    settings.learner = try remote.choice
    let result =
      experiment.gymnasium.isGiven
      ? try experiment.trainInHostedEnvironment(name: name, settings, from: origin)
      : experiment.isOfArm
        ? try experiment.simulatedArm(name: name).train(experiment, settings, from: origin)
        : try ExperimentConfiguration.simulated(name: name).train(experiment, settings, from: origin)
    let path = result.folder.path
    print(json ? try ReadableJSON.encode(RunSummary(result.folder, result.progress)) : path)
    if let learner = settings.learner { return learner.tellEnding(of: result.folder) }
    RunEnding(
      folder: result.folder, progress: result.progress, steps: experiment.training.steps,
      goingOn: ["train", "--resume", path], next: ["evaluate", path]
    ).tell()
  }
}

/// What a training came to, for machines.
private struct RunSummary: Encodable {
  let folder: String
  let steps, episodes, missedCycles, staleSteps, refusedUpdates, nonFiniteActions: Int
  let successRate, meanLength: Double?

  init(_ folder: RunFolder, _ progress: TrainingProgress) {
    self.folder = folder.path
    (steps, episodes) = (progress.steps, progress.episodes)
    (missedCycles, staleSteps) = (progress.missedCycles, progress.staleSteps)
    (refusedUpdates, nonFiniteActions) = (progress.refusedUpdates, progress.nonFiniteActions)
    (successRate, meanLength) = (progress.recent.successRate, progress.recent.meanLength)
  }
}
