public import AVGCore

/// A camera without a robot whose images come from an MCAP file, in the file's own time.
///
/// Each control cycle takes the newest image that the camera had sent by then; none is waited for, so that a run over a
/// file gives the same every time. It feels nothing, and its wheels are only told.
public struct RecordedCameraBody: Body, ~Copyable {
  /// The images used so far.
  public private(set) var framesUsed = 0
  /// The images passed over because a newer one was there.
  public private(set) var framesPassedOver = 0

  private var images: ImageLog
  private var next: ImageLog.Entry?
  private var decoder = LoggedImageDecoder()
  private let name: String
  private let period: UInt64
  private let maximumAge: UInt64
  private let end: () -> Void
  /// The end of the present cycle, on the file's clock.
  private var now: UInt64
  private var lastSight: UInt64

  /// Plays the images of a file.
  ///
  /// - Parameters:
  ///   - path: any MCAP file with images that `ImageLog` reads.
  ///   - maximumFrameAge: how long after the last image a new one may come before the view is stale.
  ///   - end: called with the last image.
  public init(
    reading path: String, controlPeriod: Duration, maximumFrameAge: Duration, end: @escaping () -> Void
  ) throws(LogError) {
    var images = try ImageLog(reading: path)
    next = try images.next()
    self.images = images
    name = path
    period = UInt64(max(1, controlPeriod.nanoseconds))
    maximumAge = UInt64(max(0, maximumFrameAge.nanoseconds))
    self.end = end
    now = next?.time ?? 0
    lastSight = now
  }

  /// Whose images these are.
  public var topic: String { images.topic }

  /// Does nothing.
  public mutating func drive(_ speeds: WheelSpeeds) throws(LogError) {}

  /// Goes to the end of the cycle; none is ever missed.
  public mutating func awaitCycle() throws(LogError) -> Int {
    now += period
    return 0
  }

  /// The newest image that had come by now; nothing is felt.
  ///
  /// - Throws: `LogError`; above all for an image that cannot be read.
  public mutating func sense(into frame: inout Frame, _ senses: inout BaseSenses) throws(LogError)
    -> Freshness
  {
    senses = BaseSenses()
    // As a camera is waited for that is slower than the control cycle.
    if let next, next.time > now, next.time - min(lastSight, next.time) <= maximumAge { now = next.time }
    var newest: ImageLog.Entry?
    while let entry = next, entry.time <= now {
      if newest != nil { framesPassedOver += 1 }
      newest = entry
      next = try images.next()
    }
    if next == nil { end() }
    guard let newest else { return .stale }
    if let problem = decoder.decode(newest.image, into: &frame) {
      throw .unsupported(
        file: name, what: "the image at \(newest.time) ns on \(topic): \(problem)",
        advice: "Use another topic's file, or convert it.")
    }
    framesUsed += 1
    lastSight = newest.time
    frame.stamp = FrameStamp(
      captured: MonotonicInstant(nanoseconds: Int64(clamping: newest.time)), sequence: UInt32(framesUsed))
    return .fresh
  }

  /// Stays where it is.
  public mutating func reset() throws(LogError) -> Bool { false }
}
