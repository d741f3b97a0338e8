/// A chart that compares a quantity of several items, one per row, as dots with intervals.
public struct IntervalChart: Hashable, Sendable {
  /// A row.
  public struct Row: Hashable, Sendable {
    /// The name of the item, at the left.
    public var name: String
    /// The quantity; not finite if unknown.
    public var value: Double
    /// The lower end of its interval.
    public var low: Double
    /// The upper end of its interval.
    public var high: Double

    /// Makes a row.
    public init(_ name: String, value: Double, low: Double, high: Double) {
      self.name = name
      self.value = value
      self.low = low
      self.high = high
    }
  }

  /// The heading.
  public var title: String
  /// The label of the horizontal axis.
  public var label: String
  /// The rows, from top to bottom.
  public var rows: [Row]
  /// The range that the axis must cover; nil fits the axis to the rows.
  public var range: ClosedRange<Double>?

  private static let rowHeight = 26.0
  private static let textSize = 13.0

  /// Makes a chart.
  public init(title: String, label: String, rows: [Row], range: ClosedRange<Double>? = nil) {
    self.title = title
    self.label = label
    self.rows = rows
    self.range = range
  }

  /// Draws the chart, as high as its rows need.
  ///
  /// - Parameter width: in points.
  public func drawing(width: Int = 900) -> Scene {
    let height = 48 + Double(rows.count) * Self.rowHeight + 58
    var scene = Scene(width: width, height: Int(height.rounded(.up)))
    let left = 28 + (rows.map { StrokeFont.width(of: $0.name, size: Self.textSize) }.max() ?? 0)
    let plot = Rectangle(
      x: left, y: 48, width: max(1, Double(width) - left - 32), height: Double(rows.count) * Self.rowHeight)
    let values = rows.flatMap { [$0.value, $0.low, $0.high] }.filter(\.isFinite)
    let axis = Axis(
      covering: min(values.min() ?? 0, range?.lowerBound ?? .infinity),
      max(values.max() ?? 1, range?.upperBound ?? -.infinity), tickCount: 6)
    drawAxis(axis, plot, into: &scene)
    for (index, row) in rows.enumerated() {
      draw(row, axis, plot, y: plot.y + (Double(index) + 0.5) * Self.rowHeight, into: &scene)
    }
    scene.text(title, at: Point(16, 30), size: 17, color: .ink)
    return scene
  }

  private func drawAxis(_ axis: Axis, _ plot: Rectangle, into scene: inout Scene) {
    let bottom = plot.y + plot.height
    for tick in axis.ticks {
      let x = plot.x + axis.share(of: tick) * plot.width
      scene.line(from: Point(x, plot.y), to: Point(x, bottom), color: .grid)
      scene.text(
        axis.label(of: tick), at: Point(x, bottom + 21), size: Self.textSize, anchor: .middle,
        color: .faintInk)
    }
    scene.text(
      label, at: Point(plot.x + plot.width / 2, bottom + 42), size: Self.textSize, anchor: .middle,
      color: .ink)
  }

  private func draw(_ row: Row, _ axis: Axis, _ plot: Rectangle, y: Double, into scene: inout Scene) {
    scene.text(
      row.name, at: Point(plot.x - 12, y + 4.5), size: Self.textSize, anchor: .end, color: .ink)
    guard row.value.isFinite else { return }
    func place(_ value: Double) -> Double { plot.x + axis.share(of: value) * plot.width }
    if row.low.isFinite, row.high.isFinite {
      scene.line(
        from: Point(place(row.low), y), to: Point(place(row.high), y), width: 3,
        color: Color.blue.opacity(0.45))
    }
    scene.shapes.append(.disc(center: Point(place(row.value), y), radius: 4.5, color: .blue))
  }
}
