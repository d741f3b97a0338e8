public import AVGCore

/// An open camera, as `RecoveringCamera` and bodies use it.
public protocol FrameSource: ~Copyable {
  /// The device path: `/dev/video0`, or the link that it was opened by.
  var path: String { get }
  /// The negotiated format.
  var format: CaptureFormat { get }
  /// Counters of all frames so far.
  var statistics: CaptureStatistics { get }
  /// The camera's own bytes of the last frame read; empty unless the configuration keeps them.
  var lastSourceBytes: [UInt8] { get }

  /// Discards frames captured before `instant` from now on.
  mutating func resume(at instant: MonotonicInstant)

  /// Reads the newest intact and fresh image that has not been read yet.
  ///
  /// - Returns: whether there was one before `deadline`; if not, `frame` is unchanged.
  mutating func readNewest(into frame: inout Frame, until deadline: MonotonicInstant) throws(CameraError)
    -> Bool
}
