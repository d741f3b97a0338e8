import ArgumentParser
import AVGLearning
import AVGRecording
import AVGSimulation
import AVGTasks
import AVGTraining

/// `avg-vision train`
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train Create-Reacher on the synthetic visual reacher.",
    discussion: """
      Examples:
        avg-vision train
        avg-vision train configs/visual-reacher.yaml --steps 20000 --seed 2 --output runs/second
        avg-vision train --set agent.discount=0.97
        avg-vision train --resume runs/second                 go on where it was broken off, to the bit
        avg-vision train --resume runs/second --steps 40000   go on for longer
        avg-vision train --steps 2000 --record second.mcap    'avg-vision replay second.mcap' does it again

      Leaves configuration.yaml, episodes.csv, checkpoint.safetensors and learning-curve.png in the run's folder,
      and the checkpoints before the last as checkpoint-previous-1.safetensors and so on.
      Ctrl-C ends the run after the step at hand, with its checkpoint; a second one ends it at once.
      """)

  @Argument(help: "The configuration (default: the built-in one, as in configs/visual-reacher.yaml).")
  var config: String?

  @Option(help: "Control steps; overrides training.steps.")
  var steps: Int?

  @OptionGroup var resuming: ResumeOptions

  @OptionGroup var recording: RecordOptions

  @OptionGroup var options: ConfigurationOptions

  func validate() throws {
    try resuming.validate(config, options)
  }

  func run() throws {
    let stop = StopFlag.raisedBySignals()
    var options = options
    if let steps { options.overrides.append("training.steps=\(steps)") }
    let origin = try resuming.resume.map { try RunOrigin($0) }
    let experiment = try origin?.configuration(overrides: options.overrides) ?? options.load(config)
    let training = experiment.training
    let log = try recording.makeLog(isReal: false)
    var environment = TaskEnvironment(
      body: RecordingBody(
        try SimulatedBody(experiment.simulation, cycle: experiment.task.controlPeriod, seed: training.seed),
        log: log), task: try CreateReacher(experiment.task))
    var agent = experiment.makeAgent(seed: training.seed)
    let moment = try origin?.checkpoint?.resume(&agent, &environment)
    let recorder = try RunRecorder<TaskEnvironment<RecordingBody<SimulatedBody>, CreateReacher>, AVG>(
      experiment, name: ConfigurationOptions.name(config, default: "visual-reacher"), resuming: origin,
      output: options.output, steps: training.steps, frameLog: log,
      environment: { world in try ExactJSON.encode(world.state) })
    var trainer = Trainer(environment: environment, agent: agent, resuming: moment)
    let plan = TrainingPlan(
      steps: training.steps, checkpointInterval: training.checkpointIntervalSteps, order: training.order)
    try recorder.begin(trainer, ReplaySettings(isLearning: true, seed: training.seed))
    do { try trainer.run(plan, hooks: recorder.hooks(), stop: stop) } catch { throw recorder.failure(error) }
    try recorder.finish(trainer.progress)
    print(recorder.folder.path)
  }
}
