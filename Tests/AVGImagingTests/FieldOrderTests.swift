import AVGCore
import AVGImaging
import Testing

@Suite("Interlaced images")
struct FieldOrderTests {
  private static let width = 320
  private static let height = 184

  private func convert(_ bytes: [UInt8], _ layout: RawImageLayout) throws -> [UInt8] {
    var converter = try RawImageConverter(layout)
    #expect(converter.byteCount == bytes.count)
    var frame = patternedFrame()
    try bytes.withUnsafeBytes { try converter.convert($0, into: &frame) }
    return frame.pixels
  }

  private func layout(_ format: RawPixelFormat, height: Int, _ fields: FieldOrder) -> RawImageLayout {
    RawImageLayout(
      format, width: Self.width, height: height, bytesPerRow: smallestRow(format, width: Self.width),
      fields: fields)
  }

  /// Codes that identify row and column; the colour codes depend on the column only, because formats differ in the rows
  /// that share them.
  private func codes(_ row: Int, _ column: Int) -> [UInt8] {
    [UInt8(20 + row), UInt8(60 + column / 4), UInt8(200 - column / 4)]
  }

  /// A complete image of two fields: the first as given, the second of another colour.
  private func image(_ format: RawPixelFormat, _ fields: FieldOrder, first: [UInt8]) -> [UInt8] {
    let bytesPerRow = smallestRow(format, width: Self.width)
    let second = [UInt8](repeating: 0x99, count: bytesPerRow)
    let fieldHeight = Self.height / 2
    var bytes: [UInt8] = []
    var plane = first[...]
    for rows in [.nv12, .nv21].contains(format) ? [fieldHeight, fieldHeight / 2] : [fieldHeight] {
      let field = (0..<rows).map { plane.dropFirst($0 * bytesPerRow).prefix(bytesPerRow) }
      switch fields {
      case .interleaved: field.forEach { bytes += $0 + second }
      case .sequential: bytes += field.joined() + (0..<rows).flatMap { _ in second }
      case .single, .progressive: bytes += field.joined()
      }
      plane = plane.dropFirst(rows * bytesPerRow)
    }
    return bytes
  }

  @Test(
    "only the first field of an interlaced image is used, each of its rows twice, in every field order",
    arguments: RawPixelFormat.allCases, [FieldOrder.interleaved, .sequential, .single])
  func usesOneField(format: RawPixelFormat, fields: FieldOrder) throws {
    let field = rawImage(layout(format, height: Self.height / 2, .progressive), codes: codes)
    let doubled = rawImage(layout(format, height: Self.height, .progressive)) { codes($0 / 2, $1) }
    let expected = try convert(doubled, layout(format, height: Self.height, .progressive))
    let seen = try convert(
      image(format, fields, first: field), layout(format, height: Self.height, fields))
    #expect(seen == expected)
  }
}
