import AVGCamera
import AVGCore
import Testing

@Suite("Capture choice")
struct CaptureChoiceTests {
  /// Offers written as `MJPG 640x360 1280x720`.
  private static func offers(_ lines: [String]) -> [OfferedFormat] {
    lines.map { line in
      let words = line.split(separator: " ").map(String.init)
      return OfferedFormat(pixelFormat: code(words[0]), sizes: .discrete(words.dropFirst().map(size)))
    }
  }

  private static func code(_ text: String) -> FourCharacterCode {
    FourCharacterCode(rawValue: text.utf8.reversed().reduce(0) { $0 << 8 | UInt32($1) })
  }

  private static func size(_ text: String) -> ImageSize {
    let numbers = text.split(separator: "x").compactMap { Int($0) }
    return ImageSize(width: numbers[0], height: numbers[1])
  }

  @Test(
    "the best of the listed formats and sizes is chosen",
    arguments: [
      // A common webcam.
      (["YUYV 640x480 640x360 1280x720", "MJPG 640x480 1920x1080 1280x720 640x360"], "MJPG 640x360"),
      (["MJPG 1280x720 320x180 160x90"], "MJPG 1280x720"),
      (["MJPG 160x90 320x180"], "MJPG 320x180"),
      (["MJPG 160x90 640x480"], "MJPG 160x90"),
      // No multiple of the frame: the smallest whose cropped centre is one.
      (["MJPG 176x144 640x480 320x240"], "MJPG 640x480"),
      (["MJPG 176x144 320x240 352x288"], "MJPG 320x240"),
      (["MJPG 640x480 640x400 800x600"], "MJPG 640x400"),
      // Neither: the smallest that is large enough.
      (["MJPG 1920x1080 1024x576 800x448 159x400"], "MJPG 800x448"),
      (["MJPG 352x288 176x144 120x90"], "MJPG 176x144"),
      (["MJPG 3840x2160"], "MJPG 3840x2160"),
      // Uncompressed: 1280x720 is too slow on USB 2.
      (["YUYV 1280x720 160x90"], "YUYV 160x90"),
      (["YUYV 1280x720 640x480"], "YUYV 1280x720"),
      (["YUYV 320x180 640x360"], "YUYV 640x360"),
      // Other formats are passed over, whatever their sizes.
      (["H264 640x360", "YUYV 176x144"], "YUYV 176x144"),
      (["GREY 640x360", "BGR3 640x360", "RGB3 640x360", "NV12 640x360", "UYVY 320x180"], "UYVY 320x180"),
      (["GREY 640x360", "BGR3 640x360", "RGB3 640x360", "NV12 176x144"], "NV12 176x144"),
      (["GREY 640x360", "BGR3 640x360"], "BGR3 640x360"), (["GREY 640x360"], "GREY 640x360"),
      (["MJPG 80x45 5000x5000", "JPEG 320x180", "YUYV 640x360"], "JPEG 320x180"),
      (["YUYV 640x360", "YUYV 320x180", "MJPG 159x90"], "YUYV 640x360"),
    ])
  func discrete(lines: [String], expected: String) throws {
    let choice = try #require(CaptureChoice.best(of: Self.offers(lines), for: .standard))
    #expect("\(choice.pixelFormat) \(choice.size)" == expected)
  }

  @Test(
    "nothing is chosen if no offer is usable",
    arguments: [[], ["H264 640x360"], ["MJPG 80x45", "YUYV 159x90 160x89"], ["MJPG 8000x4500"], ["MJPG"]])
  func nothing(lines: [String]) {
    #expect(CaptureChoice.best(of: Self.offers(lines), for: .standard) == nil)
  }

  @Test(
    "a size is chosen from a range, and where the driver lists none",
    arguments: [
      (.range(minimum: "16x16", maximum: "4096x2304", step: "1x1"), "640x360"),
      (.range(minimum: "16x16", maximum: "639x2304", step: "1x1"), "320x180"),
      (.range(minimum: "48x32", maximum: "1920x1080", step: "16x16"), "1280x720"),
      (.range(minimum: "700x300", maximum: "1920x1080", step: "2x2"), "1280x720"),
      (.range(minimum: "32x32", maximum: "300x170", step: "8x8"), "160x96"),
      (.range(minimum: "200x200", maximum: "200x200", step: "0x0"), "200x200"),
      (.range(minimum: "8x8", maximum: "128x96", step: "8x8"), nil),
      (nil, "640x360"),
    ] as [(Range?, String?)])
  func ranges(range: Range?, expected: String?) {
    let sizes =
      range.map {
        OfferedSizes.range(
          minimum: Self.size($0.minimum), maximum: Self.size($0.maximum), step: Self.size($0.step))
      } ?? .unknown
    let choice = CaptureChoice.best(
      of: [OfferedFormat(pixelFormat: .yuyv, sizes: sizes)], for: .standard)
    #expect(choice?.size.description == expected)
  }

  /// A range of sizes, written out.
  struct Range: Sendable {
    var minimum: String
    var maximum: String
    var step: String

    static func range(minimum: String, maximum: String, step: String) -> Range {
      Range(minimum: minimum, maximum: maximum, step: step)
    }
  }

  @Test("a frame of another shape gets another size")
  func otherShape() {
    let offers = Self.offers(["MJPG 640x360 640x480 320x240"])
    let choice = CaptureChoice.best(of: offers, for: FrameShape(height: 120, width: 160))
    #expect(choice?.size == ImageSize(width: 640, height: 480))
  }

  @Test(
    "the rate nearest to but not below the one wanted, else the fastest",
    arguments: [
      (.discrete([5, 15, 20, 25, 30, 60]), 30, 30), (.discrete([60, 30, 25, 15]), 22, 25),
      (.discrete([5, 10, 15]), 30, 15), (.discrete([60, 90]), 30, 60), (.unknown, 30, 30),
      (.discrete([]), 30, 30),
    ] as [(Rates, UInt32, UInt32)])
  func rates(offered: Rates, wanted: UInt32, expected: UInt32) {
    let rate = offered.rates.best(atLeast: FrameRate(frames: wanted))
    #expect(rate == FrameRate(frames: expected))
  }

  /// Integer rates in frames per second, or none listed.
  enum Rates: Sendable {
    case discrete([UInt32])
    case unknown

    var rates: OfferedRates {
      switch self {
      case .discrete(let rates): .discrete(rates.map { FrameRate(frames: $0) })
      case .unknown: .unknown
      }
    }
  }

  @Test(
    "television's 29.97 counts as 30, a range gives what is asked or its nearer end, and no rate is divided by 0"
  )
  func oddRates() {
    let thirty = FrameRate(frames: 30)
    let television = FrameRate(frames: 30_000, seconds: 1_001)
    let broken = FrameRate(frames: 1, seconds: 0)
    #expect(
      OfferedRates.discrete([FrameRate(frames: 60), television, broken]).best(atLeast: thirty) == television)
    let range = OfferedRates.range(slowest: FrameRate(frames: 5), fastest: FrameRate(frames: 60))
    #expect(range.best(atLeast: thirty) == thirty)
    #expect(range.best(atLeast: FrameRate(frames: 90)) == FrameRate(frames: 60))
    #expect(range.best(atLeast: FrameRate(frames: 1)) == FrameRate(frames: 5))
  }
}
