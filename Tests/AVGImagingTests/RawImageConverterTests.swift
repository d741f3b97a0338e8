import AVGCore
import AVGImaging
import Testing

@Suite("Raw image converter")
struct RawImageConverterTests {
  private func convert(
    _ bytes: [UInt8], _ layout: RawImageLayout, encoding: ColorEncoding = ColorEncoding(),
    shape: FrameShape = .standard
  ) throws -> Frame {
    var converter = try RawImageConverter(layout, encoding: encoding, shape: shape)
    var frame = patternedFrame(shape: shape)
    try bytes.withUnsafeBytes { try converter.convert($0, into: &frame) }
    return frame
  }

  @Test(
    "known colours come out within one level",
    arguments: [
      // The 100 % colours of BT.601 (ITU-R BT.801-1) and BT.709, and the full range that JFIF uses.
      (ColorEncoding(), [16, 128, 128], [0, 0, 0]), (ColorEncoding(), [235, 128, 128], [255, 255, 255]),
      (ColorEncoding(), [126, 128, 128], [128, 128, 128]), (ColorEncoding(), [81, 90, 240], [255, 0, 0]),
      (ColorEncoding(), [145, 54, 34], [0, 255, 0]), (ColorEncoding(), [41, 240, 110], [0, 0, 255]),
      (ColorEncoding(matrix: .bt709), [63, 102, 240], [255, 0, 0]),
      (ColorEncoding(matrix: .bt709), [173, 42, 26], [0, 255, 0]),
      (ColorEncoding(matrix: .bt709), [32, 240, 118], [0, 0, 255]),
      (ColorEncoding(range: .full), [0, 128, 128], [0, 0, 0]),
      (ColorEncoding(range: .full), [255, 128, 128], [255, 255, 255]),
      (ColorEncoding(range: .full), [76, 85, 255], [255, 0, 0]),
      (ColorEncoding(range: .full), [150, 44, 21], [0, 255, 0]),
      (ColorEncoding(matrix: .bt709, range: .full), [54, 99, 255], [255, 0, 0]),
    ] as [(ColorEncoding, [UInt8], [Int])], [RawPixelFormat.yuyv, .uyvy, .nv12, .nv21])
  func lumaColors(color: (encoding: ColorEncoding, code: [UInt8], expected: [Int]), format: RawPixelFormat)
    throws
  {
    let layout = RawImageLayout(format, width: 640, height: 360, bytesPerRow: 1280)
    let bytes = rawImage(layout) { _, _ in color.code }
    let frame = try convert(bytes, layout, encoding: color.encoding)
    #expect(frame.pixels.indices.allSatisfy { abs(Int(frame.pixels[$0]) - color.expected[$0 % 3]) <= 1 })
  }

  @Test(
    "red, green and blue are copied in full range and stretched in limited range",
    arguments: [
      (.full, [0, 127, 255], [0, 127, 255]), (.full, [1, 2, 3], [1, 2, 3]),
      (.limited, [16, 126, 235], [0, 128, 255]), (.limited, [0, 17, 255], [0, 1, 255]),
    ] as [(ColorEncoding.Range, [UInt8], [UInt8])], [RawPixelFormat.rgb24, .bgr24, .rgba32, .bgra32])
  func rgbColors(
    color: (range: ColorEncoding.Range, code: [UInt8], expected: [UInt8]), format: RawPixelFormat
  )
    throws
  {
    let layout = RawImageLayout(format, width: 640, height: 360, bytesPerRow: 2560)
    let frame = try convert(
      rawImage(layout) { _, _ in color.code }, layout, encoding: ColorEncoding(range: color.range))
    #expect(frame.pixels.indices.allSatisfy { frame.pixels[$0] == color.expected[$0 % 3] })
  }

  @Test(
    "grey becomes equal red, green and blue",
    arguments: [(.full, 77, 77), (.limited, 16, 0), (.limited, 235, 255), (.limited, 126, 128)]
      as [(ColorEncoding.Range, UInt8, UInt8)])
  func grey(range: ColorEncoding.Range, code: UInt8, expected: UInt8) throws {
    let layout = RawImageLayout(.grey, width: 640, height: 360, bytesPerRow: 640)
    let frame = try convert(
      rawImage(layout) { _, _ in [code, code, code] }, layout, encoding: ColorEncoding(range: range))
    #expect(frame.pixels.allSatisfy { $0 == expected })
  }

  @Test(
    "every format, size and row padding equals the plain average by area of the cropped centre within one level",
    arguments: RawPixelFormat.allCases,
    [
      (640, 360, 128), (640, 480, 0), (161, 91, 3), (163, 200, 2), (322, 181, 54), (355, 289, 6),
    ])
  func matchesReference(format: RawPixelFormat, size: (width: Int, height: Int, padding: Int)) throws {
    let (width, height, padding) = size
    let layout = RawImageLayout(
      format, width: width, height: height, bytesPerRow: smallestRow(format, width: width) + padding)
    var random = RandomSource(seed: 3, purpose: "picture")
    // Mid-range codes, so that no pixel is clamped and converting before or after averaging is the same.
    let bytes = rawImage(layout) { row, column in
      let wave = UInt8(100 + (column / 20 + row / 7) % 40)
      return (0..<3).map { _ in wave + UInt8(random.next() % 24) }
    }
    let frame = try convert(bytes, layout)
    let reference = referenceShrink(width: width, height: height, to: .standard) { row, column, channel in
      let code = { Double(bytes[sampleIndex(layout, row: row, column: column, channel: $0)]) }
      guard [.yuyv, .uyvy, .nv12, .nv21].contains(format) else { return 255.0 / 219 * (code(channel) - 16) }
      let luma = 1.164384 * (code(0) - 16)
      return switch channel {
      case 0: luma + 1.596027 * (code(2) - 128)
      case 1: luma - 0.391762 * (code(1) - 128) - 0.812968 * (code(2) - 128)
      default: luma + 2.017232 * (code(1) - 128)
      }
    }
    #expect(zip(frame.pixels, reference).allSatisfy { abs(Double($0) - $1) <= 0.51 })
    #expect(frame.stamp == patternedFrame().stamp)
  }

  @Test("a frame of another shape is filled completely", arguments: RawPixelFormat.allCases)
  func otherShape(format: RawPixelFormat) throws {
    let layout = RawImageLayout(format, width: 640, height: 480, bytesPerRow: 2560)
    let shape = FrameShape(height: 84, width: 84)
    let isLuma = [.yuyv, .uyvy, .nv12, .nv21].contains(format)
    let bytes = rawImage(layout) { _, _ in isLuma ? [235, 128, 128] : [235, 235, 235] }
    #expect(
      try convert(bytes, layout, shape: shape).pixels == [UInt8](repeating: 255, count: shape.byteCount))
  }

  @Test(
    "too few bytes throw and leave the frame unchanged; the last row needs no padding",
    arguments: [
      (.yuyv, 1300 * 359 + 1280), (.uyvy, 1300 * 359 + 1280), (.nv12, 1300 * (360 + 179) + 640),
      (.rgb24, 2000 * 359 + 1920), (.grey, 1300 * 359 + 640),
    ] as [(RawPixelFormat, Int)])
  func truncated(format: RawPixelFormat, needed: Int) throws {
    let layout = RawImageLayout(
      format, width: 640, height: 360, bytesPerRow: format == .rgb24 ? 2000 : 1300)
    var converter = try RawImageConverter(layout)
    let bytes = [UInt8](repeating: 128, count: needed)
    for count in [0, 1, 1280, needed / 2, needed - 1] {
      var frame = patternedFrame()
      #expect(throws: RawImageError.truncated(byteCount: count, expected: needed)) {
        try bytes[..<count].withUnsafeBytes { try converter.convert($0, into: &frame) }
      }
      #expect(frame.pixels == patternedFrame().pixels)
    }
    var frame = patternedFrame()
    try bytes.withUnsafeBytes { try converter.convert($0, into: &frame) }
    #expect(frame.pixels == [UInt8](repeating: 130, count: frame.pixels.count))
  }

  @Test(
    "an impossible layout is refused",
    arguments: [
      (.yuyv, 159, 90, 1280), (.yuyv, 160, 89, 1280), (.yuyv, 0, 0, 0), (.yuyv, -640, 360, 1280),
      (.yuyv, 640, 360, 1279), (.yuyv, 4_098, 360, 8_196), (.yuyv, 640, 4_097, 1280),
      (.yuyv, 640, 360, Int.max), (.yuyv, 161, 91, 322), (.uyvy, 161, 91, 322), (.nv12, 640, 360, 639),
      (.nv12, 641, 360, 641), (.rgb24, 640, 360, 1919), (.bgr24, 640, 360, 0), (.grey, 640, 360, -1),
    ] as [(RawPixelFormat, Int, Int, Int)])
  func unusable(format: RawPixelFormat, width: Int, height: Int, bytesPerRow: Int) {
    let layout = RawImageLayout(format, width: width, height: height, bytesPerRow: bytesPerRow)
    #expect(throws: RawImageError.unusableLayout(layout)) { try RawImageConverter(layout) }
  }

  @Test("a shape beyond the limits is refused without a trap")
  func limits() {
    #expect(!ImageLimits.allow(width: 40_000, height: 1, for: FrameShape(height: 1, width: 40_000)))
    #expect(!ImageLimits.allow(width: 1, height: 40_000, for: FrameShape(height: 40_000, width: 1)))
    #expect(ImageLimits.allow(width: 4096, height: 90, for: .standard))
    #expect(!ImageLimits.allow(width: 4097, height: 90, for: .standard))
  }
}
