public import AVGCore

/// A V4L2 camera that streams; its end stops it and closes the device.
///
/// The newest whole image is decoded when it is asked for, in the caller's thread; there is no thread and no queue
/// here but the driver's. <https://docs.kernel.org/userspace-api/media/v4l/v4l2.html>
public struct Camera: FrameSource, ~Copyable {
  /// How long the first frame may take: many cameras need seconds to start.
  public static let startPatience = Duration.seconds(5)

  /// What the camera has been set to send.
  public let format: CaptureFormat
  /// What became of the frames so far.
  public private(set) var statistics = CaptureStatistics()
  /// The camera's own bytes of the last frame read, if it keeps them: a JPEG image, or `format`'s rows.
  public private(set) var lastSourceBytes: [UInt8] = []

  /// What it is known by when it has been lost.
  let identity: CameraIdentity
  private let configuration: Configuration
  private let stream: CaptureStream
  private var decoder: FrameDecoder
  private var freshness: FreshnessRule
  /// From one frame to the next; zero if the driver does not say.
  private let frameInterval: Duration
  /// When the driver last had no filled buffer.
  private var queueWasEmpty = MonotonicInstant.now
  /// No frame of this stream has been read.
  private var isStarting = true
  /// The waiting that has not yet been rewarded with a frame, over as many calls as it takes.
  private var wait: Wait?

  private struct Wait {
    var began: MonotonicInstant
    var statisticsBefore: CaptureStatistics
    var lastAge: Duration?
  }

  /// Opens a camera, sets the format that scales best to frames, and starts it.
  ///
  /// - Parameters:
  ///   - path: `/dev/video0`, or a link below `/dev/v4l`.
  ///   - configuration: what is asked of it.
  ///   - statistics: to be continued, after the same camera was lost.
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

  /// Only frames captured from `instant` on are handed out: what lies in the driver's buffers after a pause is old.
  public mutating func resume(at instant: MonotonicInstant) {
    freshness.earliest = instant
  }

  /// Decodes the newest whole, fresh image into `frame` and stamps it; waits if there is none that was not read before.
  ///
  /// Older images are given back unread. Damaged ones are counted and passed over, and `frame` is untouched until there
  /// is a whole one.
  ///
  /// - Parameters:
  ///   - frame: of the configured shape.
  ///   - deadline: how long to wait; what is ready by now is looked at in any case.
  /// - Returns: whether there was one.
  /// - Throws: above all `stalled`, `onlyDamagedFrames` and `onlyOldFrames`, once no call has had a frame for the
  ///   configured time; the first frame may take `startPatience`.
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

  /// Throws once the present waiting has gone on for too long.
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

  /// Dequeues all that is ready and decodes the newest that is whole and fresh; the others go back.
  ///
  /// Every buffer is looked at, unread ones too: the driver's mark, its length, a compressed image's first and last
  /// marker. What only decoding shows is counted in those that are decoded: the newest, and the one before it where that
  /// proves damaged.
  private mutating func readReady(into frame: inout Frame) throws(CameraError) -> Bool {
    var newest: DequeuedBuffer?
    var older: DequeuedBuffer?
    while let buffer = try stream.dequeue(absentAt: queueWasEmpty) {
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

  /// Counts a buffer that has come, and its damage or age if that speaks against it.
  private mutating func admits(_ buffer: borrowing DequeuedBuffer) -> Bool {
    statistics.stampSource = buffer.stampSource
    guard statistics.noteArrival(sequence: buffer.sequence, captured: buffer.driverStamp) else {
      return false
    }
    if let damage = buffer.isFlagged ? .flagged : decoder.visibleDamage(in: buffer.bytes) {
      statistics.damaged.count(damage)
      return false
    }
    // Stamped at its end, a frame may have been exposed a whole frame earlier.
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
  /// - Returns: whether it was whole.
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
