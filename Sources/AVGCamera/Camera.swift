public import AVGCore

/// A V4L2 camera that streams; its end stops it and closes the device.
///
/// The newest whole image is decoded when it is asked for, in the caller's thread; there is no thread and no queue
/// here but the driver's. <https://docs.kernel.org/userspace-api/media/v4l/v4l2.html>
public struct Camera: FrameSource, ~Copyable {
  /// What is asked of a camera.
  public struct Configuration: Hashable, Sendable {
    /// The shape of the frames to be filled.
    public var shape: FrameShape
    /// The frame rate wanted; the nearest that is not below it is set. At least one frame per control cycle.
    public var rate: FrameRate
    /// The pixel format to insist on; nil takes the best.
    public var pixelFormat: FourCharacterCode?
    /// The size to insist on; nil takes the best.
    public var size: ImageSize?
    /// The controls to take from the camera's automatic, and their values.
    public var controls: [CameraControl: Int]
    /// How many buffers the driver may fill ahead.
    public var bufferCount: Int
    /// The greatest age, since its capture, at which a frame is still handed out.
    public var maximumFrameAge: Duration
    /// Whether `lastSourceBytes` is kept: a copy for each frame, for those who log or check.
    public var keepsSourceBytes = false
    /// How long no frame may come before the camera counts as stalled.
    public var stallTimeout: Duration

    /// Makes a configuration.
    public init(
      shape: FrameShape = .standard, rate: FrameRate = FrameRate(frames: 30),
      pixelFormat: FourCharacterCode? = nil, size: ImageSize? = nil, controls: [CameraControl: Int] = [:],
      bufferCount: Int = 4,
      maximumFrameAge: Duration = .milliseconds(90), keepsSourceBytes: Bool = false,
      stallTimeout: Duration = .milliseconds(500)
    ) {
      self.shape = shape
      self.rate = rate
      self.pixelFormat = pixelFormat
      self.size = size
      self.controls = controls
      self.bufferCount = bufferCount
      self.maximumFrameAge = maximumFrameAge
      self.keepsSourceBytes = keepsSourceBytes
      self.stallTimeout = stallTimeout
    }
  }

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
      if let buffer = try takeNewest(), use(buffer, into: &frame) {
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

  /// Dequeues all that is ready and keeps the newest that seems whole and is fresh; the others go back.
  private mutating func takeNewest() throws(CameraError) -> DequeuedBuffer? {
    var newest: DequeuedBuffer?
    while let buffer = try stream.dequeue(absentAt: queueWasEmpty) {
      guard statistics.noteArrival(sequence: buffer.sequence, captured: buffer.driverStamp) else { continue }
      if buffer.isFlagged {
        statistics.damaged.count(.flagged)
      } else if buffer.bytes.isEmpty {
        statistics.damaged.count(.empty)
      } else if let age = freshness.excessiveAge(of: buffer.captured, at: .now) {
        statistics.framesTooOld += 1
        wait?.lastAge = age
      } else {
        if newest != nil { statistics.framesReturnedUnread += 1 }
        newest = consume buffer
      }
    }
    queueWasEmpty = .now
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

extension RecoveringCamera where Source == Camera {
  /// Opens a camera that is found again by what it is: its serial number, else its name and where it is connected.
  ///
  /// - Parameters:
  ///   - path: `/dev/video0`, or a link below `/dev/v4l`.
  ///   - configuration: what is asked of it, now and after every failure.
  ///   - patience: how long it is looked for before its loss is an error.
  ///   - log: receives one line for each change of state.
  public init(
    path: String, configuration: Camera.Configuration = Camera.Configuration(),
    patience: Duration = .seconds(60),
    log: @escaping (String) -> Void
  ) throws(CameraError) {
    var identity: CameraIdentity?
    try self.init(name: path, patience: patience, log: log) { statistics throws(CameraError) in
      var present = path
      if let identity {
        guard let found = VideoDevice.find(identity) else { throw .unplugged(device: path) }
        present = found
      }
      let camera = try Camera(path: present, configuration: configuration, continuing: statistics)
      identity = camera.identity
      log("camera \(present): \(camera.format)")
      return camera
    }
  }
}
