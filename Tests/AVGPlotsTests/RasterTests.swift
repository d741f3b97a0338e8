import AVGCore
import Testing

@testable import AVGPlots

@Suite("Raster")
struct RasterTests {
  /// The red channel of a drawing of one shape, row by row.
  private func rows(_ shape: Shape, width: Int = 4, height: Int = 3) -> [[UInt8]] {
    var scene = Scene(width: width, height: height)
    scene.shapes = [shape]
    let frame = scene.raster()
    return (0..<height).map { y in (0..<width).map { x in frame.pixels[3 * (y * width + x)] } }
  }

  @Test("a rectangle covers a pixel in proportion to their overlap")
  func rectanglesAreAntiAliased() {
    let box = Rectangle(x: 0.5, y: 0.5, width: 2, height: 1.5)
    #expect(
      rows(.rectangle(box, color: Color(0x000000))) == [
        [191, 128, 191, 255], [128, 0, 128, 255], [255, 255, 255, 255],
      ])
  }

  @Test("a line covers the pixels along it and fades out beside them")
  func linesAreAntiAliased() {
    let line = Shape.polyline(points: [Point(-5, 1.5), Point(9, 1.5)], width: 1, color: Color(0x000000))
    #expect(rows(line) == [[255, 255, 255, 255], [0, 0, 0, 0], [255, 255, 255, 255]])
    let between = Shape.polyline(points: [Point(-5, 1), Point(9, 1)], width: 1, color: Color(0x000000))
    #expect(rows(between) == [[128, 128, 128, 128], [128, 128, 128, 128], [255, 255, 255, 255]])
  }

  @Test("opacity blends with the background, and a join is no darker than the line")
  func mixes() {
    let corner = Shape.polyline(
      points: [Point(-5, 1.5), Point(2.5, 1.5), Point(2.5, 9)], width: 1,
      color: Color(0x000000, opacity: 0.5))
    #expect(rows(corner)[1] == [128, 128, 128, 255])
  }

  @Test("the inside of a line that crosses itself follows the even-odd rule")
  func evenOdd() {
    let outer = [Point(0, 0), Point(4, 0), Point(4, 3), Point(0, 3), Point(0, 0)]
    let inner = [Point(1, 1), Point(3, 1), Point(3, 2), Point(1, 2), Point(1, 1), Point(0, 0)]
    #expect(rows(.area(outline: outer + inner, color: Color(0x000000)))[1] == [0, 255, 255, 0])
  }

  @Test("shapes outside the drawing or with coordinates that are not finite do no harm")
  func clips() {
    let blank = [[UInt8]](repeating: [255, 255, 255, 255], count: 3)
    #expect(rows(.disc(center: Point(1e30, -1e30), radius: 3, color: .ink)) == blank)
    #expect(rows(.polyline(points: [Point(.nan, 1), Point(2, 2)], width: 1, color: .ink)) == blank)
    #expect(rows(.area(outline: [Point(1, .infinity), Point(0, 0)], color: .ink)) == blank)
    #expect(rows(.polyline(points: [], width: 1, color: .ink)) == blank)
  }

  @Test("every printable ASCII character except the space is drawn differently, within its line")
  func everyCharacterIsDrawn() {
    var pictures: Set<[[UInt8]]> = []
    for code in UInt8(33)...126 {
      let text = String(decoding: [code], as: UTF8.self)
      let picture = rows(
        .text(text, place: Point(10, 20), size: 16, anchor: .start, isUpright: false, color: .ink),
        width: 40, height: 30)
      #expect(picture.joined().contains { $0 < 128 }, "\(text) is drawn")
      #expect(picture[0..<6].joined().allSatisfy { $0 == 255 }, "\(text) stays below the line above")
      #expect(picture[26...].joined().allSatisfy { $0 == 255 }, "\(text) stays above the line below")
      pictures.insert(picture)
    }
    #expect(pictures.count == 94)
    #expect(StrokeFont.strokes(of: " ", size: 16).isEmpty)
  }

  @Test("an unknown character is drawn as a question mark")
  func unknownCharacters() {
    #expect(StrokeFont.strokes(of: "é", size: 16) == StrokeFont.strokes(of: "?", size: 16))
  }

  @Test("a text is anchored at its start, middle or end, and can run upwards")
  func anchors() {
    func ink(_ anchor: Shape.Anchor, isUpright: Bool) -> (columns: ClosedRange<Int>, rows: ClosedRange<Int>) {
      let picture = rows(
        .text("HHH", place: Point(50, 50), size: 16, anchor: anchor, isUpright: isUpright, color: .ink),
        width: 100, height: 100)
      let columns = (0..<100).filter { x in picture.contains { $0[x] < 200 } }
      let lines = (0..<100).filter { y in picture[y].contains { $0 < 200 } }
      return (columns[0]...columns[columns.count - 1], lines[0]...lines[lines.count - 1])
    }
    let width = StrokeFont.width(of: "HHH", size: 16)
    #expect(abs(Double(ink(.start, isUpright: false).columns.upperBound) - 50 - width) <= 1.5)
    #expect(abs(Double(ink(.end, isUpright: false).columns.lowerBound) - 50 + width) <= 1.5)
    #expect(abs(Double(ink(.middle, isUpright: false).columns.upperBound) - 50 - width / 2) <= 1.5)
    #expect(abs(Double(ink(.start, isUpright: true).rows.lowerBound) - 50 + width) <= 1.5)
    #expect(ink(.start, isUpright: true).columns.upperBound <= 51)
  }
}
