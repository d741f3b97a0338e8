import ArgumentParser
import AVGConfiguration
import AVGCore
import AVGExperiment
import AVGPlots
import AVGRunFolder
import AVGSweep
import AVGSystem
import AVGTraining
import Foundation
import Logging

/// `avg-vision sweep`
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Train several settings over several seeds, evaluate them, and sum up.",
    discussion: """
      Examples:
        avg-vision sweep configs/sweeps/default.yaml
        avg-vision sweep configs/sweeps/ablations.yaml --processes 4
        avg-vision sweep configs/sweeps/default.yaml --steps 500 --output runs/try
        avg-vision sweep STUDY.yaml --engine slurm --sbatch-option time=2:00:00

      Each run is a process of this program and a folder of its own. Ctrl-C ends the
      sweep; the same command goes on with what is unfinished. Leaves summary.md,
      summary.csv, summary.json, runs.csv and the figures as PNG and SVG.

      With --engine slurm each run is a task of one job array, and Ctrl-C or --detach
      leaves the array to Slurm; the same command waits for it again. The folder, the
      study and this program must have the same path on every node.
      """)

  @Argument(help: "The study, a file like those in configs/sweeps/; the same as --config.")
  var study: String?

  @Option(help: ArgumentHelp("The study.", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp("The folder to keep everything in (default: runs/sweeps/NAME).", valueName: "folder"))
  var output: String?

  @Option(help: ArgumentHelp("What runs the runs: local, or Slurm's queue.", valueName: "local|slurm"))
  var engine = Engine.local

  @Option(
    name: .customLong("sbatch-option"),
    help: ArgumentHelp(
      "An option of sbatch, as partition=short; may be given again. With --engine slurm.", valueName: "option"
    ))
  var sbatchOptions: [String] = []

  @Flag(help: "With --engine slurm: submit, say how far it is, and return.")
  var detach = false

  @Option(
    help: ArgumentHelp(
      "Make this run alone and no tables, as default/seed-101: for a queue of another kind.", valueName: "run"
    ))
  var only: String?

  @Option(
    help:
      "Runs at the same time (default: as many as there are processor cores; with Slurm: as many as it has place for).",
    transform: NumberOption.whole(1...1024))
  var processes: Int?

  @Option(
    help: "Control steps of each run; overrides the file.", transform: NumberOption.whole(NumberOption.steps))
  var steps: Int?

  @Option(
    help: ArgumentHelp("The seeds, as 101,102; overrides the file.", valueName: "list"),
    transform: NumberOption.list(UInt64.min...UInt64.max))
  var seeds: [UInt64]?

  @Option(
    help: ArgumentHelp("Episodes of each evaluation; overrides the file.", valueName: "count"),
    transform: NumberOption.whole(NumberOption.episodes))
  var episodes: Int?

  @Flag(help: "Start nothing: sum up what is finished.")
  var summary = false

  @OptionGroup var quietness: QuietOption

  func validate() throws {
    switch (study, config) {
    case (nil, nil): throw ValidationError("Name the study, a file like those in configs/sweeps/.")
    case (let study?, let config?):
      throw ValidationError("Give one study, not \(study) and --config \(config).")
    default: break
    }
    guard engine == .slurm || (sbatchOptions.isEmpty && !detach) else {
      throw ValidationError("--sbatch-option and --detach belong to --engine slurm.")
    }
    guard only == nil || (engine == .local && !summary) else {
      throw ValidationError("--only makes a run here: give it without --engine slurm and --summary.")
    }
  }

  private var overrides: [ConfigurationOverride] {
    [
      steps.map { ConfigurationOverride("steps=\($0)", place: "--steps \($0)") },
      seeds.map {
        ConfigurationOverride("seeds=\($0)", place: "--seeds \($0.map(String.init).joined(separator: ","))")
      },
      episodes.map { ConfigurationOverride("evaluationEpisodes=\($0)", place: "--episodes \($0)") },
    ].compactMap { $0 }
  }

  func run() throws {
    quietness.apply()
    let stop = StopFlag.raisedBySignals()
    let path = study ?? config ?? ""
    let study = try Study(path: path, overrides: overrides)
    let name = ConfigurationOptions.name(path, default: "sweep")
    let folder = SweepFolder(output ?? "runs/sweeps/\(name)")
    if let only {
      var runner = try SweepRunner(SweepPlan(study, in: folder, only: only), processes: 1)
      try runner.run(stop: stop)
      if stop.isRaised { throw ExitCode(130) }
      return
    }
    var failure: (any Error)?
    var isDone = true
    var lock: FolderLock?
    if !summary {
      try RunFolder.makeFolders(folder.path)
      lock = try FolderLock(folder.path)
      let plan = try SweepPlan(study, in: folder)
      // What has come out is summed up, even if some of it failed.
      do { isDone = try run(plan, of: path, stop: stop) } catch { failure = error }
    }
    try withExtendedLifetime(lock) { try SweepReport.write(study, in: folder) }
    print(folder.path)
    if let failure { throw failure }
    if stop.isRaised {
      logger.notice("sweep: stopped; the same command goes on with what is unfinished")
      throw ExitCode(130)
    }
    fflush(nil)
    if isDone { logger.notice("sweep: done. Read \(folder.file("summary.md")); the figures are beside it") }
  }

  /// Has the engine make what is unfinished.
  ///
  /// - Returns: whether nothing is left to do.
  private func run(_ plan: SweepPlan, of path: String, stop: StopFlag) throws -> Bool {
    switch engine {
    case .local:
      var runner = try SweepRunner(
        plan, processes: processes ?? ProcessInfo.processInfo.activeProcessorCount)
      try runner.run(stop: stop)
      return true
    case .slurm:
      var options: [String] = []
      if let steps { options += ["--steps", "\(steps)"] }
      if let seeds { options += ["--seeds", seeds.map(String.init).joined(separator: ",")] }
      if let episodes { options += ["--episodes", "\(episodes)"] }
      let engine = SlurmEngine(plan, study: path, options: options)
      try engine.submitUnfinished(sbatchOptions, atOnce: processes)
      return try engine.wait(stop: stop, returnsAtOnce: detach)
    }
  }
}

/// What runs the runs of a study.
enum Engine: String, CaseIterable, ExpressibleByArgument {
  /// Processes of this computer.
  case local
  /// A job array of Slurm's.
  case slurm
}

/// The tables and figures of a study.
enum SweepReport {
  /// Sums up what is finished and writes it into the study's folder.
  static func write(_ study: Study, in folder: SweepFolder) throws {
    let sweep = study.sweep
    let results = try sweep.variants.map { variant in
      try VariantResults(variant, of: sweep, in: folder, specification: study.specification)
    }
    guard results.contains(where: { !$0.runs.isEmpty }) else { return }
    let summary = SweepSummary(sweep, score: study.specification.score, results)
    try AtomicFile.write(summary.table.markdown, to: folder.file("summary.md"))
    try AtomicFile.write(summary.numbers.csv, to: folder.file("summary.csv"))
    try AtomicFile.write(try summary.json(), to: folder.file("summary.json"))
    try AtomicFile.write(runTable(results, marks: sweep.marks).csv, to: folder.file("runs.csv"))
    if let table = summary.transferTable {
      try AtomicFile.write(table.markdown, to: folder.file("transfer.md"))
    }
    let groups = results.filter { !$0.curves.isEmpty }.map {
      SweepFigures.Group(name: $0.variant.name, curves: $0.curves)
    }
    let curves = SweepFigures.learningCurves(
      groups, title: sweep.title, score: study.specification.score, steps: sweep.steps)
    try FigureFile.write(curves, to: folder.file("curves"))
    if results.count > 1 {
      try FigureFile.write(SweepFigures.ablation(summary), to: folder.file("ablation"))
    }
    if let figure = SweepFigures.sensitivity(summary, key: sweep.sensitivity.key) {
      try FigureFile.write(figure, to: folder.file("sensitivity"))
    }
  }
}
