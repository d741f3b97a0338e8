import ArgumentParser
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
        avg-vision train --dashboard 8080        watch it at http://127.0.0.1:8080

      Leaves in the run's folder: configuration.yaml, episodes.csv, metrics.jsonl, TensorBoard's events.out.tfevents.*,
      checkpoint.safetensors and learning-curve.png.
      Ctrl-C ends the run after the step at hand, with its checkpoint; a second one ends it at once.
      """)

  @Argument(help: "The configuration (default: the built-in one, as in configs/visual-reacher.yaml).")
  var config: String?

  @Option(help: "Control steps; overrides training.steps.")
  var steps: Int?

  @OptionGroup var page: DashboardOptions

  @OptionGroup var options: ConfigurationOptions

  func validate() throws { try page.validate() }

  func run() throws {
    let stop = StopFlag.raisedBySignals()
    var options = options
    if let steps { options.overrides.append("training.steps=\(steps)") }
    let experiment = try options.load(config)
    let training = experiment.training
    let name = ConfigurationOptions.name(config, default: "visual-reacher")
    let recorder = try RunRecorder(experiment, name: name, output: options.output, steps: training.steps)
    recorder.dashboard = try page.open(experiment, title: name, steps: training.steps, stop: stop)
    var trainer = Trainer(
      environment: try experiment.makeSyntheticReacher(seed: training.seed),
      agent: experiment.makeAgent(seed: training.seed))
    let plan = TrainingPlan(
      steps: training.steps, checkpointInterval: training.checkpointIntervalSteps, order: training.order)
    try trainer.run(plan, hooks: recorder.hooks(), stop: stop)
    try recorder.finish(trainer.progress)
    print(recorder.folder.path)
  }
}
