import AVGCore
import AVGImaging
import Foundation
import FoundationXML
import Testing

@testable import AVGPlots

@Suite("Line chart")
struct LineChartTests {
  private var chart: LineChart {
    var series = LineChart.Series(
      "mean & <band>", color: .vermilion, points: [Point(0, 10), Point(30_000, 40), Point(60_000, 90)])
    series.bandLow = [Point(0, 0), Point(60_000, 80)]
    series.bandHigh = [Point(0, 20), Point(60_000, 100)]
    let dots = LineChart.Series("episode", color: .blue, style: .dots, points: [Point(15_000, 60)])
    return LineChart(
      title: "Success", horizontalLabel: "steps", verticalLabel: "share, %", series: [dots, series],
      verticalRange: 0...100)
  }

  /// The pixels of an image that are close to a colour.
  private func places(_ color: Color, in frame: Frame) -> [(x: Int, y: Int)] {
    (0..<frame.shape.height * frame.shape.width).filter { pixel in
      let channels = frame.pixels[3 * pixel..<3 * pixel + 3]
      return zip(channels, [color.red, color.green, color.blue]).allSatisfy { abs(Int($0) - Int($1)) < 12 }
    }.map { ($0 % frame.shape.width, $0 / frame.shape.width) }
  }

  @Test("the picture is a PNG with the title, the line, the dots and the band in their places")
  func drawsPixels() throws {
    let drawing = LineChart.drawing(of: [chart], width: 600, height: 300)
    let picture = try PNG.decode(PNG.encode(drawing.raster()))
    #expect(picture.shape == FrameShape(height: 300, width: 600))
    let title = places(.ink, in: picture).filter { $0.y < 40 && $0.x < 200 }
    #expect(title.count > 60)
    // The plot spans x 84…568 and y 48…242; the line passes its middle at 40 of 100.
    let line = places(.vermilion, in: picture)
    #expect(line.contains { abs($0.x - 326) <= 1 && abs($0.y - 164) <= 1 })
    #expect(places(.blue, in: picture).isEmpty)
    let faintBlue = Color(0xB6D1E9)
    #expect(places(faintBlue, in: picture).contains { abs($0.x - 205) <= 1 && abs($0.y - 126) <= 1 })
    #expect(picture.pixels.prefix(3).elementsEqual([255, 255, 255]))
  }

  @Test("a larger scale gives a larger picture of the same drawing")
  func scales() {
    let picture = LineChart.drawing(of: [chart], width: 300, height: 200).raster(scale: 2)
    #expect(picture.shape == FrameShape(height: 400, width: 600))
  }

  @Test("the SVG is well-formed and holds title, labels, legend and grouped ticks as text")
  func writesSVG() throws {
    let svg = LineChart.drawing(of: [chart, chart]).svg
    let reader = TextReader()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = reader
    #expect(parser.parse())
    for text in ["Success", "steps", "share, %", "mean & <band>", "episode", "60,000", "100"] {
      #expect(reader.texts.contains(text))
    }
    #expect(reader.texts.count { $0 == "Success" } == 2)
  }

  @Test("points that are not finite are skipped, and a chart without points has empty axes")
  func bearsMissingPoints() {
    var broken = chart
    broken.series[1].points.append(contentsOf: [Point(.nan, 1), Point(40_000, .infinity)])
    #expect(LineChart.drawing(of: [broken]) == LineChart.drawing(of: [chart]))
    broken.series = []
    #expect(LineChart.drawing(of: [broken]).svg.contains("Success"))
    #expect(LineChart.drawing(of: []).shapes.isEmpty)
  }

  private final class TextReader: NSObject, XMLParserDelegate {
    var texts: [String] = []

    func parser(
      _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      if elementName == "text" { texts.append("") }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
      if !texts.isEmpty, string != "\n" { texts[texts.count - 1] += string }
    }
  }
}
