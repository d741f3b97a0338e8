import Glibc

/// A chart of the distribution of one or more positive quantities, over a logarithmic axis.
public struct HistogramChart: Hashable, Sendable {
  /// A range of values and the number of samples in it.
  public struct Bucket: Hashable, Sendable {
    /// The lower bound, above 0.
    public var low: Double
    /// The upper bound, above `low`.
    public var high: Double
    /// The number of samples.
    public var count: Int

    /// Makes a bucket.
    public init(low: Double, high: Double, count: Int) {
      self.low = low
      self.high = high
      self.count = count
    }
  }

  /// A distribution.
  public struct Series: Hashable, Sendable {
    /// The name in the legend.
    public var name: String
    /// The colour.
    public var color: Color
    /// The buckets in ascending order.
    public var buckets: [Bucket]

    /// Makes a series.
    public init(_ name: String, color: Color, buckets: [Bucket]) {
      self.name = name
      self.color = color
      self.buckets = buckets
    }
  }

  /// The heading.
  public var title: String
  /// The label of the horizontal axis.
  public var label: String
  /// The distributions; later ones are drawn over earlier ones.
  public var series: [Series]

  /// Makes a chart.
  public init(title: String, label: String, series: [Series]) {
    self.title = title
    self.label = label
    self.series = series
  }

  /// Draws charts one below the other, over the same horizontal axis.
  ///
  /// - Parameters: the width of the drawing and the height of each chart, in points.
  public static func drawing(of charts: [HistogramChart], width: Int = 900) -> Scene {
    let chartHeight = 240
    var scene = Scene(width: width, height: max(1, charts.count) * chartHeight)
    let buckets = charts.flatMap(\.series).flatMap(\.buckets).filter { $0.count > 0 }
    func power(_ value: Double?, _ rule: FloatingPointRoundingRule, else other: Double) -> Double {
      value.map { pow(10, log10($0).rounded(rule)) } ?? other
    }
    let horizontal = Axis(
      logarithmicallyCovering: power(buckets.map(\.low).min(), .down, else: 1),
      power(buckets.map(\.high).max(), .up, else: 10))
    for (index, chart) in charts.enumerated() {
      chart.draw(
        into: &scene,
        frame: Rectangle(
          x: 0, y: Double(index * chartHeight), width: Double(width), height: Double(chartHeight)), horizontal
      )
    }
    return scene
  }

  private func draw(into scene: inout Scene, frame: Rectangle, _ horizontal: Axis) {
    let names = series.map { LineChart.Series($0.name, color: $0.color, points: []) }
    let legend = Legend(names, beside: title, width: frame.width - 84 - 32)
    let top = 48 + legend.extraHeight
    let plot = Rectangle(
      x: frame.x + 84, y: frame.y + top, width: frame.width - 84 - 32, height: frame.height - top - 58)
    let bottom = plot.y + plot.height
    let shares = series.map { item in
      let total = max(1, item.buckets.reduce(0) { $0 + $1.count })
      return item.buckets.map { 100 * Double($0.count) / Double(total) }
    }
    let vertical = Axis(covering: 0, shares.joined().max() ?? 1, tickCount: 4)
    func x(_ value: Double) -> Double { plot.x + horizontal.share(of: value) * plot.width }
    func y(_ share: Double) -> Double { bottom - vertical.share(of: share) * plot.height }
    for tick in vertical.ticks {
      scene.line(from: Point(plot.x, y(tick)), to: Point(plot.x + plot.width, y(tick)), color: .grid)
      scene.text(
        vertical.label(of: tick), at: Point(plot.x - 10, y(tick) + 4.5), size: 13, anchor: .end,
        color: .faintInk)
    }
    for tick in horizontal.ticks {
      let place = x(tick)
      scene.line(from: Point(place, bottom), to: Point(place, bottom + 5), color: .faintInk)
      scene.text(
        horizontal.label(of: tick), at: Point(place, bottom + 21), size: 13, anchor: .middle, color: .faintInk
      )
    }
    scene.line(from: Point(plot.x, bottom), to: Point(plot.x + plot.width, bottom), color: .faintInk)
    for (item, shares) in zip(series, shares) {
      let steps = zip(item.buckets, shares).flatMap { [Point(x($0.low), y($1)), Point(x($0.high), y($1))] }
      guard let first = steps.first, let last = steps.last else { continue }
      let outline = [Point(first.x, bottom)] + steps + [Point(last.x, bottom)]
      scene.shapes.append(.area(outline: outline, color: item.color.opacity(0.16)))
      scene.shapes.append(.polyline(points: outline, width: 1.6, color: item.color))
    }
    scene.text(title, at: Point(plot.x, frame.y + 30), size: 17, color: .ink)
    legend.draw(into: &scene, right: plot.x + plot.width, top: frame.y + 30)
    scene.text(label, at: Point(plot.x + plot.width / 2, bottom + 42), size: 13, anchor: .middle, color: .ink)
    scene.text(
      "share, %", at: Point(frame.x + 24, plot.y + plot.height / 2), size: 13, anchor: .middle,
      isUpright: true, color: .ink)
  }
}
