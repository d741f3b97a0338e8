public import AVGCore

/// A camera without a robot that plays the images of an MCAP file, in the file's own time.
///
/// Each control cycle uses the newest image that the camera had sent by then. If the camera was slower than the cycle,
/// the next image is waited for in the file's time, so that every run over a file gives the same result. Images without
/// timestamps are shown one per cycle, in the file's order. Where the clock was set, or nothing came for long, the view
/// is stale for a few cycles, which ends the episode. The body feels nothing and ignores its commands.
public struct RecordedCameraBody<Command: BaseCommand, Senses: BaseSenses>: Body, ~Copyable {
  /// The number of images used.
  public private(set) var framesUsed = 0
  /// The number of images skipped because a newer one was available.
  public private(set) var framesSkipped = 0

  /// The number of images that could not be decoded.
  public private(set) var framesDamaged = 0
  /// The clock of the image timestamps.
  public private(set) var clock = LogClock()
  /// The number of images without timestamps.
  public private(set) var timelessFrames = 0
  /// The number of images for which the wait was longer than for a real camera.
  public private(set) var lateFrames = 0
  /// The last image used, as stored in the file.
  public private(set) var sourceImage: SourceImage?

  private var images: ImageLog
  private var next: ImageLog.Entry?
  private var decoder = LoggedImageDecoder()
  private let period: UInt64
  private let maximumAge: UInt64
  private let longestGap: UInt64
  private let end: () -> Void
  /// The end of the current cycle, in nanoseconds on a clock that starts with the file's and never jumps.
  private var now: UInt64
  /// The time of the next image on that clock.
  private var nextTime: UInt64
  /// The next image follows a jump of the clock, or a gap far longer than the camera's interval.
  private var nextFollowsGap = false
  private var lastImageTime: UInt64

  /// Plays the images of a file.
  ///
  /// - Parameters:
  ///   - path: an MCAP file, or a folder of them, with images that `ImageLog` supports.
  ///   - topic: the topic to play; nil for the one that `ImageLog` chooses.
  ///   - maximumFrameAge: how long to wait for a new image after the last one before the view is stale.
  ///   - longestGapCycles: the number of control cycles without an image that stand for a longer gap or a jump of the
  ///     clock; at most 1000.
  ///   - end: called when the last image is used.
  public init(
    reading path: String, topic: String? = nil, controlPeriod: Duration, maximumFrameAge: Duration,
    longestGapCycles: Int = 12, end: @escaping () -> Void
  ) throws(LogError) {
    var images = try ImageLog(reading: path, topic: topic)
    let first = try images.next()
    self.images = images
    period = UInt64(max(1, controlPeriod.nanoseconds))
    maximumAge = UInt64(max(0, maximumFrameAge.nanoseconds))
    // One more for the cycle in which the image arrives.
    longestGap = period * UInt64(max(1, min(longestGapCycles, 1000)) + 1)
    self.end = end
    next = first
    if let first { _ = clock.advance(to: first.time) }
    // A clock that starts after the year 2116 is not set; start from 0 to leave room for counting.
    let start = first?.time ?? 0
    now = start < 1 << 62 ? start : 0
    nextTime = now
    lastImageTime = now
  }

  /// Reads the next image and computes the time at which it arrives.
  private mutating func readNext() throws(LogError) {
    next = try images.next()
    guard let next, let interval = clock.advance(to: next.time) else { return }
    nextFollowsGap = false
    switch interval {
    case .jump:
      nextTime += longestGap
      nextFollowsGap = true
    case .elapsed where clock.isTimeless:
      nextTime += period
      timelessFrames += 1
    case .elapsed(let nanoseconds):
      nextTime += min(nanoseconds, longestGap)
      // More than one and a half times the typical interval is a gap, not just a slow camera.
      nextFollowsGap = nanoseconds - nanoseconds / 3 > clock.typicalInterval ?? nanoseconds
    }
  }

  /// The length of a control cycle.
  public var controlPeriod: Duration { .nanoseconds(Int64(clamping: period)) }
  /// The topic played.
  public var topic: String { images.topic }
  /// The other topics with images, with the reason if they cannot be read.
  public var otherTopics: [String] { images.otherTopics }

  /// Does nothing.
  public mutating func drive(_ command: Command) throws(LogError) {}

  /// Advances to the end of the cycle; none is ever missed.
  public mutating func awaitCycle() throws(LogError) -> Int {
    let (end, overflows) = now.addingReportingOverflow(period)
    now = overflows ? .max : end
    return 0
  }

  /// Decodes the newest image that had arrived by now. A damaged image is counted and skipped, as with a camera.
  ///
  /// - Throws: `LogError`, mainly for a damaged file.
  public mutating func sense(
    into observation: inout Observation, _ senses: inout Senses
  ) throws(LogError) -> Freshness {
    // Wait, in the file's time, for a camera that is slower than the control cycle.
    if next != nil, nextTime > now, !nextFollowsGap || nextTime - lastImageTime <= maximumAge {
      if nextTime - lastImageTime > maximumAge { lateFrames += 1 }
      now = nextTime
    }
    var newest: ImageLog.Entry?
    var time = now
    while let entry = next, nextTime <= now {
      if newest != nil { framesSkipped += 1 }
      newest = entry
      time = nextTime
      try readNext()
    }
    if next == nil { end() }
    guard let newest else { return .stale }
    guard decoder.decode(newest.image, into: &observation.newestFrame) == nil else {
      framesDamaged += 1
      return .stale
    }
    sourceImage = newest.image
    framesUsed += 1
    lastImageTime = time
    observation.newestFrame.stamp = FrameStamp(
      captured: MonotonicInstant(nanoseconds: Int64(clamping: time)),
      sequence: UInt32(truncatingIfNeeded: framesUsed))
    return .fresh
  }

  /// Stays where it is.
  public mutating func reset() throws(LogError) -> Bool { false }
}
