import AVGCore
import Testing

@testable import AVGImaging

/// Images with an EXIF orientation.
@Suite("JPEG orientation")
struct JPEGOrientationTests {
  /// A picture of four quadrants: dark, red, green, blue by rows.
  private static let stored: Frame = {
    var frame = Frame(shape: FrameShape(height: 90, width: 160))
    let colors: [[UInt8]] = [[20, 20, 20], [220, 30, 30], [30, 200, 30], [30, 30, 220]]
    for row in 0..<90 {
      for column in 0..<160 {
        for channel in 0..<3 {
          frame.pixels[3 * (160 * row + column) + channel] = colors[row / 45 * 2 + column / 80][channel]
        }
      }
    }
    return frame
  }()

  /// The picture as a JPEG image with this EXIF orientation, in either byte order.
  private static func jpeg(_ tag: UInt8, isLittleEndian: Bool = true) throws -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      return isLittleEndian ? bytes : bytes.reversed()
    }
    // Another tag precedes it, and the value fills two of its field's four bytes.
    let other = number(271, 2) + number(2, 2) + number(1, 4) + number(0, 4)
    let entry = number(274, 2) + number(3, 2) + number(1, 4) + number(Int(tag), 2) + number(0, 2)
    let tiff =
      Array((isLittleEndian ? "II" : "MM").utf8) + number(42, 2) + number(8, 4) + number(2, 2) + other + entry
    let segment = Array("Exif".utf8) + [0, 0] + tiff + number(0, 4)
    let jpeg = try JPEGEncoder().encode(stored, quality: 95)
    return [0xFF, 0xD8, 0xFF, 0xE1, 0, UInt8(segment.count + 2)] + segment + jpeg[2...]
  }

  /// The number of the quadrant that a pixel shows.
  private static func quadrant(_ frame: Frame, _ row: Int, _ column: Int) -> Int {
    let pixel = (0..<3).map { frame.pixels[3 * (frame.shape.width * row + column) + $0] }
    return (pixel.firstIndex { $0 > 128 } ?? -1) + 1
  }

  /// The quadrants at top left, top right, bottom left and bottom right, from EXIF's table.
  @Test(
    "each of EXIF's eight orientations is applied, in both byte orders",
    arguments: [
      (1, [0, 1, 2, 3]), (2, [1, 0, 3, 2]), (3, [3, 2, 1, 0]), (4, [2, 3, 0, 1]), (5, [0, 2, 1, 3]),
      (6, [2, 0, 3, 1]), (7, [3, 1, 2, 0]), (8, [1, 3, 0, 2]), (9, [0, 1, 2, 3]), (0, [0, 1, 2, 3]),
    ] as [(UInt8, [Int])], [true, false])
  func turns(orientation: (tag: UInt8, quadrants: [Int]), isLittleEndian: Bool) throws {
    let jpeg = try Self.jpeg(orientation.tag, isLittleEndian: isLittleEndian)
    let isTall = (5...8).contains(orientation.tag)
    var frame = Frame(shape: FrameShape(height: isTall ? 160 : 90, width: isTall ? 90 : 160))
    var decoder = JPEGDecoder()
    try jpeg.withUnsafeBytes { try decoder.decode($0, into: &frame) }
    let (height, width) = (frame.shape.height, frame.shape.width)
    let corners = [(5, 5), (5, width - 6), (height - 6, 5), (height - 6, width - 6)]
    #expect(corners.map { Self.quadrant(frame, $0.0, $0.1) } == orientation.quadrants)
  }

  @Test("an image stored on its side is refused with its upright size")
  func size() throws {
    let jpeg = try Self.jpeg(6)
    var frame = Frame()
    var decoder = JPEGDecoder()
    #expect(throws: JPEGError.unusableSize(width: 90, height: 160)) {
      try jpeg.withUnsafeBytes { try decoder.decode($0, into: &frame) }
    }
  }

  @Test(
    "truncated or corrupted EXIF data are read without a crash")
  func damaged() throws {
    let jpeg = try Self.jpeg(3)
    var random = RandomSource(seed: 1, purpose: "exif")
    for _ in 0..<3000 {
      var bytes = jpeg
      bytes[2 + Int(random.next() % 46)] = UInt8(truncatingIfNeeded: random.next())
      let length = random.next() % 4 == 0 ? Int(random.next() % 60) : bytes.count
      bytes[..<length].withUnsafeBytes { _ = JPEGOrientation(of: $0) }
    }
  }

  @Test("a JPEG image with luma only is grey")
  func grey() throws {
    #expect(JPEGDecoder.isGrey(try Self.jpeg(1)) == false)
    #expect(JPEGDecoder.isGrey([0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0]) == true)
    #expect(JPEGDecoder.isGrey([1, 2, 3]) == nil)
  }
}
