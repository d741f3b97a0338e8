public import AVGCore
import AVGPlots
import AVGSystem
import AVGTraining
import Foundation

/// What a study came to: a row for each variant, with intervals over its seeds.
public struct SweepSummary: Codable, Hashable, Sendable {
  /// A variant's row.
  public struct Row: Codable, Hashable, Sendable {
    /// The variant.
    public var name: String
    /// The value of the number that is tried; nil for a setting.
    public var value: Double?
    /// Its finished runs.
    public var runs: Int
    /// Success of the last hundred episodes, 0…1, or their return or total.
    public var final: Estimate?
    /// The same at the study's marks.
    public var atMarks: [Estimate]
    /// The area under the learning curve: the mean success, return or total over all steps.
    public var area: Estimate?
    /// The runs that came to 95 % success.
    public var successfulRuns: Int
    /// The steps that those runs took to it.
    public var stepsToSuccess: Estimate?
    /// The lowest success of 50 episodes after that, in any run.
    public var lowestAfterwards: Double?
    /// Success, return or total of new episodes.
    public var evaluation: Estimate?
    /// Steps to the goal in new episodes.
    public var stepsToGoal: Estimate?
    /// Success, return or total of the policies that it is compared with, on the same starts.
    public var baselines: [String: Double]
    /// Their steps to the goal.
    public var baselineSteps: [String: Double]
    /// Success, return or total of new episodes in each of the study's worlds.
    public var transfer: [Estimate?]
  }

  /// What the study is called.
  public var title: String
  /// What episodes are judged by.
  public var score: EpisodeScore
  /// Control steps of each run.
  public var steps: Int
  /// The study's marks.
  public var marks: [Int]
  /// The names of the worlds in which runs are evaluated besides their own.
  public var worlds: [String]
  /// The rows, in the study's order.
  public var rows: [Row]

  /// Sums up.
  public init(_ sweep: SweepConfiguration, score: EpisodeScore, _ results: [VariantResults]) {
    title = sweep.title
    self.score = score
    steps = sweep.steps
    marks = sweep.marks
    worlds = sweep.evaluationWorlds.map(SweepConfiguration.name(ofWorld:))
    rows = results.map { Row($0, score: score) }
  }

  /// The summary as JSON with sorted keys.
  public func json() throws -> String { try ReadableJSON.encode(self) + "\n" }
}

extension SweepSummary.Row {
  fileprivate init(_ results: VariantResults, score: EpisodeScore) {
    let runs = results.runs
    let bootstrap = Bootstrap(count: runs.count)
    func value(_ report: EvaluationReport) -> Double {
      switch score {
      case .success: report.successRate
      case .return: report.meanReturn ?? 0
      case .total(let measure): (report.totals[measure.key]?.mean ?? 0) / measure.unit.perShown
      }
    }
    /// Of those runs that have a value, as `bootstrap` is of all runs.
    func partial(_ values: [Double]) -> Estimate? { Bootstrap(count: values.count).estimate(values) }
    name = results.variant.name
    self.value = results.variant.value
    self.runs = runs.count
    final = bootstrap.estimate(runs.map(\.final))
    atMarks = (runs.first?.atMarks.indices ?? 0..<0).compactMap { mark in
      bootstrap.estimate(runs.map { $0.atMarks[mark] })
    }
    area = bootstrap.estimate(runs.map(\.area))
    successfulRuns = runs.count { $0.stepsToSuccess != nil }
    stepsToSuccess = partial(runs.compactMap { $0.stepsToSuccess.map(Double.init) })
    lowestAfterwards = runs.compactMap(\.lowestAfterwards).min()
    evaluation = bootstrap.estimate(results.evaluations.map(value))
    stepsToGoal = partial(results.evaluations.compactMap(\.meanStepsToGoal))
    baselines = results.baselines.mapValues(value)
    baselineSteps = results.baselines.compactMapValues(\.meanStepsToGoal)
    transfer = results.transfers.map { partial($0.map(value)) }
  }
}
