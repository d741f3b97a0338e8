/// A pixel format's code, four ASCII characters from the lowest byte up, as V4L2 uses.
/// <https://docs.kernel.org/userspace-api/media/v4l/pixfmt.html>
public struct FourCharacterCode: Hashable, Sendable {
  /// The code as the driver gives it.
  public let rawValue: UInt32

  /// Makes a code from a driver's number.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  init(_ text: StaticString) {
    precondition(text.utf8CodeUnitCount == 4, "not four characters: \(text)")
    rawValue = text.withUTF8Buffer { $0.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
  }

  /// Motion-JPEG: one JPEG image a frame.
  public static let motionJPEG = FourCharacterCode("MJPG")
  /// JPEG, as some drivers name the same.
  public static let jpeg = FourCharacterCode("JPEG")
  /// 4:2:2, Y₀ Cb Y₁ Cr.
  public static let yuyv = FourCharacterCode("YUYV")

  /// Whether each frame is a JPEG image.
  public var isJPEG: Bool { self == .motionJPEG || self == .jpeg }
}

extension FourCharacterCode: CustomStringConvertible {
  /// The four characters; those that cannot be printed as `?`.
  public var description: String {
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: rawValue >> (8 * $0)) }
    return String(decoding: bytes.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }
}
