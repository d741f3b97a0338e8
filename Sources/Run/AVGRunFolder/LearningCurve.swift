public import AVGCore
public import AVGPlots
public import AVGTraining

/// The learning curve of a run, as two charts over the step: success rate and steps to the goal (or return, if no
/// episode has reached the goal), or the return or total of the episodes and their length.
public struct LearningCurve {
  /// The minimum number of episodes for a curve.
  public static let fewestEpisodes = 2

  /// The name of the run, for the title.
  public var name: String
  /// The episodes, in order.
  public var episodes: [EpisodeRecord]
  /// The measure by which episodes are judged.
  public var score: EpisodeScore

  /// Makes the curve of a run's episodes.
  public init(name: String, episodes: [EpisodeRecord], score: EpisodeScore = .success) {
    self.name = name
    self.episodes = episodes
    self.score = score
  }

  /// The two charts as one drawing.
  public var drawing: Scene {
    switch score {
    case .success:
      LineChart.drawing(of: [successChart, episodes.contains(where: \.success) ? stepsChart : returnChart])
    case .return: LineChart.drawing(of: [returnChart, lengthChart])
    case .total(let measure): LineChart.drawing(of: [totalChart(measure), lengthChart])
    }
  }

  private var steps: ClosedRange<Double> { 0...Double(max(1, episodes.last?.step ?? 1)) }

  private var successChart: LineChart {
    let rates = windows(over: episodes).map { window in
      100 * Double(window.count { $0.success }) / Double(window.count)
    }
    return LineChart(
      title: "\(name): success rate", horizontalLabel: "steps", verticalLabel: "successful episodes, %",
      series: [
        .init(
          "last \(RecentEpisodes.capacity) episodes", color: .blue,
          points: zip(episodes, rates).map { Point(Double($0.step), $1) })
      ],
      verticalRange: 0...100, horizontalRange: steps)
  }

  private var stepsChart: LineChart {
    chart(
      title: "steps to the goal", verticalLabel: "steps", color: .vermilion,
      of: episodes.filter(\.success), lowest: 0
    ) { Double($0.length) }
  }

  private func totalChart(_ measure: Measure) -> LineChart {
    chart(
      title: "\(name): \(measure.name) of an episode", verticalLabel: measure.unit.shownName, color: .blue,
      of: episodes, lowest: 0
    ) { $0.value(by: score) }
  }

  private var lengthChart: LineChart {
    chart(title: "length of an episode", verticalLabel: "steps", color: .vermilion, of: episodes, lowest: 0) {
      Double($0.length)
    }
  }

  private var returnChart: LineChart {
    chart(title: "return", verticalLabel: "return", color: .green, of: episodes, lowest: nil) { $0.return }
  }

  /// A chart of a quantity of the episodes: a dot for each, and the median and quartiles over a window.
  private func chart(
    title: String, verticalLabel: String, color: Color, of episodes: [EpisodeRecord], lowest: Double?,
    quantity: (EpisodeRecord) -> Double
  ) -> LineChart {
    let positions = episodes.map { Double($0.step) }
    let sorted = windows(over: episodes).map { $0.map(quantity).sorted() }
    func line(_ share: Double) -> [Point] {
      zip(positions, sorted).map { Point($0, quantile(share, ofSorted: $1)) }
    }
    var median = LineChart.Series("median and quartiles of 20", color: color, points: line(0.5))
    (median.bandLow, median.bandHigh) = (line(0.25), line(0.75))
    let dots = LineChart.Series(
      "episode", color: color, style: .dots, points: zip(positions, episodes).map { Point($0, quantity($1)) })
    return LineChart(
      title: title, horizontalLabel: "steps", verticalLabel: verticalLabel, series: [dots, median],
      verticalRange: lowest.map { $0...($0 + 1) }, horizontalRange: steps)
  }

  /// For each episode, the window that ends with it.
  private func windows(over episodes: [EpisodeRecord]) -> [ArraySlice<EpisodeRecord>] {
    episodes.indices.map { episodes[max(0, $0 + 1 - RecentEpisodes.capacity)...$0] }
  }
}
