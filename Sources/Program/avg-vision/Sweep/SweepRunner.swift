import AVGConfiguration
import AVGCore
import AVGExperiment
import AVGGymnasium
import AVGLearning
import AVGRunFolder
import AVGSweep
import AVGSystem
import AVGTraining
import Foundation
import Logging

/// Runs a study's processes, a few at a time, and passes over what is finished.
struct SweepRunner {
  /// A run: its variant's place in the study, and its seed.
  private struct Job {
    var variant: Int
    var seed: UInt64
  }

  /// A job and the process that it is at.
  private struct Worker {
    var job: Job
    var steps: [SweepStep]
    var process: SweepProcess
  }

  private let study: Study
  private let folder: SweepFolder
  private let processCount: Int
  private let total: Int
  private var waiting: [Job] = []
  private var workers: [Worker] = []
  private var finishedNow = 0
  private var failures = 0
  private let began = MonotonicInstant.now

  /// How often the processes are looked after.
  private static let pause = 0.05

  /// Plans what is unfinished, and writes the variants' configurations.
  init(_ study: Study, in folder: SweepFolder, processes: Int) throws {
    self.study = study
    self.folder = folder
    processCount = processes
    let variants = study.sweep.variants
    total = variants.count * study.sweep.seeds.count
    for (index, variant) in variants.enumerated() {
      try FileManager.default.createDirectory(
        atPath: folder.variant(variant), withIntermediateDirectories: true)
      try AtomicFile.write(StrictYAML.dump(study.experiments[index]), to: folder.configuration(variant))
    }
    // Seed by seed: a study that is ended early has something of every variant.
    for seed in study.sweep.seeds {
      for index in variants.indices {
        let job = Job(variant: index, seed: seed)
        if try !steps(of: job).isEmpty { waiting.append(job) }
      }
    }
  }

  /// Runs until everything is done, or until the flag is raised.
  ///
  /// - Throws: `SweepFailure` at the end if any process failed.
  mutating func run(stop: StopFlag) throws {
    // Whatever ends the sweep, ends its processes.
    defer { for worker in workers { worker.process.end() } }
    logger.notice("\(total - waiting.count) of \(total) runs are finished, \(waiting.count) to do")
    var line = CountLine("run", of: total)
    defer { line.finish() }
    while !stop.isRaised, !(waiting.isEmpty && workers.isEmpty) {
      while workers.count < processCount, !waiting.isEmpty {
        let job = waiting.removeFirst()
        let steps = try steps(of: job)
        guard let first = steps.first else { continue }
        do {
          let process = try start(first, of: job)
          workers.append(Worker(job: job, steps: Array(steps.dropFirst()), process: process))
        } catch let error as RunFolderError { fail(job, error.description) }
      }
      Thread.sleep(forTimeInterval: Self.pause)
      for index in workers.indices.reversed() where !workers[index].process.isRunning {
        try goOn(index)
      }
      line.update(total - waiting.count - workers.count, note: underWay)
    }
    if failures > 0 { throw SweepFailure(count: failures, folder: folder.path) }
  }

  /// What the processes are at, in words.
  private var underWay: String {
    workers.map { worker in
      let name = "\(study.sweep.variants[worker.job.variant].name) seed \(worker.job.seed)"
      return worker.process.progress.map { "\(name) \($0)" } ?? name
    }.joined(separator: ", ")
  }

  /// Takes a worker whose process has ended to its next one.
  private mutating func goOn(_ index: Int) throws {
    let job = workers[index].job
    if let reason = try workers[index].process.failure() {
      fail(job, reason)
      workers.remove(at: index)
    } else if let next = workers[index].steps.first {
      workers[index].steps.removeFirst()
      workers[index].process = try start(next, of: job)
    } else {
      workers.remove(at: index)
      finishedNow += 1
      let open = waiting.count + workers.count
      let left = began.duration(to: .now).seconds / Double(finishedNow) * Double(open)
      let forecast = open > 0 ? ", time left \(ProgressLine.clock(left))" : ""
      logger.notice("\(total - open - failures) of \(total) runs: \(name(of: job))\(forecast)")
    }
  }

  private func name(of job: Job) -> String { "\(study.sweep.variants[job.variant].name), seed \(job.seed)" }

  private mutating func fail(_ job: Job, _ reason: String) {
    failures += 1
    logger.error("\(name(of: job)): \(reason)")
  }

  /// What is still to be done for a run, in order.
  private func steps(of job: Job) throws -> [SweepStep] {
    let variant = study.sweep.variants[job.variant]
    let run = folder.run(variant, seed: job.seed)
    var steps: [SweepStep] = []
    if try !isTrained(job, in: run) { steps.append(.train) }
    func add(_ step: SweepStep, unlessThereIs file: String) throws {
      let report = try SweepFolder.report(file)
      if report?.episodes != study.sweep.evaluationEpisodes { steps.append(step) }
    }
    for (index, world) in study.sweep.evaluationWorlds.enumerated() {
      try add(
        .evaluate(world: study.worlds[index], name: world),
        unlessThereIs: folder.evaluation(variant, seed: job.seed, world: world))
    }
    // What the whole variant is compared with is measured with its first run.
    if job.seed == study.sweep.seeds.first {
      // The oracle drives in the simulated pen only.
      let isHosted = study.experiments[job.variant].gymnasium.isGiven
      for policy in SweepFolder.baselines where !isHosted || policy != "oracle" {
        try add(.compare(policy: policy), unlessThereIs: folder.baseline(variant, policy))
      }
    }
    // The last step, for the summary takes a run that has it for finished.
    try add(.evaluate(world: nil, name: nil), unlessThereIs: folder.evaluation(variant, seed: job.seed))
    return steps
  }

  /// Whether the run's folder holds the checkpoint of the last step.
  private func isTrained(_ job: Job, in run: RunFolder) throws -> Bool {
    guard FileManager.default.fileExists(atPath: run.configurationPath) else { return false }
    let found = try? ExperimentConfiguration.load(run.configurationPath)
    guard found == study.experiment(job.variant, seed: job.seed) else {
      throw SweepError.foreignRun(folder: run.path)
    }
    guard let checkpoint = try? Safetensors(reading: run.checkpointPath) else { return false }
    return checkpoint.metadata["steps"] == "\(study.sweep.steps)"
  }

  private func start(_ step: SweepStep, of job: Job) throws -> SweepProcess {
    let variant = study.sweep.variants[job.variant]
    let run = folder.run(variant, seed: job.seed)
    let log = folder.log(variant, seed: job.seed)
    let episodes = "\(study.sweep.evaluationEpisodes)"
    switch step {
    case .train:
      if FileManager.default.fileExists(atPath: run.checkpointPath) {
        return try SweepProcess(["train", "--resume", run.path], log: log)
      }
      // What was cut off before its first checkpoint starts again; not what a training that outlived its sweep is at.
      if FileManager.default.fileExists(atPath: run.path) {
        try withExtendedLifetime(try FolderLock(run.path)) {
          try FileManager.default.removeItem(atPath: run.path)
        }
      }
      return try SweepProcess(
        ["train", folder.configuration(variant), "--seed", "\(job.seed)", "--output", run.path], log: log)
    case .evaluate(let path, let name):
      let world = path.map { ["--world", $0] } ?? []
      return try SweepProcess(
        ["evaluate", run.path, "--episodes", episodes, "--json"] + world, log: log,
        result: folder.evaluation(variant, seed: job.seed, world: name))
    case .compare(let policy):
      return try SweepProcess(
        ["evaluate", run.path, "--policy", policy, "--episodes", episodes, "--json"], log: log,
        result: folder.baseline(variant, policy))
    }
  }
}

/// One of the programs that make a run.
private enum SweepStep {
  case train
  /// In the world of a configuration: its path and what the study calls it; nil for the run's own.
  case evaluate(world: String?, name: String?)
  /// Another policy in the run's world.
  case compare(policy: String)
}

/// Some runs of a study failed.
struct SweepFailure: Error, CustomStringConvertible {
  var count: Int
  var folder: String

  var description: String {
    "sweep: \(count) processes failed. Read the logs in \(folder), then start the sweep again: it goes on with what is "
      + "unfinished."
  }
}
