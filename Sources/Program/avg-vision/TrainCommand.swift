import ArgumentParser
import AVGConfiguration
import AVGDashboard
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
    abstract: "Train a task in the simulated world.",
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
        avg-vision train --world configs/worlds/distractors.yaml

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

  @OptionGroup var options: ConfigurationOptions

  func validate() throws {
    if let config, let other = options.file.config {
      throw ValidationError("Give one configuration, not \(config) and --config \(other).")
    }
    try resuming.validate(options, hasConfiguration: config != nil)
  }

  func run() throws {
    verbosity.apply()
    let stop = StopFlag.raisedBySignals()
    let length = steps.map { [ConfigurationOverride("training.steps=\($0)", place: "--steps \($0)")] } ?? []
    let origin = try resuming.resume.map { try RunOrigin($0, isWriting: true) }
    let experiment =
      try origin?.configuration(overrides: options.overrides + length) ?? options.load(config, length)
    let training = experiment.training
    let log = try recording.request?.open(
      .frames, steps: max(0, training.steps - max(0, origin?.checkpoint?.stepCount ?? 0)),
      controlPeriod: experiment.task.controlPeriod, isReal: false, stop: stop)
    var environment = try experiment.makeRecordedWorld(seed: training.seed, log: log)
    var agent = experiment.makeAgent(seed: training.seed)
    let moment = try origin?.checkpoint?.resume(&agent, &environment)
    let name = ConfigurationOptions.name(config ?? options.file.config, default: experiment.defaultName)
    let recorder = try RunRecorder<RecordedWorld, Learner>(
      experiment, name: name, resuming: origin, output: options.output, steps: training.steps, frameLog: log,
      stop: stop,
      environment: { world in try ExactJSON.encode(world.state) })
    recorder.dashboard = try page.open(
      experiment, title: name, steps: training.steps, folder: recorder.folder, showsPen: true, stop: stop)
    recorder.place = { world in
      let pose = world.body.inner.pose
      return RobotPlace(x: Float(pose.x), y: Float(pose.y), heading: Float(pose.heading))
    }
    var trainer = Trainer(environment: environment, agent: agent, resuming: moment)
    let plan = TrainingPlan(
      steps: training.steps, checkpointInterval: training.checkpointIntervalSteps, order: training.order)
    try recorder.begin(
      trainer,
      ReplaySettings(
        isLearning: true, seed: training.seed, isReal: false, frameQuality: recording.frames.recordQuality))
    do { try trainer.run(plan, hooks: recorder.hooks(), stop: stop) } catch { throw recorder.failure(error) }
    try recorder.finish(trainer.progress, trainer.latencies)
    print(
      json ? try ReadableJSON.encode(RunSummary(recorder.folder, trainer.progress)) : recorder.folder.path)
    recorder.ending(
      trainer.progress, goingOn: ["train", "--resume", recorder.folder.path],
      next: ["evaluate", recorder.folder.path]
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
