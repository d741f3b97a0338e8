import AVGCore
import AVGPlots
import AVGRunFolder
import AVGSystem
import AVGTraining
import Foundation
import Testing

@testable import AVGSweep

@Suite("Summary of a study")
struct SummaryTests {
  private let folder: String
  private let specification = EnvironmentSpecification(signalCount: 8, actionCount: 2)

  init() throws {
    folder = NSTemporaryDirectory() + "avg-sweep-" + UUID().uuidString
  }

  /// A study of two settings and three seeds, of which the second setting learns nothing and has one run less.
  private func results() throws -> (SweepConfiguration, [VariantResults]) {
    var sweep = SweepConfiguration()
    sweep.title = "Study"
    sweep.steps = 3000
    sweep.seeds = [1, 2, 3]
    sweep.marks = [1000]
    sweep.settings = [.init(name: "good", overrides: []), .init(name: "bad", overrides: [])]
    sweep.evaluationWorlds = ["worlds/light.yaml"]
    let layout = SweepFolder(folder)
    for (index, variant) in sweep.variants.enumerated() {
      for seed in sweep.seeds where index == 0 || seed < 3 {
        let run = try RunFolder(creating: layout.run(variant, seed: seed).path)
        let log = try EpisodeLog(creating: run.episodesPath)
        for episode in 1...300 {
          try log.append(
            EpisodeRecord(
              step: 10 * episode, episode: episode, length: 10, return: -10,
              success: index == 0 && episode > 50 * Int(seed)))
        }
        let records = (0..<4).map {
          EpisodeRecord(step: 0, episode: $0, length: 40, return: -40, success: index == 0)
        }
        let report = try EvaluationReport(records).json()
        try AtomicFile.write(report, to: layout.evaluation(variant, seed: seed))
        try AtomicFile.write(report, to: layout.evaluation(variant, seed: seed, world: "worlds/light.yaml"))
      }
    }
    return (
      sweep,
      try sweep.variants.map { try VariantResults($0, of: sweep, in: layout, specification: specification) }
    )
  }

  @Test("what is finished is summed up: means, intervals, runs that succeeded")
  func sumsUp() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (sweep, results) = try results()
    let summary = SweepSummary(sweep, score: .success, results)
    let (good, bad) = (summary.rows[0], summary.rows[1])
    #expect(good.runs == 3 && bad.runs == 2)
    #expect(good.final == Estimate(mean: 1, low: 1, high: 1))
    #expect(good.atMarks.count == 1 && abs(good.atMarks[0].mean - 0.5 / 3) < 1e-9)
    #expect(good.successfulRuns == 3 && bad.successfulRuns == 0 && bad.stepsToSuccess == nil)
    #expect(try #require(good.stepsToSuccess).mean == 1190)
    #expect(good.evaluation?.mean == 1 && good.stepsToGoal?.mean == 40 && bad.stepsToGoal == nil)
    let area = try #require(good.area)
    #expect(area.low < area.mean && area.mean < area.high)
    #expect(summary.transferTable?.rows.map(\.[1]) == ["100.0 [100.0, 100.0]", "0.0 [0.0, 0.0]"])
    for line in [summary.table, summary.numbers] {
      #expect(line.rows.count == 2 && line.rows.allSatisfy { $0.count == line.columns.count })
    }
    #expect(
      summary.numbers.csv.split(separator: "\n").allSatisfy { line in
        line.count { $0 == "," } == summary.numbers.columns.count - 1
      })
    let runs = runTable(results, marks: sweep.marks)
    #expect(runs.rows.count == 5 && runs.rows.allSatisfy { $0.count == runs.columns.count })
  }

  @Test("a second summary of the same files has the same bytes, in tables and figures")
  func repeats() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (sweep, first) = try results()
    let layout = SweepFolder(folder)
    let second = try sweep.variants.map {
      try VariantResults($0, of: sweep, in: layout, specification: specification)
    }
    let summaries = [first, second].map { SweepSummary(sweep, score: .success, $0) }
    #expect(try summaries[0].json() == summaries[1].json())
    #expect(summaries[0].table.markdown == summaries[1].table.markdown)
    let drawings = [first, second].map { results in
      SweepFigures.learningCurves(
        results.map { .init(name: $0.variant.name, curves: $0.curves) }, title: "Study", score: .success,
        steps: 3000)
    }
    #expect(drawings[0].svg == drawings[1].svg)
    for name in ["good", "bad", "Study"] { #expect(drawings[0].svg.contains(">\(name)<")) }
    #expect(SweepFigures.ablation(summaries[0]).svg.contains(">bad<"))
    #expect(SweepFigures.sensitivity(summaries[0], key: "agent.discount") == nil)
  }

  @Test("of one run there is neither a mean nor an interval, and its last step is on the axis")
  func drawsOneRun() {
    func figure(_ count: Int) -> String {
      SweepFigures.learningCurves(
        [.init(name: "study", curves: (0..<count).map { [0, 0.5, 0.1 * Double($0)] })], title: "Runs",
        score: .success,
        steps: 59_876
      ).svg
    }
    #expect(figure(1).contains(">last 20 episodes<") && figure(1).contains(">59,876<"))
    #expect(!figure(1).contains("mean") && !figure(1).contains("interval") && !figure(1).contains("<polygon"))
    #expect(figure(3).contains("mean of 3 runs and its 95 % interval") && figure(3).contains("<polygon"))
  }

  @Test("a number that is tried is drawn over its values, from the smallest to the largest")
  func drawsSensitivity() throws {
    let rows = [1, 0.001, 0.1].map { value in
      SweepSummary.Row(
        name: "\(value)", value: value, runs: 2, final: nil, atMarks: [],
        area: Estimate(mean: value / 2, low: value / 4, high: value), successfulRuns: 0, stepsToSuccess: nil,
        lowestAfterwards: nil, evaluation: nil, stepsToGoal: nil, baselines: [:], baselineSteps: [:],
        transfer: [])
    }
    var summary = SweepSummary(SweepConfiguration(), score: .success, [])
    summary.rows = rows
    let drawing = try #require(SweepFigures.sensitivity(summary, key: "agent.rate"))
    let line = drawing.shapes.lazy.compactMap { shape -> [Point]? in
      if case .polyline(let points, _, .blue) = shape, points.count > 2 { points } else { nil }
    }.first
    let points = try #require(line)
    #expect(points.count == 3)
    // Three powers of ten lie between the first two values and the last two: even distances in the logarithm.
    #expect(abs((points[2].x - points[1].x) * 2 - (points[1].x - points[0].x)) < 1)
    #expect(points[0].y > points[1].y && points[1].y > points[2].y)
    #expect(drawing.svg.contains(">agent.rate<") && !drawing.svg.contains("log10"))
    for label in ["0.001", "0.01", "0.1", "1"] { #expect(drawing.svg.contains(">\(label)<")) }
  }

  @Test("a report that is none is named, and one that is not there is none")
  func namesBrokenReports() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = folder + "/evaluation.json"
    #expect(try SweepFolder.report(path) == nil)
    try AtomicFile.write("{", to: path)
    #expect(throws: SweepError.evaluation(path: path)) { _ = try SweepFolder.report(path) }
  }
}
