import Testing

@testable import AVGPlots

@Suite("Histogram chart")
struct HistogramChartTests {
  private let drawing = HistogramChart.drawing(
    of: [
      HistogramChart(
        title: "learn", label: "ms",
        series: [
          .init(
            "run", color: .blue,
            buckets: [
              .init(low: 0.1, high: 0.2, count: 1), .init(low: 0.2, high: 0.4, count: 3),
              .init(low: 0.4, high: 0.8, count: 0),
            ])
        ])
    ])

  private var outlines: [[Point]] {
    drawing.shapes.compactMap { shape in
      if case .area(let outline, _) = shape { outline } else { nil }
    }
  }

  @Test("a bucket's height is its share of all samples, and an empty bucket lies on the axis")
  func heights() throws {
    let outline = try #require(outlines.first)
    #expect(outlines.count == 1 && outline.count == 8)
    let bottom = outline[0].y
    let heights = [1, 3, 5].map { bottom - outline[$0].y }
    #expect(heights[0] > 0)
    #expect(abs(heights[1] - 3 * heights[0]) < 1e-9)
    #expect(heights[2] == 0)
  }

  @Test("equal ratios have equal widths, and the axis ends at powers of ten")
  func widths() throws {
    let outline = try #require(outlines.first)
    #expect(abs((outline[2].x - outline[1].x) - (outline[4].x - outline[3].x)) < 1e-9)
    let labels = drawing.shapes.compactMap { shape in
      if case .text(let text, _, _, _, _, _) = shape { text } else { nil }
    }
    #expect(labels.contains("0.1") && labels.contains("1") && !labels.contains("10"))
  }
}
