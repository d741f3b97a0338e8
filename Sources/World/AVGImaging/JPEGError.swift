/// An error of decoding or encoding a JPEG image.
public enum JPEGError: Error, Hashable, Sendable {
  /// The encoder could not be started.
  case encoderUnavailable(reason: String)
  /// The image ends before its end marker.
  case truncated(byteCount: Int)
  /// The decoder met an error, or had to guess pixels.
  case damaged(byteCount: Int, reason: String)
  /// The image is smaller than the frame, or larger than `ImageLimits` allows.
  case unusableSize(width: Int, height: Int)
}

extension JPEGError: CustomStringConvertible {
  /// One line: what failed and what to do.
  public var description: String {
    switch self {
    case .encoderUnavailable(let reason):
      "JPEG: encoder cannot start: \(reason); free some memory"
    case .truncated(let byteCount):
      "JPEG: image cut off: after \(byteCount) bytes; use the next frame, and check cable and USB hub if it recurs"
    case .damaged(let byteCount, let reason):
      "JPEG: image of \(byteCount) bytes damaged: \(reason); use the next frame, and check the cable if it recurs"
    case .unusableSize(let width, let height):
      "JPEG: image size out of range: \(width)x\(height); "
        + "use one between the frame's size and \(ImageLimits.maximumSide) pixels a side"
    }
  }
}
