public import AVGCore

/// What a body and recovery need of an open camera.
public protocol FrameSource: ~Copyable {
  /// Where the camera is: `/dev/video0`, or the link that it was opened by.
  var path: String { get }
  /// What the camera has been set to send.
  var format: CaptureFormat { get }
  /// What became of the frames so far.
  var statistics: CaptureStatistics { get }
  /// The bytes of the last frame read, if they are kept.
  var lastSourceBytes: [UInt8] { get }

  /// Only frames captured from `instant` on are handed out.
  mutating func resume(at instant: MonotonicInstant)

  /// Reads the newest whole, fresh image that was not read before.
  ///
  /// - Returns: whether there was one by `deadline`; `frame` is untouched if not.
  mutating func readNewest(into frame: inout Frame, until deadline: MonotonicInstant) throws(CameraError)
    -> Bool
}
