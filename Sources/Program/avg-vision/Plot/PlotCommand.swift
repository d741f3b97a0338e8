import ArgumentParser
import AVGCore
import AVGExperiment
import AVGGymnasium
import AVGPlots
import AVGRunFolder
import AVGSweep
import AVGSystem
import AVGTraining
import Foundation
import Logging

/// `avg-vision plot`
struct PlotCommand: ParsableCommand {
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case curves, latencies, paths, animation

    /// The allowed extensions of the output file.
    var extensions: [String] { self == .animation ? [".gif"] : [".svg", ".png"] }
  }

  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract:
      "Draw learning curves, step latencies or robot paths of runs, as SVG, PNG or GIF.",
    discussion: """
      Examples:
        avg-vision plot runs/first runs/second --output curve.svg
        avg-vision plot runs/sweeps/default/default/seed-* --output curve.png
        avg-vision plot runs/first --kind latencies
        avg-vision plot runs/first --kind paths --output paths.png
        avg-vision plot runs/early runs/late --kind animation --output robot.gif

      curves: the learning curve; for several runs, their mean and its 95 % interval.
      latencies: a histogram of each stage of a step, from the run's
      latencies.csv.
      paths: the pen from above, with the paths of new episodes of each run's policy.
      animation: new episodes of each run's policy as an animation: the pen from
      above, what the camera sees, and how many reached the goal.
      """)

  @Argument(help: "The run folders, all of the same task.")
  var runs: [String]

  @Option(help: "What to draw: \(Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
  var kind = Kind.curves

  @Option(
    help: ArgumentHelp(
      "The picture to write: .svg or .png, for an animation .gif (default: named after the kind).",
      valueName: "file"))
  var output: String?

  @Option(help: "The title.")
  var title: String?

  @Option(
    help: "With --kind paths: the number of episodes of each run.", transform: NumberOption.whole(1...1000))
  var episodes = 20

  @Option(
    help: "With --kind paths or animation: the seed of starts and policy.",
    transform: NumberOption.whole(UInt64.min...UInt64.max))
  var seed: UInt64 = 1

  @OptionGroup var quietness: QuietOption

  private var path: String { output ?? kind.rawValue + kind.extensions[0] }

  func validate() throws {
    guard !runs.isEmpty else { throw ValidationError("Name at least one run.") }
    guard kind.extensions.contains(where: path.hasSuffix) else {
      throw ValidationError(
        "--output must end in \(kind.extensions.joined(separator: " or ")), unlike \(path).")
    }
  }

  func run() throws {
    quietness.apply()
    let folders = try runs.map(RunFolder.init(ofRun:))
    if [.paths, .animation].contains(kind) { try folders.forEach(checkPen) }
    let drawing: Scene
    switch kind {
    case .curves: drawing = try curves(of: folders)
    case .latencies: drawing = try latencies(of: folders)
    case .paths:
      drawing =
        PenPicture(
          title: title ?? "Paths",
          pen: try ExperimentConfiguration.load(folders[0].configurationPath).simulation,
          runs: try folders.map { folder in
            var line = CountLine("\(Self.name(of: folder)): episode", of: episodes)
            defer { line.finish() }
            let paths = try PenPicture.paths(of: folder, episodes: episodes, seed: seed) { line.update($0) }
            return (Self.name(of: folder), paths)
          }
        ).drawing
    case .animation:
      let panels = try folders.map { try PenAnimation.Panel(of: $0, seed: seed) }
      try AtomicFile.write(try PenAnimation(panels: panels).encoded(), to: path)
      print(path)
      return
    }
    if path.hasSuffix(".svg") {
      try AtomicFile.write(drawing.svg, to: path)
    } else {
      try FigureFile.writePicture(drawing, to: path)
    }
    print(path)
  }

  /// Refuses a run in another world than the pen, for the kinds that draw it.
  private func checkPen(_ folder: RunFolder) throws {
    let experiment = try ExperimentConfiguration.load(folder.configurationPath)
    guard experiment.gymnasium.isGiven || experiment.isOfArm else { return }
    let world = experiment.gymnasium.isGiven ? "a Gymnasium environment" : "an arm"
    throw PlotError(
      description:
        "\(folder.path): --kind \(kind.rawValue) draws the pen, and this run is of \(world); draw its curves or latencies"
    )
  }

  private func curves(of folders: [RunFolder]) throws -> Scene {
    let experiments = try folders.map { try ExperimentConfiguration.load($0.configurationPath) }
    let specifications = experiments.map(\.specification)
    guard let specification = specifications.first,
      specifications.allSatisfy({ $0.measures == specification.measures && $0.score == specification.score })
    else {
      throw PlotError(
        description: "plot: runs of different tasks cannot share a curve; draw each by itself")
    }
    let records = try folders.map {
      try EpisodeLog.episodes(in: $0.episodesPath, measures: specification.measures)
    }
    for (folder, episodes) in zip(folders, records) where episodes.count < LearningCurve.fewestEpisodes {
      throw PlotError(
        description:
          "\(folder.path): too short for a curve: it has \(episodes.count) completed episodes; continue it: "
          + RunEnding.line(["train", "--resume", folder.path, "--steps", "COUNT"]))
    }
    // Runs are drawn up to the end of the shortest.
    let steps = records.compactMap { $0.last?.step }.min() ?? 1
    let curves = records.map { RunMeasures.curve(of: $0, score: specification.score, steps: steps) }
    let title =
      title ?? (folders.count == 1 ? "\(Self.name(of: folders[0])): learning curve" : "Learning curve")
    return SweepFigures.learningCurves(
      [.init(name: title, curves: curves)], title: title, score: specification.score, steps: steps)
  }

  private func latencies(of folders: [RunFolder]) throws -> Scene {
    let tables = try folders.map { try LatencyTable(reading: $0.latenciesPath) }
    var names: [String] = []
    for stage in tables.flatMap(\.stages) where !names.contains(stage.name) { names.append(stage.name) }
    guard !names.isEmpty else {
      throw PlotError(description: "\(folders[0].path): it has no measured steps; draw another run")
    }
    return HistogramChart.drawing(
      of: names.map { name in
        HistogramChart(
          title: (title.map { $0 + ": " } ?? "") + name, label: "ms",
          series: zip(folders, tables).enumerated().compactMap { index, run in
            run.1.stages.first { $0.name == name }.map {
              .init(Self.name(of: run.0), color: .distinct(index), buckets: $0.buckets)
            }
          })
      })
  }

  private static func name(of folder: RunFolder) -> String {
    URL(filePath: folder.path).lastPathComponent
  }
}

/// An error of runs that cannot be drawn.
private struct PlotError: Error, CustomStringConvertible {
  let description: String
}
