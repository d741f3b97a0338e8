/// The legend of a chart: beside the title if there is room, otherwise in lines below it.
struct Legend {
  private let lines: [[LineChart.Series]]
  private let isBesideTitle: Bool

  private static let lineHeight = 20.0
  private static let textSize = 13.0
  private static let gap = 22.0

  /// Lays out the legend for a width in points.
  ///
  /// - Parameter left: names to leave out because they are shown elsewhere.
  init(_ series: [LineChart.Series], beside title: String, width: Double, without left: Set<String> = []) {
    let named = series.filter { !$0.name.isEmpty && !left.contains($0.name) }
    let total = named.reduce(0) { $0 + Self.width(of: $1) + Self.gap }
    isBesideTitle = total <= width - StrokeFont.width(of: title, size: 17)
    guard !isBesideTitle else {
      lines = [named]
      return
    }
    var lines: [[LineChart.Series]] = [[]]
    var used = 0.0
    for item in named {
      let needed = Self.width(of: item) + Self.gap
      if used + needed > width, used > 0 {
        lines.append([])
        used = 0
      }
      lines[lines.count - 1].append(item)
      used += needed
    }
    self.lines = lines
  }

  /// The height to reserve above the plot in points.
  var extraHeight: Double { isBesideTitle ? 0 : Double(lines.count) * Self.lineHeight }

  /// Draws the legend up to `right`; the title's baseline is at `top`.
  func draw(into scene: inout Scene, right: Double, top: Double) {
    for (index, line) in lines.enumerated() {
      let y = top + (isBesideTitle ? 0 : Double(index + 1) * Self.lineHeight)
      var right = right
      for item in line.reversed() {
        scene.text(
          item.name, at: Point(right, y), size: Self.textSize, anchor: .end, color: .faintInk)
        right -= StrokeFont.width(of: item.name, size: Self.textSize) + 8
        switch item.style {
        case .line:
          scene.line(
            from: Point(right - 20, y - 4.5), to: Point(right, y - 4.5), width: 2.5, color: item.color)
          right -= 20
        case .dots:
          scene.shapes.append(
            .disc(center: Point(right - 4, y - 4.5), radius: 3, color: item.color.opacity(0.6)))
          right -= 8
        }
        right -= Self.gap
      }
    }
  }

  private static func width(of item: LineChart.Series) -> Double {
    StrokeFont.width(of: item.name, size: textSize) + 8 + (item.style == .line ? 20 : 8)
  }
}
