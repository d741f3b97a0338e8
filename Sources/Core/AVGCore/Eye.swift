/// Whether a reading shows the present.
public enum Freshness: Hashable, Sendable {
  /// The image is new, and no older than the body allows.
  case fresh
  /// There was no image in time: the frame is unchanged, and must not be driven by.
  case stale
}

/// Something that sees: a camera, the view of an emulator.
public protocol Eye: ~Copyable {
  /// The error of looking.
  associatedtype Failure: Error

  /// The last image as its source sent it; nil if that is not kept.
  var sourceImage: SourceImage? { get }

  /// Discards images captured before `instant`, the end of a pause.
  mutating func resume(at instant: MonotonicInstant)

  /// Reads the newest complete image that has not been read, and waits for it until the view would be stale.
  ///
  /// - Returns: whether there was one; `frame` is unchanged if not. Call again after the next cycle.
  mutating func look(into frame: inout Frame) throws(Failure) -> Freshness
}

/// The missing eye of a body without a camera, in an environment without frames.
public struct NoEye: Eye {
  /// Makes a missing eye.
  public init() {}

  /// None.
  public var sourceImage: SourceImage? { nil }

  /// Does nothing.
  public mutating func resume(at instant: MonotonicInstant) {}

  /// Leaves the frame unchanged, without waiting.
  public mutating func look(into frame: inout Frame) throws(Never) -> Freshness { .fresh }
}

/// An image as sent by a camera or stored in a file.
public enum SourceImage: Hashable, Sendable {
  /// Compressed bytes and their declared format, such as `jpeg` or `png`.
  case compressed([UInt8], format: String)
  /// Rows of `step` bytes.
  case raw([UInt8], width: Int, height: Int, step: Int, encoding: String)

  /// The size of the image data.
  public var byteCount: Int {
    switch self {
    case .compressed(let bytes, _), .raw(let bytes, _, _, _, _): bytes.count
    }
  }
}
