import ArgumentParser
import AVGExperiment
import AVGTasks

/// `avg-vision serve`
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve the task in the simulated world to a learner in another process.",
    discussion: """
      Examples:
        avg-vision train --gymnasium-command "avg-vision serve --task create-mover"
        python3 -c 'import avg_vision, gymnasium
        environment = gymnasium.make("avg_vision/CreateReacher-v0")'

      A learner starts this command, speaks with it through descriptor 3, and ends it
      by its own end. docs/environment-protocol.md is the contract; docs/python.md
      tells of the learner's side in Python.
      """)

  @OptionGroup var file: ConfigurationFileOptions

  @OptionGroup var scene: SceneOptions

  func run() throws {
    let experiment = Result { try scene.load(file.config, overrides: file.overrides) }
    let name = (try? experiment.get().task.kind.rawValue) ?? "pen"
    try ExperimentConfiguration.simulated(name: name).serve { try experiment.get() }
  }
}
