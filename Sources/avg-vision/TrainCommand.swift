import ArgumentParser
import AVGTraining

/// `avg-vision train`
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a task in the simulated world.",
    discussion: """
      Examples:
        avg-vision train
        avg-vision train configs/visual-reacher.yaml --steps 20000 --seed 2 --output runs/second
        avg-vision train --set agent.discount=0.97
        avg-vision train --task create-mover
        avg-vision train --world configs/worlds/distractors.yaml

      Leaves configuration.yaml, episodes.csv, checkpoint.safetensors and learning-curve.png in the run's folder.
      Ctrl-C ends the run after the step at hand, with its checkpoint; a second one ends it at once.
      """)

  @Argument(help: "The configuration (default: the built-in one, as in configs/visual-reacher.yaml).")
  var config: String?

  @Option(help: "Control steps; overrides training.steps.")
  var steps: Int?

  @OptionGroup var options: ConfigurationOptions

  func run() throws {
    let stop = StopFlag.raisedBySignals()
    var options = options
    if let steps { options.overrides.append("training.steps=\(steps)") }
    let experiment = try options.load(config)
    let training = experiment.training
    let name = ConfigurationOptions.name(config, default: experiment.defaultName)
    let recorder = try RunRecorder(experiment, name: name, output: options.output, steps: training.steps)
    var trainer = Trainer(
      environment: try experiment.makeSimulatedWorld(seed: training.seed),
      agent: experiment.makeAgent(seed: training.seed))
    let plan = TrainingPlan(
      steps: training.steps, checkpointInterval: training.checkpointIntervalSteps, order: training.order)
    try trainer.run(plan, hooks: recorder.hooks(), stop: stop)
    try recorder.finish(trainer.progress)
    print(recorder.folder.path)
  }
}
