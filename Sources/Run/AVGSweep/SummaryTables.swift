import AVGCore
import AVGPlots

/// A table of texts that can be written in two ways.
public struct TextTable: Hashable, Sendable {
  /// The names of the columns.
  public var columns: [String]
  /// The rows, as many cells as there are columns.
  public var rows: [[String]]

  /// The table in comma-separated values; no cell holds a comma.
  public var csv: String { lines { $0.joined(separator: ",") } }

  /// The table in Markdown.
  public var markdown: String {
    let rule = "|" + columns.map { _ in "---" }.joined(separator: "|") + "|\n"
    let lines = ([columns] + rows).map { "| " + $0.joined(separator: " | ") + " |\n" }
    return lines[0] + rule + lines.dropFirst().joined()
  }

  private func lines(_ line: ([String]) -> String) -> String {
    ([columns] + rows).map { line($0) + "\n" }.joined()
  }
}

extension SweepSummary {
  /// The rows in words for a reader: percentages or totals, with their intervals.
  public var table: TextTable {
    var columns = ["", "runs", score.label(of: "at the end")]
    columns += marks.map { "at \(grouped(Double($0)))" }
    columns += ["mean over all steps"]
    if score == .success { columns += ["runs to 95 %", "steps to 95 %", "lowest after"] }
    columns += ["new episodes"]
    if score == .success { columns += ["steps to goal"] }
    columns += SweepFolder.baselines.map { $0 + (score == .success ? " (steps)" : "") }
    return TextTable(columns: columns, rows: rows.map(cells))
  }

  private func cells(_ row: Row) -> [String] {
    var cells = [row.name, "\(row.runs)", text(row.final)]
    cells += marks.indices.map { row.atMarks.indices.contains($0) ? text(row.atMarks[$0]) : "–" }
    cells += [text(row.area)]
    if score == .success {
      let lowest = row.lowestAfterwards.map { grouped(100 * $0) } ?? "–"
      cells += ["\(row.successfulRuns) of \(row.runs)", number(row.stepsToSuccess, decimals: 0), lowest]
    }
    cells += [text(row.evaluation)]
    if score == .success { cells += [number(row.stepsToGoal, decimals: 1)] }
    cells += SweepFolder.baselines.map { policy in
      guard let baseline = row.baselines[policy] else { return "–" }
      guard score == .success else { return grouped(baseline, decimals: 2) }
      let steps = row.baselineSteps[policy].map { " (" + grouped($0, decimals: 1) + ")" } ?? ""
      return grouped(100 * baseline) + steps
    }
    return cells
  }

  /// Success, return or total of new episodes of each variant in each of the study's worlds; nil if there are none.
  public var transferTable: TextTable? {
    guard !worlds.isEmpty else { return nil }
    return TextTable(
      columns: ["trained in"] + worlds, rows: rows.map { row in [row.name] + row.transfer.map(text) })
  }

  /// Every figure of the rows, for other programs.
  public var numbers: TextTable {
    let measures: [(String, (Row) -> Estimate?)] = [
      ("final", \.final), ("area", \.area), ("steps_to_success", \.stepsToSuccess),
      ("evaluation", \.evaluation), ("steps_to_goal", \.stepsToGoal),
    ]
    let atMarks: [(String, (Row) -> Estimate?)] = marks.indices.map { index in
      ("at_\(marks[index])", { $0.atMarks.indices.contains(index) ? $0.atMarks[index] : nil })
    }
    let inWorlds: [(String, (Row) -> Estimate?)] = worlds.indices.map { index in
      ("in_\(worlds[index])", { $0.transfer[index] })
    }
    let all = measures + atMarks + inWorlds
    let columns =
      ["name", "value", "runs", "runs_to_success", "lowest_after"]
      + all.flatMap { [$0.0, $0.0 + "_low", $0.0 + "_high"] } + SweepFolder.baselines
    func text(_ value: Double?) -> String { value.map { "\(Float($0))" } ?? "" }
    let rows = rows.map { row in
      [row.name, text(row.value), "\(row.runs)", "\(row.successfulRuns)", text(row.lowestAfterwards)]
        + all.flatMap { [text($0.1(row)?.mean), text($0.1(row)?.low), text($0.1(row)?.high)] }
        + SweepFolder.baselines.map { text(row.baselines[$0]) }
    }
    return TextTable(columns: columns, rows: rows)
  }

  private func text(_ estimate: Estimate?) -> String {
    number(estimate, decimals: score == .success ? 1 : 2, scale: score.scale)
  }

  /// A mean and its interval, as 97.3 [95.0, 99.1].
  private func number(_ estimate: Estimate?, decimals: Int, scale: Double = 1) -> String {
    guard let estimate else { return "–" }
    func text(_ value: Double) -> String { grouped(scale * value, decimals: decimals) }
    return "\(text(estimate.mean)) [\(text(estimate.low)), \(text(estimate.high))]"
  }
}

/// The runs of a study, one line each.
public func runTable(_ results: [VariantResults], marks: [Int]) -> TextTable {
  func text(_ value: Double?) -> String { value.map { "\(Float($0))" } ?? "" }
  return TextTable(
    columns: ["name", "seed", "episodes", "final"] + marks.map { "at_\($0)" } + [
      "area", "steps_to_success", "lowest_after", "steps_to_goal",
    ],
    rows: results.flatMap { result in
      result.runs.map { run in
        [result.variant.name, "\(run.seed)", "\(run.episodes)", text(run.final)] + run.atMarks.map(text) + [
          text(run.area), run.stepsToSuccess.map(String.init) ?? "", text(run.lowestAfterwards),
          text(run.stepsToGoal),
        ]
      }
    })
}
