public import AVGCore
public import AVGPlots
import AVGTraining

/// The figures of a study.
public enum SweepFigures {
  /// Runs whose learning curves are drawn as one.
  public struct Group {
    /// What they are called.
    public var name: String
    /// The curve of each run, as many points each.
    public var curves: [[Double]]

    /// Names runs.
    public init(name: String, curves: [[Double]]) {
      self.name = name
      self.curves = curves
    }
  }

  /// The learning curves, the mean of each group's runs in a band of its 95 % interval.
  public static func learningCurves(
    _ groups: [Group], title: String, score: EpisodeScore, steps: Int
  ) -> Scene {
    let scale = score.scale
    let series = groups.enumerated().map { index, group in
      let bootstrap = Bootstrap(count: group.curves.count)
      let count = group.curves.first?.count ?? 0
      let points = (0..<count).compactMap { point -> (x: Double, estimate: Estimate)? in
        let estimate = bootstrap.estimate(group.curves.map { scale * $0[point] })
        return estimate.map { (Double(steps) * Double(point + 1) / Double(count), $0) }
      }
      // Of one run there is neither a mean nor an interval.
      let isOne = group.curves.count == 1
      let alone =
        isOne
        ? "last \(RecentEpisodes.capacity) episodes"
        : "mean of \(group.curves.count) runs and its 95 % interval"
      var series = LineChart.Series(
        groups.count == 1 ? alone : group.name, color: .distinct(index),
        points: points.map { Point($0.x, $0.estimate.mean) })
      guard !isOne else { return series }
      series.bandLow = points.map { Point($0.x, $0.estimate.low) }
      series.bandHigh = points.map { Point($0.x, $0.estimate.high) }
      return series
    }
    let chart = LineChart(
      title: title, horizontalLabel: "steps",
      verticalLabel: score.axisLabel, series: series, verticalRange: score.axisRange,
      horizontalRange: 0...Double(max(1, steps)))
    return LineChart.drawing(of: [chart], height: 420)
  }

  /// The variants below each other, by the area under their learning curves.
  public static func ablation(_ summary: SweepSummary) -> Scene {
    interval(
      summary, title: "\(summary.title): mean over all steps",
      label: summary.score.axisLabel, \.area)
  }

  /// The area under the learning curve over the number that is tried; nil if none is.
  public static func sensitivity(_ summary: SweepSummary, key: String) -> Scene? {
    let rows = summary.rows.filter { $0.value != nil && $0.area != nil }
    guard rows.count > 1 else { return nil }
    let values = rows.compactMap(\.value)
    // Numbers of different size stand at even distances.
    let isLogarithmic = values.allSatisfy { $0 > 0 } && (values.max() ?? 1) > 8 * (values.min() ?? 1)
    let scale = summary.score.scale
    func points(_ part: (Estimate) -> Double) -> [Point] {
      zip(rows, values).compactMap { row, value in
        row.area.map { Point(value, scale * part($0)) }
      }.sorted { $0.x < $1.x }
    }
    var line = LineChart.Series("mean over all steps and its 95 % interval", points: points(\.mean))
    line.bandLow = points(\.low)
    line.bandHigh = points(\.high)
    let dots = LineChart.Series("", style: .dots, points: points(\.mean))
    var chart = LineChart(
      title: summary.title, horizontalLabel: key,
      verticalLabel: summary.score.shortAxisLabel, series: [line, dots],
      verticalRange: summary.score.axisRange)
    chart.isHorizontalLogarithmic = isLogarithmic
    return LineChart.drawing(of: [chart], height: 420)
  }

  private static func interval(
    _ summary: SweepSummary, title: String, label: String, _ part: (SweepSummary.Row) -> Estimate?
  ) -> Scene {
    let scale = summary.score.scale
    let rows = summary.rows.map { row in
      let estimate = part(row)
      return IntervalChart.Row(
        row.name, value: scale * (estimate?.mean ?? .nan), low: scale * (estimate?.low ?? .nan),
        high: scale * (estimate?.high ?? .nan))
    }
    return IntervalChart(title: title, label: label, rows: rows, range: summary.score.axisRange)
      .drawing()
  }
}
