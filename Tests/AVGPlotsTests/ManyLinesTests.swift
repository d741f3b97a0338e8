import Foundation
import Testing

@testable import AVGPlots

@Suite("Charts of many lines")
struct ManyLinesTests {
  private func series(_ count: Int, end: (Int) -> Double) -> [LineChart.Series] {
    (0..<count).map { index in
      var series = LineChart.Series(
        "variant \(index)", color: .distinct(index), points: [Point(0, 0), Point(100, end(index))])
      (series.bandLow, series.bandHigh) = (series.points, series.points.map { Point($0.x, $0.y + 5) })
      return series
    }
  }

  private func texts(_ scene: Scene) -> [(text: String, place: Point, color: Color)] {
    scene.shapes.compactMap { shape in
      if case .text(let text, let place, _, _, _, let color) = shape { (text, place, color) } else { nil }
    }
  }

  @Test(
    "each of eight lines has a label at its end in its colour, and no label overlaps another or leaves the drawing"
  )
  func namesLineEnds() {
    for end in [{ Double(10 * $0) }, { _ in 100.0 }, { _ in 0.0 }, { Double($0) / 10 }] as [(Int) -> Double] {
      let chart = LineChart(
        title: "Study", horizontalLabel: "steps", verticalLabel: "%", series: series(8, end: end),
        verticalRange: 0...100)
      let scene = LineChart.drawing(of: [chart], height: 420)
      let names = texts(scene).filter { $0.text.hasPrefix("variant") }
      #expect(names.count == 8, "each once, and none in a legend")
      for name in names {
        #expect(name.place.x + StrokeFont.width(of: name.text, size: 13) <= Double(scene.width))
        #expect(name.color == .distinct(Int(name.text.suffix(1)) ?? -1))
      }
      let heights = names.map(\.place.y).sorted()
      #expect(zip(heights, heights.dropFirst()).allSatisfy { $1 - $0 >= 15.9 })
      #expect((heights.first ?? 0) > 40 && (heights.last ?? 999) < 380)
    }
  }

  @Test("a single line is named by the legend")
  func namesOneLineInLegend() {
    let chart = LineChart(title: "", horizontalLabel: "", verticalLabel: "", series: series(1) { _ in 1 })
    #expect(EndLabels(chart.series).width == 0)
    #expect(texts(LineChart.drawing(of: [chart])).count { $0.text == "variant 0" } == 1)
  }

  @Test("bands of many lines are faint and drawn below all lines")
  func faintBands() throws {
    func areas(_ count: Int) -> (opacities: Set<Double>, last: Int, firstLine: Int) {
      let chart = LineChart(
        title: "", horizontalLabel: "", verticalLabel: "", series: series(count) { Double($0) })
      let shapes = LineChart.drawing(of: [chart]).shapes
      var opacities: Set<Double> = [], last = 0, firstLine = Int.max
      for (index, shape) in shapes.enumerated() {
        if case .area(_, let color) = shape {
          last = index
          opacities.insert(color.opacity)
        }
        if case .polyline(_, 2.2, _) = shape { firstLine = min(firstLine, index) }
      }
      return (opacities, last, firstLine)
    }
    #expect(areas(2).opacities == [0.16])
    #expect(areas(8).opacities == [0.07])
    #expect(areas(8).last < areas(8).firstLine)
  }

  /// A colour in linear light as seen without one kind of cone: Machado, Oliveira and Fernandes 2009, severity 1.
  private static let visions: [[[Double]]] = [
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
  ]

  private func linear(_ color: Color) -> [Double] {
    [color.red, color.green, color.blue].map { channel in
      let value = Double(channel) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
  }

  /// CIE 1976 L*, a*, b*, with D65.
  private func lightnessAndHue(_ light: [Double]) -> [Double] {
    let rows = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    let white = [0.9505, 1, 1.089]
    let f = zip(rows, white).map { row, white in
      let value = zip(row, light).reduce(0) { $0 + $1.0 * min(max($1.1, 0), 1) } / white
      return value > 0.008856 ? cbrt(value) : 7.787 * value + 16.0 / 116
    }
    return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]
  }

  @Test(
    "eight colours are distinguishable with every kind of colour vision, and stand out from the background")
  func distinctColors() {
    #expect(Color.palette.count == 8)
    for vision in Self.visions {
      let seen = Color.palette.map { color in
        lightnessAndHue(vision.map { row in zip(row, linear(color)).reduce(0) { $0 + $1.0 * $1.1 } })
      }
      for (index, first) in seen.enumerated() {
        for second in seen.dropFirst(index + 1) {
          let distance = zip(first, second).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
          // The smallest distance among Okabe and Ito's own eight colours is 16; a just noticeable difference is 2.3.
          #expect(distance > 16, "\(index)")
        }
      }
    }
    for color in Color.palette {
      let luminance = zip([0.2126, 0.7152, 0.0722], linear(color)).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(1.05 / (luminance + 0.05) > 2.2)
    }
  }
}
