public import AVGCore

/// A camera without a robot whose images come from an MCAP file, in the file's own time.
///
/// Each control cycle takes the newest image that the camera had sent by then. A camera slower than the cycle is waited
/// for, in the file's time, so that a run over a file gives the same every time. Images without times are shown one in
/// each cycle, in the file's order. Where the clock was set, or nothing came for long, the view is stale for one stretch
/// that cuts an episode off. It feels nothing, and its wheels are only told.
public struct RecordedCameraBody: Body, ~Copyable {
  /// The images used so far.
  public private(set) var framesUsed = 0
  /// The images passed over because a newer one was there.
  public private(set) var framesPassedOver = 0

  /// The images that could not be read.
  public private(set) var framesDamaged = 0
  /// The clock by which the images were stamped.
  public private(set) var clock = LogClock()
  /// The images without times.
  public private(set) var timelessFrames = 0
  /// The images that were waited for longer than a real camera would have been.
  public private(set) var lateFrames = 0
  /// The image sensed last, as the file has it.
  public private(set) var image: LoggedImage?

  private var images: ImageLog
  private var next: ImageLog.Entry?
  private var decoder = LoggedImageDecoder()
  private let period: UInt64
  private let maximumAge: UInt64
  private let longestGap: UInt64
  private let end: () -> Void
  /// The end of the present cycle, in nanoseconds on a clock that begins as the file's and never jumps.
  private var now: UInt64
  /// When the next image comes, on that clock.
  private var nextTime: UInt64
  /// The next image comes behind a jump of the clock, or far later than the camera's images do.
  private var nextIsBehindGap = false
  private var lastSight: UInt64

  /// Plays the images of a file.
  ///
  /// - Parameters:
  ///   - path: any MCAP file, or folder of them, with images that `ImageLog` reads.
  ///   - topic: whose images; nil for those that `ImageLog` chooses.
  ///   - maximumFrameAge: how long after the last image a new one may come before the view is stale.
  ///   - longestGapCycles: the control cycles for which nothing is seen where the file has a longer gap, or its clock
  ///     jumps; at most 1000 are taken.
  ///   - end: called with the last image.
  public init(
    reading path: String, topic: String? = nil, controlPeriod: Duration, maximumFrameAge: Duration,
    longestGapCycles: Int = 12, end: @escaping () -> Void
  ) throws(LogError) {
    var images = try ImageLog(reading: path, topic: topic)
    let first = try images.next()
    self.images = images
    period = UInt64(max(1, controlPeriod.nanoseconds))
    maximumAge = UInt64(max(0, maximumFrameAge.nanoseconds))
    // Beyond the cycle that the image comes in.
    longestGap = period * UInt64(max(1, min(longestGapCycles, 1000)) + 1)
    self.end = end
    next = first
    if let first { _ = clock.advance(to: first.time) }
    // A clock that begins beyond the year 2116 has not been set yet; from there one can count for ever.
    let start = first?.time ?? 0
    now = start < 1 << 62 ? start : 0
    nextTime = now
    lastSight = now
  }

  /// Reads the next image and tells when it comes.
  private mutating func readNext() throws(LogError) {
    next = try images.next()
    guard let next, let interval = clock.advance(to: next.time) else { return }
    nextIsBehindGap = false
    switch interval {
    case .jump:
      nextTime += longestGap
      nextIsBehindGap = true
    case .elapsed where clock.isTimeless:
      nextTime += period
      timelessFrames += 1
    case .elapsed(let nanoseconds):
      nextTime += min(nanoseconds, longestGap)
      // One and a half times the usual interval is no longer a slow camera's.
      nextIsBehindGap = nanoseconds - nanoseconds / 3 > clock.typicalInterval ?? nanoseconds
    }
  }

  /// Whose images these are.
  public var topic: String { images.topic }
  /// The file's other topics with images, and why they cannot be read where that is known.
  public var topicsPassedOver: [String] { images.passedOver }

  /// Does nothing.
  public mutating func drive(_ speeds: WheelSpeeds) throws(LogError) {}

  /// Goes to the end of the cycle; none is ever missed.
  public mutating func awaitCycle() throws(LogError) -> Int {
    let (end, overflows) = now.addingReportingOverflow(period)
    now = overflows ? .max : end
    return 0
  }

  /// The newest image that had come by now; nothing is felt. One that cannot be read is counted, as a camera's is.
  ///
  /// - Throws: `LogError`, above all for a file that is damaged.
  public mutating func sense(into frame: inout Frame, _ senses: inout Create2Senses) throws(LogError)
    -> Freshness
  {
    senses = Create2Senses()
    // As a camera is waited for that is slower than the control cycle.
    if next != nil, nextTime > now, !nextIsBehindGap || nextTime - lastSight <= maximumAge {
      if nextTime - lastSight > maximumAge { lateFrames += 1 }
      now = nextTime
    }
    var newest: ImageLog.Entry?
    var time = now
    while let entry = next, nextTime <= now {
      if newest != nil { framesPassedOver += 1 }
      newest = entry
      time = nextTime
      try readNext()
    }
    if next == nil { end() }
    guard let newest else { return .stale }
    guard decoder.decode(newest.image, into: &frame) == nil else {
      framesDamaged += 1
      return .stale
    }
    image = newest.image
    framesUsed += 1
    lastSight = time
    frame.stamp = FrameStamp(
      captured: MonotonicInstant(nanoseconds: Int64(clamping: time)),
      sequence: UInt32(truncatingIfNeeded: framesUsed))
    return .fresh
  }

  /// Stays where it is.
  public mutating func reset() throws(LogError) -> Bool { false }
}
