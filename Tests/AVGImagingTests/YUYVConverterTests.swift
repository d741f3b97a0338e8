import AVGCore
import AVGImaging
import Testing

@Suite("YUYV converter")
struct YUYVConverterTests {
  /// An image of one colour.
  private func uniform(
    width: Int, height: Int, bytesPerRow: Int, y: UInt8, cb: UInt8, cr: UInt8
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xEE, count: bytesPerRow * height)
    for row in 0..<height {
      for pair in 0..<(width + 1) / 2 {
        bytes.replaceSubrange(
          row * bytesPerRow + 4 * pair..<row * bytesPerRow + 4 * pair + 4, with: [y, cb, y, cr])
      }
    }
    return bytes
  }

  private func convert(
    _ bytes: [UInt8], width: Int, height: Int, bytesPerRow: Int,
    encoding: YCbCrEncoding = YCbCrEncoding(), shape: FrameShape = .standard
  ) throws -> Frame {
    var converter = try YUYVConverter(
      width: width, height: height, bytesPerRow: bytesPerRow, encoding: encoding, shape: shape)
    var frame = patternedFrame(shape: shape)
    try bytes.withUnsafeBytes { try converter.convert($0, into: &frame) }
    return frame
  }

  @Test(
    "known colours come out within one level",
    arguments: [
      // The 100 % colours of BT.601 (ITU-R BT.801-1) and BT.709, and the full range that JFIF uses.
      (YCbCrEncoding(), [16, 128, 128], [0, 0, 0]), (YCbCrEncoding(), [235, 128, 128], [255, 255, 255]),
      (YCbCrEncoding(), [126, 128, 128], [128, 128, 128]), (YCbCrEncoding(), [81, 90, 240], [255, 0, 0]),
      (YCbCrEncoding(), [145, 54, 34], [0, 255, 0]), (YCbCrEncoding(), [41, 240, 110], [0, 0, 255]),
      (YCbCrEncoding(matrix: .bt709), [63, 102, 240], [255, 0, 0]),
      (YCbCrEncoding(matrix: .bt709), [173, 42, 26], [0, 255, 0]),
      (YCbCrEncoding(matrix: .bt709), [32, 240, 118], [0, 0, 255]),
      (YCbCrEncoding(range: .full), [0, 128, 128], [0, 0, 0]),
      (YCbCrEncoding(range: .full), [255, 128, 128], [255, 255, 255]),
      (YCbCrEncoding(range: .full), [76, 85, 255], [255, 0, 0]),
      (YCbCrEncoding(range: .full), [150, 44, 21], [0, 255, 0]),
      (YCbCrEncoding(matrix: .bt709, range: .full), [54, 99, 255], [255, 0, 0]),
    ] as [(YCbCrEncoding, [UInt8], [Int])])
  func colors(encoding: YCbCrEncoding, code: [UInt8], color: [Int]) throws {
    let bytes = uniform(width: 640, height: 360, bytesPerRow: 1280, y: code[0], cb: code[1], cr: code[2])
    let frame = try convert(bytes, width: 640, height: 360, bytesPerRow: 1280, encoding: encoding)
    #expect(frame.pixels.indices.allSatisfy { abs(Int(frame.pixels[$0]) - color[$0 % 3]) <= 1 })
  }

  @Test(
    "every size and row padding equals the plain average by area of the cropped centre within one level",
    arguments: [
      (640, 360, 1280), (640, 360, 1408), (640, 480, 1280), (1280, 720, 2560), (160, 90, 320), (161, 91, 324),
      (163, 200, 331), (500, 91, 1000), (322, 181, 700), (355, 289, 717), (1001, 563, 2004), (176, 144, 352),
    ])
  func matchesReference(width: Int, height: Int, bytesPerRow: Int) throws {
    var random = RandomSource(seed: 3, purpose: "picture")
    var bytes = [UInt8](repeating: 0xEE, count: bytesPerRow * height)
    for index in bytes.indices {
      // Mid-range codes: no single pixel is clamped, so converting before or after averaging is the same.
      let wave = (index % bytesPerRow) / 40 + (index / bytesPerRow) / 7
      bytes[index] = UInt8(100 + wave % 40) + UInt8(random.next() % 24)
    }
    let frame = try convert(bytes, width: width, height: height, bytesPerRow: bytesPerRow)
    let reference = referenceShrink(width: width, height: height, to: .standard) { row, column, channel in
      let pair = row * bytesPerRow + column / 2 * 4
      let luma = 1.164384 * (Double(bytes[row * bytesPerRow + 2 * column]) - 16)
      let cb = Double(bytes[pair + 1]) - 128
      let cr = Double(bytes[pair + 3]) - 128
      return switch channel {
      case 0: luma + 1.596027 * cr
      case 1: luma - 0.391762 * cb - 0.812968 * cr
      default: luma + 2.017232 * cb
      }
    }
    #expect(zip(frame.pixels, reference).allSatisfy { abs(Double($0) - $1) <= 0.51 })
    #expect(frame.stamp == patternedFrame().stamp)
  }

  @Test("a frame of another shape is filled whole")
  func otherShape() throws {
    let bytes = uniform(width: 640, height: 480, bytesPerRow: 1280, y: 235, cb: 128, cr: 128)
    let shape = FrameShape(height: 84, width: 84)
    let frame = try convert(bytes, width: 640, height: 480, bytesPerRow: 1280, shape: shape)
    #expect(frame.pixels == [UInt8](repeating: 255, count: shape.byteCount))
  }

  @Test("too few bytes throw and leave the frame as it was; the last row needs no padding")
  func truncated() throws {
    var converter = try YUYVConverter(width: 640, height: 360, bytesPerRow: 1300)
    let needed = 1300 * 359 + 1280
    let bytes = [UInt8](repeating: 128, count: needed)
    for count in [0, 1, 1280, needed / 2, needed - 1] {
      var frame = patternedFrame()
      #expect(throws: YUYVError.truncated(byteCount: count, expected: needed)) {
        try bytes[..<count].withUnsafeBytes { try converter.convert($0, into: &frame) }
      }
      #expect(frame.pixels == patternedFrame().pixels)
    }
    var frame = patternedFrame()
    try bytes.withUnsafeBytes { try converter.convert($0, into: &frame) }
    #expect(frame.pixels == [UInt8](repeating: 130, count: frame.pixels.count))
  }

  @Test(
    "a layout that cannot be is refused",
    arguments: [
      (159, 90, 1280), (160, 89, 1280), (0, 0, 0), (-640, 360, 1280), (640, 360, 1279), (4_098, 360, 8_196),
      (640, 4_097, 1280), (640, 360, Int.max), (161, 91, 322),
    ])
  func unusable(width: Int, height: Int, bytesPerRow: Int) {
    #expect(throws: YUYVError.unusableLayout(width: width, height: height, bytesPerRow: bytesPerRow)) {
      try YUYVConverter(width: width, height: height, bytesPerRow: bytesPerRow)
    }
  }
}
