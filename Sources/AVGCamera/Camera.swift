public import AVGCore

/// A V4L2 camera that streams; its end stops it and closes the device.
///
/// The newest whole image is decoded when it is asked for, in the caller's thread; there is no thread and no queue
/// here but the driver's. <https://docs.kernel.org/userspace-api/media/v4l/v4l2.html>
public struct Camera: ~Copyable {
  /// What is asked of a camera.
  public struct Configuration: Hashable, Sendable {
    /// The shape of the frames to be filled.
    public var shape: FrameShape
    /// The frame rate wanted; the nearest that is not below it is set. At least one frame per control cycle.
    public var rate: FrameRate
    /// How many buffers the driver may fill ahead.
    public var bufferCount: Int

    /// Makes a configuration.
    public init(
      shape: FrameShape = .standard, rate: FrameRate = FrameRate(frames: 30), bufferCount: Int = 4
    ) {
      self.shape = shape
      self.rate = rate
      self.bufferCount = bufferCount
    }
  }

  /// How long the first frame may take: many cameras need seconds to start.
  public static let startPatience = Duration.seconds(5)

  /// What the camera has been set to send.
  public let format: CaptureFormat
  /// What became of the frames so far.
  public private(set) var statistics = CaptureStatistics()
  /// Whether `lastSourceBytes` is kept: a copy for each frame, for those who log or check.
  public var keepsSourceBytes = false
  /// The camera's own bytes of the last frame read: a JPEG image, or `format`'s rows.
  public private(set) var lastSourceBytes: [UInt8] = []

  private let shape: FrameShape
  private let stream: CaptureStream
  private var decoder: FrameDecoder

  /// Opens a camera, sets the format that scales best to frames, and starts it.
  ///
  /// - Parameter path: `/dev/video0`, or a link below `/dev/v4l`.
  public init(path: String, configuration: Configuration = Configuration()) throws(CameraError) {
    let device = try VideoDevice.open(path)
    let format = try device.negotiate(for: configuration.shape, rate: configuration.rate)
    let decoder = try FrameDecoder(format, shape: configuration.shape, device: path)
    stream = try CaptureStream.start(device, bufferCount: configuration.bufferCount)
    shape = configuration.shape
    self.format = format
    self.decoder = decoder
  }

  /// The device's path as it was given.
  public var path: String { stream.device.path }

  /// Decodes the newest whole image into `frame` and stamps it; waits if there is none that was not read before.
  ///
  /// Older images are given back unread. Damaged ones are counted and passed over, and `frame` is untouched until there
  /// is a whole one.
  ///
  /// - Parameters:
  ///   - frame: of the configured shape.
  ///   - timeout: how long a whole image may take; the first may take `startPatience`.
  public mutating func readNewest(
    into frame: inout Frame, timeout: Duration = .milliseconds(500)
  ) throws(CameraError) {
    precondition(frame.shape == shape, "camera for \(shape) cannot fill \(frame.shape)")
    let patience = statistics.framesUsed == 0 ? max(timeout, Self.startPatience) : timeout
    let deadline = MonotonicInstant.now.advanced(by: patience)
    let damagedBefore = statistics.damaged
    while true {
      if let buffer = try takeNewest(), use(buffer, into: &frame) { return }
      guard try stream.waitForBuffer(until: deadline) else {
        let damaged = statistics.damaged.since(damagedBefore)
        throw damaged.total == 0
          ? .stalled(device: path, after: patience)
          : .onlyDamagedFrames(device: path, after: patience, damaged: damaged)
      }
    }
  }

  /// Dequeues all that is ready and keeps the newest that seems whole; the others go back.
  private mutating func takeNewest() throws(CameraError) -> DequeuedBuffer? {
    var newest: DequeuedBuffer?
    while let buffer = try stream.dequeue() {
      guard statistics.noteArrival(sequence: buffer.sequence, captured: buffer.driverStamp) else { continue }
      if buffer.isFlagged {
        statistics.damaged.count(.flagged)
      } else if buffer.bytes.isEmpty {
        statistics.damaged.count(.empty)
      } else {
        if newest != nil { statistics.framesReturnedUnread += 1 }
        newest = consume buffer
      }
    }
    return newest
  }

  /// Decodes a buffer into `frame`.
  ///
  /// - Returns: whether it was whole.
  private mutating func use(_ buffer: borrowing DequeuedBuffer, into frame: inout Frame) -> Bool {
    let started = MonotonicInstant.now
    if let damage = decoder.decode(buffer.bytes, into: &frame) {
      statistics.damaged.count(damage)
      return false
    }
    frame.stamp = FrameStamp(
      captured: buffer.isMonotonic ? buffer.driverStamp : started, sequence: buffer.sequence,
      decodeTime: started.duration(to: .now))
    statistics.framesUsed += 1
    if keepsSourceBytes {
      lastSourceBytes.removeAll(keepingCapacity: true)
      lastSourceBytes.append(contentsOf: buffer.bytes)
    }
    return true
  }
}
