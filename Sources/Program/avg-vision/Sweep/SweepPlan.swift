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

/// The runs of a study, what each is made of, and what of that is still to be done. A run's state is its folder.
struct SweepPlan {
  /// A run: its variant's place in the study, and its seed.
  struct Job: Hashable {
    var variant: Int
    var seed: UInt64
  }

  let study: Study
  let folder: SweepFolder
  /// Seed by seed: a study that is ended early has something of every variant.
  let jobs: [Job]

  /// Plans a study, and writes the variants' configurations.
  ///
  /// - Parameter label: the only run that is meant; nil for all.
  init(_ study: Study, in folder: SweepFolder, only label: String? = nil) throws {
    self.study = study
    self.folder = folder
    let variants = study.sweep.variants
    let all = study.sweep.seeds.flatMap { seed in variants.indices.map { Job(variant: $0, seed: seed) } }
    jobs = all.filter { label == nil || label == Self.label(of: $0, in: study) }
    guard !jobs.isEmpty else {
      let example = all.first.map { Self.label(of: $0, in: study) } ?? ""
      throw InvalidSetting(
        key: "--only", value: label ?? "", allowed: "a run of this study, as \(example)")
    }
    for index in Set(jobs.map(\.variant)).sorted() {
      try RunFolder.makeFolders(folder.variant(variants[index]))
      try AtomicFile.write(
        StrictYAML.dump(study.experiments[index]), to: folder.configuration(variants[index]))
    }
  }

  private static func label(of job: Job, in study: Study) -> String {
    "\(study.sweep.variants[job.variant].name)/seed-\(job.seed)"
  }

  /// The run's folder in the study's, which names it.
  func label(of job: Job) -> String { Self.label(of: job, in: study) }

  /// The run in words.
  func name(of job: Job) -> String { "\(study.sweep.variants[job.variant].name), seed \(job.seed)" }

  /// The runs that something is still to be done for.
  func unfinished() throws -> [Job] { try jobs.filter { try !steps(of: $0).isEmpty } }

  /// What is still to be done for a run, in order.
  func steps(of job: Job) throws -> [SweepStep] {
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

  func start(_ step: SweepStep, of job: Job) throws -> SweepProcess {
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
enum SweepStep {
  case train
  /// In the world of a configuration: its path and what the study calls it; nil for the run's own.
  case evaluate(world: String?, name: String?)
  /// Another policy in the run's world.
  case compare(policy: String)
}
