import AVGCore
import AVGImaging
import Testing

@testable import AVGRecording

@Suite("Logged images")
struct LoggedImageTests {
  /// A single-colour picture.
  private func picture(_ color: [UInt8], _ width: Int, _ height: Int) -> Frame {
    var frame = Frame(shape: FrameShape(height: height, width: width))
    for index in frame.pixels.indices { frame.pixels[index] = color[index % 3] }
    return frame
  }

  @Test(
    "an image of any size fills the frame with its colour",
    arguments: [(1, 1), (7, 5), (80, 60), (159, 90), (160, 90), (200, 90), (320, 240), (641, 363), (90, 160)])
  func sizes(width: Int, height: Int) throws {
    let color: [UInt8] = [200, 40, 90]
    let picture = picture(color, width, height)
    var decoder = LoggedImageDecoder()
    let images: [SourceImage] = [
      .raw(picture.pixels, width: width, height: height, step: 3 * width, encoding: "rgb8"),
      .compressed(try PNG.encode(picture), format: "png"),
      .compressed(try JPEGEncoder().encode(picture, quality: 100), format: "jpeg"),
      .raw(
        picture.pixels.indices.map { picture.pixels[$0 / 3 * 3 + 2 - $0 % 3] }, width: width, height: height,
        step: 3 * width, encoding: "bgr8"),
    ]
    for image in images {
      var frame = Frame()
      #expect(decoder.decode(image, into: &frame) == nil)
      let differences = frame.pixels.indices.map { abs(Int(frame.pixels[$0]) - Int(color[$0 % 3])) }
      #expect(differences.max() ?? 255 <= 3)
    }
  }

  @Test("an image of the frame's shape is copied bit for bit")
  func exact() {
    var picture = Frame()
    for index in picture.pixels.indices { picture.pixels[index] = UInt8(truncatingIfNeeded: index &* 31) }
    var frame = Frame()
    var decoder = LoggedImageDecoder()
    let image = SourceImage.raw(picture.pixels, width: 160, height: 90, step: 480, encoding: "rgb8")
    #expect(decoder.decode(image, into: &frame) == nil)
    #expect(frame.pixels == picture.pixels)
  }

  @Test("unreadable images are refused with a reason, and leave the frame unchanged")
  func refusals() {
    var decoder = LoggedImageDecoder()
    var frame = Frame()
    for (image, words) in [
      (SourceImage.raw([1, 2], width: 160, height: 90, step: 480, encoding: "rgb8"), "cut off"),
      (.raw([], width: 1 << 31, height: 1 << 31, step: 3, encoding: "rgb8"), "layout"),
      (.raw([], width: 0, height: 0, step: 0, encoding: "rgb8"), "layout"),
      (.raw([1], width: 1, height: 1, step: 1, encoding: "32FC1"), "32FC1"),
      (.compressed([1, 2, 3], format: "h264"), "h264"),
      (.compressed([0xFF, 0xD8, 1], format: "jpeg"), "image"),
    ] {
      #expect(decoder.decode(image, into: &frame)?.contains(words) == true, "\(words)")
    }
    #expect(frame.pixels.allSatisfy { $0 == 0 })
  }

  /// The bytes of a picture of 320 × 180 with smooth colours; `sample` encodes each pixel.
  private func pixels(_ sample: (_ row: Int, _ column: Int, _ color: [UInt8]) -> [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    for row in 0..<180 {
      for column in 0..<320 {
        let color: [UInt8] = [UInt8(40 + column / 2), UInt8(30 + row), UInt8(220 - column / 2)]
        bytes += sample(row, column, color)
      }
    }
    return bytes
  }

  @Test(
    "each encoding gives the mean of the pixels that it was made of",
    arguments: ["rgba8", "bgra8", "8UC4", "16UC4", "mono16", "rgb16", "bgr16", "rgba16", "BGRA8"])
  func encodings(name: String) {
    let isGrey = name == "mono16"
    let isWide = name.contains("16")
    let isReversed = name.lowercased().hasPrefix("bgr") || name.hasSuffix("4")
    let hasAlpha =
      name.lowercased().hasPrefix("rgba") || name.lowercased().hasPrefix("bgra") || name.hasSuffix("4")
    let bytes = pixels { row, column, color in
      var samples: [UInt8] = isReversed ? [color[2], color[1], color[0]] : color
      if isGrey { samples = [color[0]] }
      if hasAlpha { samples.append(99) }
      guard isWide else { return samples }
      var wide: [UInt8] = []
      for sample in samples { wide += [sample &- 7, sample] }
      return wide
    }
    let plain = pixels { _, _, color in isGrey ? [color[0], color[0], color[0]] : color }
    var decoder = LoggedImageDecoder()
    var (frame, expected) = (Frame(), Frame())
    #expect(
      decoder.decode(
        .raw(plain, width: 320, height: 180, step: 960, encoding: "rgb8"), into: &expected) == nil)
    #expect(
      decoder.decode(
        .raw(bytes, width: 320, height: 180, step: bytes.count / 180, encoding: name), into: &frame) == nil)
    // (256 c + c − 7) / 257, rounded, is c.
    #expect(frame.pixels == expected.pixels)
  }

  @Test(
    "behind a colour filter a block of 2 × 2 is a pixel, its green the mean of two",
    arguments: ["rggb", "bggr", "gbrg", "grbg"], [8, 16])
  func mosaics(order: String, bits: Int) {
    let channels = order.map { ["r": 0, "g": 1, "b": 2][$0] ?? 0 }
    let bytes = pixels { row, column, color in
      let sample = color[channels[row % 2 * 2 + column % 2]]
      return bits == 8 ? [sample] : [sample, sample]
    }
    var decoder = LoggedImageDecoder()
    var frame = Frame()
    let image = SourceImage.raw(
      bytes, width: 320, height: 180, step: 320 * bits / 8, encoding: "bayer_\(order)\(bits)")
    #expect(decoder.decode(image, into: &frame) == nil)
    for row in 0..<90 {
      for column in 0..<160 {
        var sums = [[Int]](repeating: [], count: 3)
        for place in 0..<4 {
          let (y, x): (Int, Int) = (2 * row + place / 2, 2 * column + place % 2)
          let color: [Int] = [40 + x / 2, 30 + y, 220 - x / 2]
          sums[channels[place]].append(color[channels[place]])
        }
        let green: Int = (sums[1][0] + sums[1][1] + 1) / 2
        let expected: [Int] = [sums[0][0], green, sums[2][0]]
        let pixel = 3 * (160 * row + column)
        let seen: [Int] = frame.pixels[pixel..<pixel + 3].map { Int($0) }
        if seen != expected { Issue.record("row \(row), column \(column): \(seen), not \(expected)") }
      }
    }
  }

  @Test("big-endian samples of 16 bits in a message of ROS are turned")
  func bigEndian() {
    let message = ForeignLog.cdrImage([1, 200, 3, 100], 2, 1, "mono16", step: 4, isBigEndian: true)
    #expect(
      ImageMessage.ros2(isRaw: true).image(in: message)
        == .raw([200, 1, 100, 3], width: 2, height: 1, step: 4, encoding: "mono16"))
  }

  @Test("a mosaic or samples of 16 bits that are cut off, or have no room in their rows, are refused")
  func wideRefusals() {
    var decoder = LoggedImageDecoder()
    var frame = Frame()
    for (name, step, count) in [
      ("bayer_rggb8", 320, 320 * 179), ("bayer_rggb8", 300, 320 * 180), ("bayer_rggb16", 639, 640 * 180),
      ("mono16", 640, 640 * 179), ("rgb16", 1919, 1920 * 180), ("bayer_rggb8", 1 << 40, 10),
    ] {
      let image = SourceImage.raw(
        [UInt8](repeating: 9, count: count), width: 320, height: 180, step: step, encoding: name)
      #expect(decoder.decode(image, into: &frame) != nil, "\(name), \(step), \(count)")
    }
    for size in [0, 1, -1, 1 << 31, Int(UInt32.max)] {
      let image = SourceImage.raw([1], width: size, height: size, step: size, encoding: "bayer_grbg16")
      #expect(decoder.decode(image, into: &frame) != nil)
    }
  }
}
