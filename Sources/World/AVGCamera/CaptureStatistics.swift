import AVGCore

/// The reason why a captured buffer was discarded as damaged.
public enum FrameDamage: Hashable, Sendable {
  /// The driver marked the buffer (`V4L2_BUF_FLAG_ERROR`).
  case flagged
  /// The buffer held no bytes.
  case empty
  /// The image ended early.
  case truncated
  /// The image could not be decoded.
  case undecodable
}

/// Counts of damaged frames by kind.
public struct DamagedFrames: Hashable, Sendable {
  /// Frames that the driver marked.
  public var flagged = 0
  /// Frames without bytes.
  public var empty = 0
  /// Frames that ended early.
  public var truncated = 0
  /// Frames that could not be decoded.
  public var undecodable = 0

  /// The sum over all kinds.
  public var total: Int { flagged + empty + truncated + undecodable }

  /// The frames counted since `earlier` was taken.
  func since(_ earlier: DamagedFrames) -> DamagedFrames {
    DamagedFrames(
      flagged: flagged - earlier.flagged, empty: empty - earlier.empty,
      truncated: truncated - earlier.truncated, undecodable: undecodable - earlier.undecodable)
  }

  mutating func count(_ damage: FrameDamage) {
    switch damage {
    case .flagged: flagged += 1
    case .empty: empty += 1
    case .truncated: truncated += 1
    case .undecodable: undecodable += 1
    }
  }
}

/// The event that a frame's timestamp marks.
public enum StampSource: Hashable, Sendable {
  /// The driver's timestamp of the start of exposure (`V4L2_BUF_FLAG_TSTAMP_SRC_SOE`).
  case startOfExposure
  /// The driver's timestamp of the last data, also if the driver does not say which event it marks.
  case endOfFrame
  /// The program's time, because the driver's is on another clock: the last time at which the frame was known not to be
  /// there yet.
  case program
}

/// Counters of all frames that a camera sent.
///
/// `framesUsed + framesReturnedUnread + framesTooOld + damaged.total + sequenceGaps == framesNumbered` always holds: the
/// counters agree with the driver's sequence numbers.
public struct CaptureStatistics: Hashable, Sendable {
  /// Frames delivered to the caller.
  public internal(set) var framesUsed = 0
  /// Frames skipped undecoded because a newer one was ready; intact as far as shows without decoding.
  public internal(set) var framesReturnedUnread = 0
  /// Frames skipped undecoded because they were too old, or captured before the end of a pause.
  public internal(set) var framesTooOld = 0
  /// Frames missing from the driver's sequence numbers: lost before they reached the program.
  public internal(set) var sequenceGaps = 0
  /// Frames that came twice, with the same sequence number and timestamp.
  public internal(set) var duplicates = 0
  /// Damaged frames, none of which was delivered.
  public internal(set) var damaged = DamagedFrames()
  /// The number of times that the camera was lost and found again.
  public internal(set) var recoveries = 0
  /// The event that the last frame's timestamp marks.
  public internal(set) var stampSource: StampSource?
  /// The sequence number of the first frame of the current stream, or of the last stream if none runs.
  public private(set) var firstNumber: UInt32?
  /// The sequence number of the last frame.
  public private(set) var lastNumber: UInt32?

  /// The frames sent according to the sequence numbers, gaps included, summed over all streams.
  public var framesNumbered: Int { numberedBefore + numberedNow }

  private var previous: Arrival?
  private var numberedBefore = 0

  private struct Arrival: Hashable {
    var sequence: UInt32
    var captured: MonotonicInstant
  }

  /// Makes statistics with all counters at zero.
  public init() {}

  private var numberedNow: Int {
    guard previous != nil, let firstNumber, let lastNumber else { return 0 }
    return Int(lastNumber &- firstNumber) + 1
  }

  /// Records the end of a stream; the next one numbers its frames anew.
  mutating func noteEnd() {
    numberedBefore += numberedNow
    previous = nil
  }

  /// Records the arrival of a buffer, intact or damaged.
  ///
  /// - Parameter captured: the driver's timestamp, on the clock that the driver uses.
  /// - Returns: whether it is new.
  mutating func noteArrival(sequence: UInt32, captured: MonotonicInstant) -> Bool {
    defer {
      if previous == nil { firstNumber = sequence }
      previous = Arrival(sequence: sequence, captured: captured)
      lastNumber = sequence
    }
    guard let last = previous else { return true }
    let step = sequence &- last.sequence
    if step == 0 {
      if captured == last.captured {
        duplicates += 1
        return false
      }
      // A driver that does not number its frames still stamps them; each of its frames counts as a stream of its own.
      noteEnd()
    } else if step < 1 << 31 {
      sequenceGaps += Int(step) - 1
    } else {
      // The number went backwards (by the modular distance), so a new stream has begun.
      noteEnd()
    }
    return true
  }
}
