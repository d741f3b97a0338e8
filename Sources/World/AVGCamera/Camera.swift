public import AVGCore

/// A streaming V4L2 camera; `deinit` stops the stream and closes the device.
///
/// Each read decodes the newest intact image on the caller's thread. There is no capture thread, and no queue besides
/// the driver's. <https://docs.kernel.org/userspace-api/media/v4l/v4l2.html>
public struct Camera: FrameSource, ~Copyable {
  /// How long the first frame may take; many cameras need seconds to start.
  public static let startPatience = Duration.seconds(5)

  /// The negotiated format.
  public let format: CaptureFormat
  /// Counters of all frames so far.
  public private(set) var statistics = CaptureStatistics()
  /// The camera's own bytes of the last frame read, a JPEG image or rows in `format`; empty unless the configuration
  /// keeps them.
  public private(set) var lastSourceBytes: [UInt8] = []

  /// The identity by which a lost camera is recognised.
  let identity: CameraIdentity
  private let configuration: Configuration
  private let stream: CaptureStream
  private var decoder: FrameDecoder
  private var freshness: FreshnessRule
  /// The time between two frames; zero if the driver does not report a rate.
  private let frameInterval: Duration
  /// The last time at which the driver had no filled buffer.
  private var queueWasEmpty = MonotonicInstant.now
  /// No frame of this stream has been read yet.
  private var isStarting = true
  /// The wait for the next frame, which may span several calls; nil after each frame.
  private var wait: Wait?

  private struct Wait {
    var began: MonotonicInstant
    var statisticsBefore: CaptureStatistics
    var lastAge: Duration?
  }

  /// Opens a camera, sets the format that scales best to the frames, and starts streaming.
  ///
  /// - Parameters:
  ///   - path: `/dev/video0`, or a link below `/dev/v4l`.
  ///   - configuration: the settings.
  ///   - statistics: counters to continue after the same camera was lost.
  public init(
    path: String, configuration: Configuration = Configuration(),
    continuing statistics: CaptureStatistics = CaptureStatistics()
  ) throws(CameraError) {
    let device = try VideoDevice.open(path)
    let identity = try device.identity()
    let format = try device.negotiate(configuration)
    let decoder = try FrameDecoder(format, shape: configuration.shape, device: path)
    stream = try CaptureStream.start(device, bufferCount: configuration.bufferCount)
    self.identity = identity
    self.configuration = configuration
    self.format = format
    self.decoder = decoder
    self.statistics = statistics
    self.statistics.noteEnd()
    freshness = FreshnessRule(maximumAge: configuration.maximumFrameAge)
    frameInterval = format.rate?.interval ?? .zero
  }

  /// The device's path as it was given.
  public var path: String { stream.device.path }

  /// Discards frames captured before `instant` from now on: the driver's buffers hold old ones after a pause.
  public mutating func resume(at instant: MonotonicInstant) {
    freshness.earliest = instant
  }

  /// Decodes the newest intact and fresh image into `frame` and stamps it; waits if there is none that has not been
  /// read yet.
  ///
  /// Older images are skipped undecoded. Damaged ones are counted and skipped. `frame` is unchanged until there is an
  /// intact one.
  ///
  /// - Parameters:
  ///   - frame: of the configured shape.
  ///   - deadline: the end of the wait; buffers that are already filled are read in any case.
  /// - Returns: whether there was an image.
  /// - Throws: mainly `stalled`, `onlyDamagedFrames` and `onlyOldFrames`, once no call has had a frame for the
  ///   configured stall timeout; the first frame may take `startPatience`.
  public mutating func readNewest(
    into frame: inout Frame, until deadline: MonotonicInstant
  ) throws(CameraError) -> Bool {
    precondition(
      frame.shape == configuration.shape, "camera for \(configuration.shape) cannot fill \(frame.shape)")
    while true {
      if try readReady(into: &frame) {
        wait = nil
        return true
      }
      if wait == nil { wait = Wait(began: .now, statisticsBefore: statistics) }
      guard try stream.waitForBuffer(until: deadline) else {
        try checkPatience()
        return false
      }
    }
  }

  /// Throws if the current wait has lasted too long.
  private func checkPatience() throws(CameraError) {
    guard let wait else { return }
    let patience =
      isStarting ? max(configuration.stallTimeout, Self.startPatience) : configuration.stallTimeout
    let waited = wait.began.duration(to: .now)
    guard waited >= patience else { return }
    let damaged = statistics.damaged.since(wait.statisticsBefore.damaged)
    if damaged.total > 0 {
      throw .onlyDamagedFrames(device: path, after: waited, damaged: damaged)
    }
    if let age = wait.lastAge {
      throw .onlyOldFrames(device: path, after: waited, age: age)
    }
    throw .stalled(device: path, after: waited)
  }

  /// Dequeues all filled buffers and decodes the newest that is intact and fresh; the others return to the driver.
  ///
  /// Every buffer is checked for damage that shows without decoding: the driver's mark, the length, a JPEG image's
  /// first and last marker. Two buffers are held: the newest, and the one before it as a fallback in case decoding
  /// shows that the newest is damaged.
  private mutating func readReady(into frame: inout Frame) throws(CameraError) -> Bool {
    var newest: DequeuedBuffer?
    var older: DequeuedBuffer?
    while let buffer = try stream.dequeue(queueWasEmptyAt: queueWasEmpty) {
      guard admits(buffer) else { continue }
      if older != nil { statistics.framesReturnedUnread += 1 }
      older = newest.take()
      newest = consume buffer
    }
    queueWasEmpty = .now
    if let buffer = newest.take(), use(buffer, into: &frame) {
      if older != nil { statistics.framesReturnedUnread += 1 }
      return true
    }
    guard let buffer = older.take() else { return false }
    return use(buffer, into: &frame)
  }

  /// Counts a buffer that has arrived, and whether it is a duplicate, damaged or too old.
  ///
  /// - Returns: whether it may be used.
  private mutating func admits(_ buffer: borrowing DequeuedBuffer) -> Bool {
    statistics.stampSource = buffer.stampSource
    guard statistics.noteArrival(sequence: buffer.sequence, captured: buffer.driverStamp) else {
      return false
    }
    if let damage = buffer.isFlagged ? .flagged : decoder.visibleDamage(in: buffer.bytes) {
      statistics.damaged.count(damage)
      return false
    }
    // If the timestamp marks the end of the frame, exposure may have begun a whole frame interval earlier.
    let lead = buffer.stampSource == .endOfFrame ? frameInterval : .zero
    if let age = freshness.excessiveAge(of: buffer.captured, exposedBefore: lead, at: .now) {
      statistics.framesTooOld += 1
      wait?.lastAge = age
      return false
    }
    return true
  }

  /// Decodes a buffer into `frame`.
  ///
  /// - Returns: whether the image was intact.
  private mutating func use(_ buffer: borrowing DequeuedBuffer, into frame: inout Frame) -> Bool {
    let started = MonotonicInstant.now
    if let damage = decoder.decode(buffer.bytes, into: &frame) {
      statistics.damaged.count(damage)
      return false
    }
    frame.stamp = FrameStamp(
      captured: buffer.captured, sequence: buffer.sequence, decodeTime: started.duration(to: .now),
      sourceByteCount: buffer.bytes.count)
    statistics.framesUsed += 1
    isStarting = false
    if configuration.keepsSourceBytes {
      lastSourceBytes.removeAll(keepingCapacity: true)
      lastSourceBytes.append(contentsOf: buffer.bytes)
    }
    return true
  }
}
