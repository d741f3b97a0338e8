public import AVGCore
public import AVGRunFolder
import AVGSystem
public import AVGTraining
import Foundation

/// Where a study keeps what: a folder for each variant, and in it one for each seed.
public struct SweepFolder: Hashable, Sendable {
  /// The policies that every variant is compared with.
  public static let baselines = ["oracle", "random", "initial"]

  /// Where it lies.
  public let path: String

  /// The folder at `path`, which need not exist.
  public init(_ path: String) { self.path = path }

  /// A file of the study's own.
  public func file(_ name: String) -> String { path + "/" + name }

  /// The folder of a variant.
  public func variant(_ variant: SweepConfiguration.Variant) -> String { file(variant.name) }

  /// The configuration that a variant's runs are made with.
  public func configuration(_ variant: SweepConfiguration.Variant) -> String {
    self.variant(variant) + "/configuration.yaml"
  }

  /// The folder of a run.
  public func run(_ variant: SweepConfiguration.Variant, seed: UInt64) -> RunFolder {
    RunFolder(existing: self.variant(variant) + "/seed-\(seed)")
  }

  /// What a run's programs said.
  public func log(_ variant: SweepConfiguration.Variant, seed: UInt64) -> String {
    self.variant(variant) + "/seed-\(seed).log"
  }

  /// The report of a run's evaluation.
  ///
  /// - Parameter world: the configuration whose world it was in; nil for the run's own.
  public func evaluation(
    _ variant: SweepConfiguration.Variant, seed: UInt64, world: String? = nil
  ) -> String {
    let place = world.map { "-in-" + SweepConfiguration.name(ofWorld: $0) } ?? ""
    return run(variant, seed: seed).path + "/evaluation\(place).json"
  }

  /// The report of a policy that every variant is compared with.
  public func baseline(_ variant: SweepConfiguration.Variant, _ policy: String) -> String {
    self.variant(variant) + "/\(policy).json"
  }

  /// A report of `evaluate --json`; nil if there is none.
  public static func report(_ path: String) throws(SweepError) -> EvaluationReport? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    do { return try JSONDecoder().decode(EvaluationReport.self, from: data) } catch {
      throw .evaluation(path: path)
    }
  }
}

/// What the finished runs of a variant came to.
public struct VariantResults: Sendable {
  /// The variant.
  public var variant: SweepConfiguration.Variant
  /// A run each.
  public var runs: [RunMeasures] = []
  /// The learning curve of each run, `RunMeasures.curvePointCount` points.
  public var curves: [[Double]] = []
  /// The evaluation of each run in its own world.
  public var evaluations: [EvaluationReport] = []
  /// The evaluations of each run in each of the study's worlds.
  public var transfers: [[EvaluationReport]]
  /// The reports of `SweepFolder.baselines`, as far as there are any.
  public var baselines: [String: EvaluationReport] = [:]

  /// Reads what is finished of a variant.
  public init(
    _ variant: SweepConfiguration.Variant, of sweep: SweepConfiguration, in folder: SweepFolder,
    specification: EnvironmentSpecification
  ) throws(SweepError) {
    self.variant = variant
    transfers = sweep.evaluationWorlds.map { _ in [] }
    for seed in sweep.seeds {
      guard let report = try SweepFolder.report(folder.evaluation(variant, seed: seed)) else { continue }
      let records: [EpisodeRecord]
      do throws(FileError) {
        records = try EpisodeLog.episodes(
          in: folder.run(variant, seed: seed).episodesPath, measures: specification.measures)
      } catch {
        throw .episodes(error)
      }
      evaluations.append(report)
      runs.append(
        RunMeasures(seed: seed, records, score: specification.score, steps: sweep.steps, marks: sweep.marks))
      curves.append(RunMeasures.curve(of: records, score: specification.score, steps: sweep.steps))
      for (index, world) in sweep.evaluationWorlds.enumerated() {
        let path = folder.evaluation(variant, seed: seed, world: world)
        if let report = try SweepFolder.report(path) { transfers[index].append(report) }
      }
    }
    for policy in SweepFolder.baselines {
      baselines[policy] = try SweepFolder.report(folder.baseline(variant, policy))
    }
  }
}
