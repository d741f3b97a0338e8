import AVGCore
import AVGImaging

@testable import AVGCamera

/// Feeds arbitrary bytes to the code that reads a camera's images and a driver's answers; the suite and `fuzz` run it.
///
/// The first byte selects what follows: below 2 a compressed image; 2 a format and the bytes of an image in it;
/// otherwise formats, sizes and rates on offer. Whatever follows, nothing may crash, and a refused image leaves the
/// frame unchanged.
struct FuzzInput {
  private var rest: Slice<UnsafeRawBufferPointer>

  /// Runs one input.
  ///
  /// - Returns: whether it decoded to an image.
  @discardableResult
  static func run(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var input = FuzzInput(rest: bytes[...])
    switch input.byte() % 4 {
    case 0, 1: return input.decode(as: .motionJPEG, size: ImageSize(width: 160, height: 90), bytesPerRow: 0)
    case 2: return input.decodeRaw()
    default:
      input.chooseFormat()
      return false
    }
  }

  private mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  private mutating func number() -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(byte()) << (8 * UInt32($1)) }
  }

  private mutating func half() -> Int { Int(byte()) | Int(byte()) << 8 }

  private func decode(
    as pixelFormat: FourCharacterCode, size: ImageSize, bytesPerRow: Int,
    encoding: ColorEncoding = ColorEncoding(),
    image: [UInt8]? = nil
  ) -> Bool {
    let format = CaptureFormat(
      pixelFormat: pixelFormat, size: size, bytesPerRow: bytesPerRow, encoding: encoding, rate: nil)
    guard var decoder = try? FrameDecoder(format, shape: .standard, device: "fuzz") else { return false }
    var frame = Self.untouched
    let damage =
      image.map { $0.withUnsafeBytes { decoder.decode($0, into: &frame) } }
      ?? decoder.decode(UnsafeRawBufferPointer(rebasing: rest), into: &frame)
    precondition(
      damage == nil || frame.pixels == Self.untouched.pixels, "a refused image has changed the frame")
    return damage == nil
  }

  private mutating func decodeRaw() -> Bool {
    let formats = FourCharacterCode.usable.filter { !$0.isJPEG }
    let format = formats[Int(byte()) % formats.count]
    let flags = byte()
    let encoding = ColorEncoding(
      matrix: flags & 1 == 0 ? .bt601 : .bt709, range: flags & 2 == 0 ? .limited : .full)
    let size = ImageSize(width: half(), height: half())
    let bytesPerRow = Int(number())
    // The samples are repeated, so that a short input can be a large image.
    let count = min(Int(number()), 1 << 20)
    let samples = Array(rest)
    let image = (0..<(samples.isEmpty ? 0 : count)).map { samples[$0 % samples.count] }
    return decode(as: format, size: size, bytesPerRow: bytesPerRow, encoding: encoding, image: image)
  }

  private mutating func chooseFormat() {
    var offers: [OfferedFormat] = []
    var rates: [FrameRate] = []
    while !rest.isEmpty, offers.count < 16 {
      let kind = byte() % 3
      let pixelFormat = FourCharacterCode(rawValue: number())
      let sizes = (0..<Int(byte() % 8)).map { _ in ImageSize(width: Int(number()), height: Int(number())) }
      let bounds = (0..<3).map { _ in ImageSize(width: Int(number()), height: Int(number())) }
      rates.append(FrameRate(frames: number(), seconds: number()))
      offers.append(
        OfferedFormat(
          pixelFormat: pixelFormat,
          sizes: kind == 0
            ? .discrete(sizes)
            : kind == 1 ? .range(minimum: bounds[0], maximum: bounds[1], step: bounds[2]) : .unknown))
    }
    let wanted = FrameRate(frames: 30)
    let rate = OfferedRates.discrete(rates).best(atLeast: wanted)
    if let first = rates.first, let last = rates.last {
      _ = OfferedRates.range(slowest: first, fastest: last).best(atLeast: wanted).description
    }
    guard let choice = CaptureChoice.best(of: offers, for: .standard) else {
      _ = "\(CameraError.noUsableFormat(device: "fuzz", offered: offers, shape: .standard))"
      return
    }
    precondition(
      ImageLimits.allow(width: choice.size.width, height: choice.size.height, for: .standard),
      "\(choice.size) is no usable size")
    let format = CaptureFormat(
      pixelFormat: choice.pixelFormat, size: choice.size, bytesPerRow: 0, encoding: ColorEncoding(),
      rate: rate)
    _ = "\(format): \(format.reason(for: .standard))"
    _ = offers.map { $0.limited(to: choice.size).sizes.description }
  }

  private static let untouched: Frame = {
    var frame = Frame()
    for index in frame.pixels.indices {
      frame.pixels[index] = UInt8(truncatingIfNeeded: index &* 37 &+ 11)
    }
    return frame
  }()
}
