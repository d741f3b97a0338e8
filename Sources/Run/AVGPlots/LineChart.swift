/// A line chart of one or more quantities over a common one.
public struct LineChart: Hashable, Sendable {
  /// A quantity.
  public struct Series: Hashable, Sendable {
    /// The way in which points are drawn.
    public enum Style: Hashable, Sendable {
      /// Joined by a line.
      case line
      /// Each as a faint dot.
      case dots
    }

    /// The name in the legend; a series without a name is left out of the legend.
    public var name: String
    /// The colour of line, dots and band.
    public var color: Color
    /// The way in which the points are drawn.
    public var style: Style
    /// The points in axis units, from left to right; those that are not finite are skipped.
    public var points: [Point]
    /// The lower edge of a band behind the line, in axis units, from left to right.
    public var bandLow: [Point] = []
    /// The upper edge of the band.
    public var bandHigh: [Point] = []

    /// Makes a series without a band.
    public init(_ name: String, color: Color = .blue, style: Style = .line, points: [Point]) {
      self.name = name
      self.color = color
      self.style = style
      self.points = points
    }

    /// All points that the axes must cover.
    fileprivate var extent: [Point] { (points + bandLow + bandHigh).filter(\.isFinite) }

    /// The outline of the band.
    fileprivate var bandOutline: [Point] { (bandLow + bandHigh.reversed()).filter(\.isFinite) }
  }

  /// The heading.
  public var title: String
  /// The label of the horizontal axis.
  public var horizontalLabel: String
  /// The label of the vertical axis.
  public var verticalLabel: String
  /// The quantities; later ones are drawn over earlier ones.
  public var series: [Series]
  /// The range that the vertical axis must cover; nil fits the axis to the points.
  public var verticalRange: ClosedRange<Double>?
  /// The exact range of the horizontal axis; nil fits the axis to the points.
  public var horizontalRange: ClosedRange<Double>?
  /// Whether the horizontal axis is logarithmic; all points must then be above 0.
  public var isHorizontalLogarithmic = false

  /// Makes a chart.
  public init(
    title: String, horizontalLabel: String, verticalLabel: String, series: [Series],
    verticalRange: ClosedRange<Double>? = nil, horizontalRange: ClosedRange<Double>? = nil
  ) {
    self.title = title
    self.horizontalLabel = horizontalLabel
    self.verticalLabel = verticalLabel
    self.series = series
    self.verticalRange = verticalRange
    self.horizontalRange = horizontalRange
  }

  /// Draws charts of equal height one below the other, in a drawing of the given size in points.
  public static func drawing(of charts: [LineChart], width: Int = 900, height: Int = 640) -> Scene {
    var scene = Scene(width: width, height: height)
    let share = Double(height) / Double(max(1, charts.count))
    for (index, chart) in charts.enumerated() {
      chart.draw(
        into: &scene,
        frame: Rectangle(x: 0, y: Double(index) * share, width: Double(width), height: share))
    }
    return scene
  }

  private func axes() -> (horizontal: Axis, vertical: Axis) {
    let extent = series.flatMap(\.extent)
    let x = horizontalRange ?? (extent.map(\.x).min() ?? 0.1)...(extent.map(\.x).max() ?? 1)
    let low = min(extent.map(\.y).min() ?? 0, verticalRange?.lowerBound ?? .infinity)
    let high = max(extent.map(\.y).max() ?? 1, verticalRange?.upperBound ?? -.infinity)
    let horizontal =
      isHorizontalLogarithmic
      ? Axis(logarithmicallyCovering: x.lowerBound, x.upperBound)
      : Axis(covering: x.lowerBound, x.upperBound, tickCount: 7, isTight: horizontalRange != nil)
    return (horizontal, Axis(covering: low, high, tickCount: 5))
  }

  private func draw(into scene: inout Scene, frame: Rectangle) {
    let (horizontal, vertical) = axes()
    let labels = EndLabels(series)
    let width = frame.width - 84 - max(32, labels.width)
    let legend = Legend(series, beside: title, width: width, without: labels.names)
    let top = 48 + legend.extraHeight
    let plot = Rectangle(x: frame.x + 84, y: frame.y + top, width: width, height: frame.height - top - 58)
    let view = View(plot: plot, horizontal: horizontal, vertical: vertical)
    drawAxes(into: &scene, view: view, frame: frame)
    // Draw all bands before all lines.
    for item in series { view.drawBand(item, among: series.count { !$0.bandLow.isEmpty }, into: &scene) }
    for item in series { view.draw(item, into: &scene) }
    labels.draw(into: &scene, plot: plot) { view.place($0) }
    scene.text(title, at: Point(plot.x, frame.y + 30), size: 17, color: .ink)
    legend.draw(into: &scene, right: plot.x + plot.width, top: frame.y + 30)
  }

  private func drawAxes(into scene: inout Scene, view: View, frame: Rectangle) {
    let plot = view.plot
    let bottom = plot.y + plot.height
    for tick in view.vertical.ticks {
      let y = view.place(Point(view.horizontal.lowest, tick)).y
      scene.line(from: Point(plot.x, y), to: Point(plot.x + plot.width, y), color: .grid)
      scene.text(
        view.vertical.label(of: tick), at: Point(plot.x - 10, y + 4.5), size: 13, anchor: .end,
        color: .faintInk)
    }
    for tick in view.horizontal.ticks {
      let x = view.place(Point(tick, view.vertical.lowest)).x
      scene.line(from: Point(x, bottom), to: Point(x, bottom + 5), color: .faintInk)
      scene.text(
        view.horizontal.label(of: tick), at: Point(x, bottom + 21), size: 13, anchor: .middle,
        color: .faintInk)
    }
    scene.line(from: Point(plot.x, bottom), to: Point(plot.x + plot.width, bottom), color: .faintInk)
    scene.text(
      horizontalLabel, at: Point(plot.x + plot.width / 2, bottom + 42), size: 13, anchor: .middle,
      color: .ink)
    scene.text(
      verticalLabel, at: Point(frame.x + 24, plot.y + plot.height / 2), size: 13, anchor: .middle,
      isUpright: true, color: .ink)
  }

  /// The position of the plot in the drawing, and its axes.
  private struct View {
    let plot: Rectangle
    let horizontal, vertical: Axis

    func place(_ point: Point) -> Point {
      Point(
        plot.x + horizontal.share(of: point.x) * plot.width,
        plot.y + (1 - vertical.share(of: point.y)) * plot.height)
    }

    /// Draws a band, fainter if there are several, because overlapping colours mix to an unclear one.
    func drawBand(_ series: Series, among count: Int, into scene: inout Scene) {
      let outline = series.bandOutline.map(place)
      guard !outline.isEmpty else { return }
      scene.shapes.append(.area(outline: outline, color: series.color.opacity(count > 2 ? 0.07 : 0.16)))
      guard count > 2 else { return }
      for edge in [series.bandLow, series.bandHigh] {
        let points = edge.filter(\.isFinite).map(place)
        scene.shapes.append(.polyline(points: points, width: 0.6, color: series.color.opacity(0.45)))
      }
    }

    func draw(_ series: Series, into scene: inout Scene) {
      let points = series.points.filter(\.isFinite).map(place)
      switch series.style {
      case .line where !points.isEmpty:
        scene.shapes.append(.polyline(points: points, width: 2.2, color: series.color))
      case .line: break
      case .dots:
        scene.shapes += points.map { .disc(center: $0, radius: 2, color: series.color.opacity(0.3)) }
      }
    }
  }
}
