import AVGCore
import AVGImaging
import Testing

@testable import AVGRecording

@Suite("Logged images")
struct LoggedImageTests {
  /// A picture of one colour.
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
    let images: [LoggedImage] = [
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

  @Test("an image of the frame's shape is taken bit for bit")
  func exact() {
    var picture = Frame()
    for index in picture.pixels.indices { picture.pixels[index] = UInt8(truncatingIfNeeded: index &* 31) }
    var frame = Frame()
    var decoder = LoggedImageDecoder()
    let image = LoggedImage.raw(picture.pixels, width: 160, height: 90, step: 480, encoding: "rgb8")
    #expect(decoder.decode(image, into: &frame) == nil)
    #expect(frame.pixels == picture.pixels)
  }

  @Test("what cannot be read is refused in words, and the frame stays")
  func refusals() {
    var decoder = LoggedImageDecoder()
    var frame = Frame()
    for (image, words) in [
      (LoggedImage.raw([1, 2], width: 160, height: 90, step: 480, encoding: "rgb8"), "cut off"),
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
}
