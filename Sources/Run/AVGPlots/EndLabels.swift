/// Labels with the names of a chart's lines, at their ends and in their colours, so that several lines need no legend.
struct EndLabels {
  private let series: [LineChart.Series]

  private static let textSize = 13.0
  private static let lineHeight = 16.0
  /// The gap between plot and label, with room for a connecting line to a label that had to be moved.
  private static let gap = 18.0

  /// Selects the lines with a name; a single one is left to the legend.
  init(_ series: [LineChart.Series]) {
    let lines = series.filter {
      $0.style == .line && !$0.name.isEmpty && $0.points.contains(where: \.isFinite)
    }
    self.series = lines.count > 1 ? lines : []
  }

  /// The names shown here.
  var names: Set<String> { Set(series.map(\.name)) }

  /// The width to reserve beside the plot in points; 0 without labels.
  var width: Double {
    series.map { Self.gap + StrokeFont.width(of: $0.name, size: Self.textSize) + 10 }.max() ?? 0
  }

  /// Draws the labels at the right of the plot.
  ///
  /// - Parameter place: converts a point from axis units to the drawing.
  func draw(into scene: inout Scene, plot: Rectangle, place: (Point) -> Point) {
    let ends = series.compactMap { item in
      item.points.last(where: \.isFinite).map { (item: item, end: place($0)) }
    }.sorted { $0.end.y < $1.end.y }
    let bottom = plot.y + plot.height
    for (one, y) in zip(ends, Self.apart(ends.map(\.end.y), in: plot.y...bottom)) {
      let x = plot.x + plot.width + Self.gap
      scene.line(from: one.end, to: Point(x - 4, y), width: 0.8, color: one.item.color.opacity(0.6))
      scene.text(one.item.name, at: Point(x, y + 4.5), size: Self.textSize, color: one.item.color)
    }
  }

  /// Moves ascending heights apart by the line height, within a range, and as little as possible.
  static func apart(_ heights: [Double], in range: ClosedRange<Double>) -> [Double] {
    var heights = heights
    for index in heights.indices.dropFirst() {
      heights[index] = max(heights[index], heights[index - 1] + lineHeight)
    }
    // Labels pushed out at the bottom push those above them up.
    var limit = range.upperBound
    for index in heights.indices.reversed() {
      heights[index] = min(heights[index], limit)
      limit = heights[index] - lineHeight
    }
    return heights
  }
}
