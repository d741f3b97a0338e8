/// The font of the pixel renderer: each character of ASCII 32…126 as a few pen strokes.
///
/// With strokes instead of pixels, one table serves all sizes and both directions without jagged edges.
///
/// A glyph is encoded as its width and its strokes. A stroke is a sequence of points, each two digits of base 36 (x to
/// the right, y downwards: 0 the top of capitals, 4 of small letters, 12 = c the baseline, 16 = g the lowest
/// descender). A point after `~` is the control point of a quadratic Bézier curve between its two neighbours.
enum StrokeFont {
  /// The height of a capital in units of the table.
  static let capitalHeight = 12.0
  /// The height of a capital as a fraction of the font size, as in Helvetica.
  private static let capitalShare = 0.72
  /// The width of the pen in units of the table.
  private static let penWidth = 1.7
  /// The ratio of a horizontal unit to a vertical unit.
  private static let stretch = 1.1
  /// The gap between two letters in horizontal units.
  private static let gap = 3.0

  /// The width of the pen at a font size, in points.
  static func penWidth(at size: Double) -> Double { penWidth * unit(at: size) }

  private static func unit(at size: Double) -> Double { size * capitalShare / capitalHeight }

  /// The width of a text at a font size, in points.
  static func width(of text: String, size: Double) -> Double {
    let units = text.unicodeScalars.reduce(0) { $0 + glyph(of: $1).width + gap } - gap
    return max(0, units) * stretch * unit(at: size)
  }

  /// The strokes of a text whose baseline starts at the origin, in points.
  static func strokes(of text: String, size: Double) -> [[Point]] {
    let unit = unit(at: size)
    var strokes: [[Point]] = []
    var position = 0.0
    for character in text.unicodeScalars {
      let glyph = glyph(of: character)
      for stroke in glyph.strokes {
        strokes.append(
          stroke.map { Point(($0.x + position) * stretch * unit, ($0.y - capitalHeight) * unit) })
      }
      position += glyph.width + gap
    }
    return strokes
  }

  private struct Glyph {
    var width: Double
    var strokes: [[Point]]
  }

  /// The glyph of a character; that of a question mark if there is none.
  private static func glyph(of character: Unicode.Scalar) -> Glyph {
    if let base = superscripts[character] { return moved(glyph(of: base), scale: 0.62, down: -2) }
    if character == "·" { return moved(glyph(of: "."), scale: 1, down: -5) }
    return glyphs[table.indices.contains(Int(character.value) - 32) ? Int(character.value) - 32 : 31]
  }

  /// The characters of exponents, which are drawn as small superscripts glyphs.
  private static let superscripts: [Unicode.Scalar: Unicode.Scalar] = [
    "⁻": "-", "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8",
    "⁹": "9",
  ]

  private static func moved(_ glyph: Glyph, scale: Double, down: Double) -> Glyph {
    Glyph(
      width: scale * glyph.width,
      strokes: glyph.strokes.map { $0.map { Point(scale * $0.x, scale * $0.y + down) } })
  }

  private static let glyphs = table.map { line in
    var words = line.split(separator: " ")
    let width = Double(words.removeFirst().first?.hexDigitValue ?? 0)
    return Glyph(width: width, strokes: words.map { flattened($0) })
  }

  /// A stroke of the table with its curves divided into short straight lines.
  private static func flattened(_ stroke: Substring) -> [Point] {
    var digits = stroke.makeIterator()
    var points: [Point] = []
    var control: Point?
    while let first = digits.next() {
      let isControl = first == "~"
      guard let x = isControl ? digits.next() : first, let y = digits.next() else { break }
      let point = Point(Double(Int(String(x), radix: 36) ?? 0), Double(Int(String(y), radix: 36) ?? 0))
      if isControl {
        control = point
      } else if let middle = control, let start = points.last {
        points += (1...8).map { bend(start, middle, point, Double($0) / 8) }
        control = nil
      } else {
        points.append(point)
      }
    }
    return points
  }

  /// The point at `t` in 0…1 of a quadratic Bézier curve.
  private static func bend(_ start: Point, _ control: Point, _ end: Point, _ t: Double) -> Point {
    let (a, b, c) = ((1 - t) * (1 - t), 2 * t * (1 - t), t * t)
    return Point(
      a * start.x + b * control.x + c * end.x, a * start.y + b * control.y + c * end.y)
  }

  /// ASCII 32…126, in order.
  private static let table = [
    "4", "2 1018 1b1c", "4 1014 3034", "8 301c 705c 0484 0888",
    "8 83~8040~0003~0646~8689~8c4c~0c09 404c",
    "a 901c 20~4043~4626~0603~0020 86~a6a9~ac8c~6c69~6686",
    "9 9c24~1040~7063~5526~0709~0c3c~7c97", "2 1014", "3 30~0307~0b3e", "3 00~3337~3b0e",
    "6 3137 0266 0662", "8 434b 0787", "2 1b1c0e", "5 0757", "2 1b1c", "5 500c",
    "6 30~606468~6c3c~0c0804~0030", "6 13404c", "6 03~0030~6063~65470c6c",
    "6 02~0030~6063~6636~6669~6c3c~0c0a", "6 4c400868", "6 600005~1434~6468~6c3c~0c0a",
    "6 62~6030~000508~0c3c~6c68~6535~0508", "6 00602c",
    "6 30~6063~6636~0603~0030 36~6669~6c3c~0c09~0636", "6 0a~0c3c~6c6764~6030~0004~0737~6764",
    "2 1516 1b1c", "2 1516 1b1c0e", "7 73077b", "8 0585 0989", "7 03770b",
    "6 03~0030~6063~6546~3738 3b3c",
    "a 9b~8d5d~0d07~0151~a1a6~aa8a~7a7874 77~7454~3437~3a5a~7a77", "8 0c408c 1979",
    "7 0c0030~6063~663606 36~7679~7c3c0c", "8 83~8040~000507~0c4c~8c89",
    "8 0c0030~808587~8c3c0c", "6 60000c6c 0656", "6 60000c 0656", "8 83~8040~000507~0c4c~8c888757",
    "8 000c 808c 0686", "2 101c", "6 6068~6c3c~0c09", "7 000c 7007 347c", "6 000c6c", "8 0c0048808c",
    "8 0c008c80", "8 40~808587~8c4c~0c0705~0040", "7 0c0040~7073~774707",
    "8 40~808587~8c4c~0c0705~0040 598d", "7 0c0040~7073~774707 477c",
    "8 83~8040~0003~0646~8689~8c4c~0c09", "8 0080 404c", "8 0008~0c4c~8c8880", "8 004c80",
    "a 003c527ca0", "8 008c 800c", "8 004680 464c", "8 00800c8c", "3 30000e3e", "5 005c", "3 00303e0e",
    "6 043064", "7 0e7e", "3 0022", "6 05~1434~64676c 6838~080a~0c3c~6c69",
    "6 000c 08~0434~6468~6c3c~0c08", "6 66~6434~0408~0c3c~6c6a", "6 606c 68~6434~0408~0c3c~6c68",
    "6 0868~6434~0408~0c3c~5c6a", "4 40~10131c 0444", "6 68~6434~0408~0c3c~6c68 646d~6g3g~0g0f",
    "6 000c 08~0434~64686c", "2 141c 1011", "2 242d~2g0g 2021", "6 000c 5409 276c", "3 1019~1c3c",
    "a 040c 08~0434~54575c 58~5484~a4a7ac", "6 040c 08~0434~64686c", "6 34~6468~6c3c~0c08~0434",
    "6 040g 08~0434~6468~6c3c~0c08", "6 646g 68~6434~0408~0c3c~6c68", "4 040c 08~0444",
    "6 66~6434~0406~0838~686a~6c3c~0c0a", "4 1119~1c4c 0444", "6 0408~0c3c~6c68 646c", "6 043c64",
    "8 042c456c84", "6 046c 640c", "6 043c 643c2f~1g0g", "6 04640c6c", "4 40~2023~2707~272b~2e4e",
    "2 101e", "4 00~2023~2747~272b~2e0e", "7 08~1537~6976",
  ]
}
