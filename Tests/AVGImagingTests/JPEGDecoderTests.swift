import AVGCore
import AVGImaging
import CTurboJPEG
import Testing

@Suite("JPEG decoder")
struct JPEGDecoderTests {
  @Test(
    "an image of 1, 2, 4 or 8 times the frame's size equals one scaled TurboJPEG call, byte for byte",
    arguments: [1, 2, 4, 8],
    [TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_GRAY, TJSAMP_440, TJSAMP_411].map(\.rawValue))
  func decodesExactly(multiple: Int, subsampling: TJSAMP.RawValue) throws {
    let jpeg = try testJPEG(
      width: 160 * multiple, height: 90 * multiple, subsampling: TJSAMP(rawValue: subsampling))
    var decoder = JPEGDecoder()
    var frame = patternedFrame()
    try jpeg.withUnsafeBytes { try decoder.decode($0, into: &frame) }
    #expect(frame.pixels == (try plainDecode(jpeg, to: .standard)))
    #expect(frame.stamp == patternedFrame().stamp)
  }

  @Test(
    "any other size is decoded at the next larger eighth, cropped about the centre and averaged by area",
    arguments: [
      (640, 480, 2), (1920, 1080, 1), (352, 288, 4), (333, 217, 4), (161, 91, 8), (800, 450, 2),
      (1279, 721, 1), (1280, 712, 2),
      (160, 1200, 8), (2592, 1944, 1), (256, 144, 5),
    ])
  func decodesOthers(width: Int, height: Int, eighths: Int) throws {
    let jpeg = try testJPEG(width: width, height: height)
    var decoder = JPEGDecoder()
    var frame = patternedFrame()
    try jpeg.withUnsafeBytes { try decoder.decode($0, into: &frame) }
    let scaled = FrameShape(height: (height * eighths + 7) / 8, width: (width * eighths + 7) / 8)
    let pixels = try plainDecode(jpeg, to: scaled)
    let reference = referenceShrink(width: scaled.width, height: scaled.height, to: .standard) {
      Double(pixels[3 * ($0 * scaled.width + $1) + $2])
    }
    #expect(zip(frame.pixels, reference).allSatisfy { abs(Double($0) - $1) <= 0.5 + 1e-6 })
  }

  @Test("one decoder serves sizes and frame shapes in any order")
  func isReusable() throws {
    var decoder = JPEGDecoder()
    for (width, height, shape) in [
      (640, 480, FrameShape.standard), (640, 360, .standard), (640, 480, FrameShape(height: 60, width: 80)),
      (320, 240, FrameShape(height: 30, width: 30)), (640, 480, .standard),
    ] {
      let jpeg = try testJPEG(width: width, height: height)
      var frame = Frame(shape: shape)
      try jpeg.withUnsafeBytes { try decoder.decode($0, into: &frame) }
      var fresh = JPEGDecoder()
      var freshFrame = Frame(shape: shape)
      try jpeg.withUnsafeBytes { try fresh.decode($0, into: &freshFrame) }
      #expect(frame.pixels == freshFrame.pixels)
      #expect(Set(frame.pixels).count > 20)
    }
  }

  @Test("a progressive image and one with trailing bytes are accepted")
  func acceptsVariants() throws {
    let progressive = try testJPEG(width: 640, height: 360, flags: TJFLAG_PROGRESSIVE)
    let padded = try testJPEG(width: 640, height: 360)
    var decoder = JPEGDecoder()
    for (jpeg, image) in [
      (progressive, progressive), (padded, padded + [UInt8](repeating: 0, count: 999)),
      (padded, padded + [1, 2, 3]),
    ] {
      var frame = Frame()
      try image.withUnsafeBytes { try decoder.decode($0, into: &frame) }
      #expect(frame.pixels == (try plainDecode(jpeg, to: .standard)))
    }
  }

  @Test("a Motion-JPEG image without Huffman tables uses the standard ones")
  func acceptsMissingHuffmanTables() throws {
    let jpeg = try testJPEG(width: 640, height: 360)
    var stripped: [UInt8] = Array(jpeg[..<2])
    var index = 2
    while jpeg[index + 1] != 0xDA {
      let length = 2 + Int(jpeg[index + 2]) << 8 + Int(jpeg[index + 3])
      if jpeg[index + 1] != 0xC4 { stripped += jpeg[index..<index + length] }
      index += length
    }
    stripped += jpeg[index...]
    try #require(stripped.count < jpeg.count)
    var decoder = JPEGDecoder()
    var frame = Frame()
    try stripped.withUnsafeBytes { try decoder.decode($0, into: &frame) }
    #expect(frame.pixels == (try plainDecode(jpeg, to: .standard)))
  }
}

@Suite("JPEG decoder on damaged images")
struct DamagedJPEGTests {
  /// Decodes into a patterned frame and returns the error, after checking that the frame is unchanged.
  private func failure(of image: [UInt8], _ decoder: inout JPEGDecoder) -> JPEGError? {
    var frame = patternedFrame()
    let before = frame.pixels
    do {
      try image.withUnsafeBytes { try decoder.decode($0, into: &frame) }
      return nil
    } catch {
      #expect(frame.pixels == before)
      #expect(frame.stamp == patternedFrame().stamp)
      return error as? JPEGError
    }
  }

  @Test(
    "an image cut off anywhere throws, leaves the frame unchanged, and the next intact image decodes",
    arguments: [(640, 360), (160, 90), (640, 480)])
  func truncated(width: Int, height: Int) throws {
    let jpeg = try testJPEG(width: width, height: height)
    var decoder = JPEGDecoder()
    let lengths = Array(stride(from: 0, to: jpeg.count, by: 211)) + (jpeg.count - 70..<jpeg.count)
    for length in lengths {
      let error = failure(of: Array(jpeg[..<length]), &decoder)
      if length < 2 {
        #expect(error != nil)
        continue
      }
      #expect(error == .truncated(byteCount: length), "cut after \(length) of \(jpeg.count)")
    }
    #expect(failure(of: jpeg, &decoder) == nil)
  }

  @Test("an image cut off and padded with zeros is recognised as cut off")
  func truncatedAndPadded() throws {
    let jpeg = try testJPEG(width: 640, height: 360)
    var decoder = JPEGDecoder()
    let image = jpeg[..<(jpeg.count / 2)] + [UInt8](repeating: 0, count: jpeg.count / 2)
    #expect(failure(of: Array(image), &decoder) == .truncated(byteCount: image.count))
  }

  @Test("an image with a hole in the middle is damaged")
  func holed() throws {
    let jpeg = try testJPEG(width: 640, height: 360)
    var decoder = JPEGDecoder()
    let error = try #require(failure(of: Array(jpeg[..<2_000] + jpeg[9_000...]), &decoder))
    guard case .damaged = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test("random bytes, no bytes, and CMYK throw")
  func garbage() throws {
    var random = RandomSource(seed: 1, purpose: "garbage")
    var decoder = JPEGDecoder()
    #expect(failure(of: [], &decoder) != nil)
    for count in [1, 2, 3, 4, 100, 10_000] {
      let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let error = failure(of: bytes, &decoder)
      #expect(error != nil)
      #expect(error != .truncated(byteCount: count))
      #expect(failure(of: [0xFF, 0xD8] + bytes, &decoder) != nil)
    }
    let inks = [UInt8](repeating: 90, count: 640 * 360 * 4)
    let cmyk = try encodeJPEG(inks, width: 640, height: 360, format: TJPF_CMYK)
    #expect(failure(of: cmyk, &decoder) != nil)
  }

  @Test(
    "a header with an unusable size is refused, and the error names the size",
    arguments: [(65_500, 65_500), (4_097, 640), (640, 4_097), (159, 90), (160, 89), (1, 1)])
  func unusableSize(width: Int, height: Int) throws {
    var jpeg = try testJPEG(width: 640, height: 360)
    let frameHeader = try #require(jpeg.indices.first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
    jpeg[frameHeader + 5] = UInt8(height >> 8)
    jpeg[frameHeader + 6] = UInt8(height & 255)
    jpeg[frameHeader + 7] = UInt8(width >> 8)
    jpeg[frameHeader + 8] = UInt8(width & 255)
    var decoder = JPEGDecoder()
    #expect(failure(of: jpeg, &decoder) == .unusableSize(width: width, height: height))
    jpeg.replaceSubrange(frameHeader + 5..<frameHeader + 9, with: [0, 0, 0, 0])
    #expect(failure(of: jpeg, &decoder) != nil)
  }

  @Test("2,000 randomly mutated images either decode or leave the frame unchanged")
  func mutations() throws {
    var random = RandomSource(seed: 2, purpose: "mutations")
    let originals = try [
      testJPEG(width: 160, height: 90), testJPEG(width: 320, height: 180, subsampling: TJSAMP_422),
      testJPEG(width: 176, height: 144, flags: TJFLAG_PROGRESSIVE),
    ]
    var decoder = JPEGDecoder()
    var failures = 0
    for round in 0..<2_000 {
      var image = originals[round % originals.count]
      // Every other round hits the headers, which hold sizes and tables.
      let reach = round % 2 == 0 ? 700 : image.count
      for _ in 0...random.next() % 4 {
        let index = Int(random.next() % UInt64(min(reach, image.count)))
        switch random.next() % 3 {
        case 0: image[index] = UInt8(truncatingIfNeeded: random.next())
        case 1: image.remove(at: index)
        default: image.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
        }
      }
      if failure(of: image, &decoder) != nil { failures += 1 }
    }
    #expect((200..<2_000).contains(failures))
    for original in originals {
      #expect(failure(of: original, &decoder) == nil)
    }
  }
}
