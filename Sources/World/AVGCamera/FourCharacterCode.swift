import AVGImaging

/// A V4L2 pixel format code: four ASCII characters, the first in the lowest byte.
/// <https://docs.kernel.org/userspace-api/media/v4l/pixfmt.html>
public struct FourCharacterCode: Hashable, Sendable {
  /// The code as a number.
  public let rawValue: UInt32

  /// Makes a code from a driver's number.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Makes a code from four printable characters; nil if `text` is anything else.
  public init?(_ text: String) {
    guard text.utf8.count == 4, text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return nil }
    rawValue = text.utf8.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  private init(fixed text: StaticString) {
    precondition(text.utf8CodeUnitCount == 4, "not four characters: \(text)")
    rawValue = text.withUTF8Buffer { $0.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
  }

  /// Motion JPEG: one JPEG image per frame.
  public static let motionJPEG = FourCharacterCode(fixed: "MJPG")
  /// JPEG, another name that some drivers use for Motion JPEG.
  public static let jpeg = FourCharacterCode(fixed: "JPEG")
  /// 4:2:2, Y₀ Cb Y₁ Cr.
  public static let yuyv = FourCharacterCode(fixed: "YUYV")
  /// 4:2:2, Cb Y₀ Cr Y₁.
  public static let uyvy = FourCharacterCode(fixed: "UYVY")
  /// 4:2:0, a plane of Y, then one of Cb Cr.
  public static let nv12 = FourCharacterCode(fixed: "NV12")
  /// R G B.
  public static let rgb24 = FourCharacterCode(fixed: "RGB3")
  /// B G R.
  public static let bgr24 = FourCharacterCode(fixed: "BGR3")
  /// Y alone.
  public static let grey = FourCharacterCode(fixed: "GREY")

  /// The usable formats, best first.
  ///
  /// Compressed formats come first, because uncompressed images fill a USB 2 bus. The others are ordered by bytes per
  /// pixel, except that 4:2:0 follows 4:2:2 because it has less colour resolution, and grey comes last because it has
  /// no colour.
  public static let usable: [FourCharacterCode] = [
    .motionJPEG, .jpeg, .yuyv, .uyvy, .nv12, .rgb24, .bgr24, .grey,
  ]

  /// Whether each frame is a JPEG image.
  public var isJPEG: Bool { self == .motionJPEG || self == .jpeg }

  /// The raw format for the converter; nil if the format is compressed or unusable.
  var rawPixelFormat: RawPixelFormat? {
    switch self {
    case .yuyv: .yuyv
    case .uyvy: .uyvy
    case .nv12: .nv12
    case .rgb24: .rgb24
    case .bgr24: .bgr24
    case .grey: .grey
    default: nil
    }
  }
}

extension FourCharacterCode: CustomStringConvertible {
  /// The four characters, with `?` for those that are not printable.
  public var description: String {
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: rawValue >> (8 * $0)) }
    return String(decoding: bytes.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }
}
