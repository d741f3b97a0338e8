import ArgumentParser
import AVGPlots
import AVGSweep
import AVGTraining
import Foundation

/// `avg-vision plot`
struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw the learning curve of several runs: their mean and its 95 % interval.",
    discussion: """
      Examples:
        avg-vision plot runs/first runs/second --output curve.svg
        avg-vision plot runs/sweeps/default/default/seed-* --output curve.png
      """)

  @Argument(help: "The folders of the runs, of one task.")
  var runs: [String]

  @Option(help: ArgumentHelp("The picture to write; its name ends in .svg or .png.", valueName: "file"))
  var output = "learning-curves.svg"

  @Option(help: "The heading.")
  var title = "Learning curve"

  func validate() throws {
    guard !runs.isEmpty else { throw ValidationError("Name at least one run.") }
    guard output.hasSuffix(".svg") || output.hasSuffix(".png") else {
      throw ValidationError("--output must end in .svg or .png, unlike \(output).")
    }
  }

  func run() throws {
    let folders = runs.map(RunFolder.init(existing:))
    let experiments = try folders.map { try ExperimentConfiguration.load($0.configurationPath) }
    let measures = Set(experiments.map(\.measure))
    guard let measure = measures.first, measures.count == 1 else {
      throw ValidationError("Runs of different tasks cannot stand in one curve.")
    }
    let records = try folders.map { try EpisodeLog.episodes(in: $0.episodesPath) }
    for (folder, episodes) in zip(folders, records) where episodes.isEmpty {
      throw ValidationError("\(folder.path): no episode has ended there; draw a run that is further on.")
    }
    // No run is drawn beyond its end.
    let steps = records.compactMap { $0.last?.step }.min() ?? 1
    let curves = records.map { RunMeasures.curve(of: $0, measure: measure, steps: steps) }
    let drawing = SweepFigures.learningCurves(
      [.init(name: title, curves: curves)], title: title, measure: measure, steps: steps)
    if output.hasSuffix(".svg") {
      try AtomicFile.write(drawing.svg, to: output)
    } else {
      try FigureFile.writePicture(drawing, to: output)
    }
    print(output)
  }
}
