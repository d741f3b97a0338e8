import AVGCore

/// Why a captured buffer was never shown.
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

/// How many damaged frames there were of each kind.
public struct DamagedFrames: Hashable, Sendable {
  /// Marked by the driver.
  public var flagged = 0
  /// Without bytes.
  public var empty = 0
  /// Ended early.
  public var truncated = 0
  /// Not decodable.
  public var undecodable = 0

  /// All kinds together.
  public var total: Int { flagged + empty + truncated + undecodable }

  /// Those counted after `earlier` was taken.
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

/// What instant a frame's stamp stands for.
public enum StampSource: Hashable, Sendable {
  /// The driver's: the first light (`V4L2_BUF_FLAG_TSTAMP_SRC_SOE`).
  case startOfExposure
  /// The driver's: the last data, or it does not say.
  case endOfFrame
  /// The program's, for the driver's is of another clock: when the frame was last known not to be there.
  case program
}

/// What became of all frames that a camera sent.
///
/// `arrivals - duplicates + sequenceGaps == framesNumbered`: the counters and the driver's numbers agree.
public struct CaptureStatistics: Hashable, Sendable {
  /// Frames handed out.
  public internal(set) var framesUsed = 0
  /// Frames given back undecoded because a newer one was there: whole, as far as that shows without decoding.
  public internal(set) var framesReturnedUnread = 0
  /// The same, given back because they were captured too long ago, or before a pause ended.
  public internal(set) var framesTooOld = 0
  /// Frames that the source's sequence numbers skip: lost before they reached the program.
  public internal(set) var sequenceGaps = 0
  /// Frames that came twice: same sequence number, same capture instant.
  public internal(set) var duplicates = 0
  /// Frames that were damaged, and never shown.
  public internal(set) var damaged = DamagedFrames()
  /// How often the camera was lost and found again.
  public internal(set) var recoveries = 0
  /// What the last frame's stamp stands for.
  public internal(set) var stampSource: StampSource?
  /// The number of the present stream's first frame; after its end, of the last one's.
  public private(set) var firstNumber: UInt32?
  /// The number of the last frame that came.
  public private(set) var lastNumber: UInt32?

  /// All frames that came, whatever became of them.
  public var arrivals: Int {
    framesUsed + framesReturnedUnread + framesTooOld + duplicates + damaged.total
  }

  /// The frames that there were by the first and last number of each stream, all streams together.
  public var framesNumbered: Int { numberedBefore + numberedNow }

  private var previous: Arrival?
  private var numberedBefore = 0

  private struct Arrival: Hashable {
    var sequence: UInt32
    var captured: MonotonicInstant
  }

  /// Makes statistics of nothing.
  public init() {}

  private var numberedNow: Int {
    guard previous != nil, let firstNumber, let lastNumber else { return 0 }
    return Int(lastNumber &- firstNumber) + 1
  }

  /// Takes note that the stream has ended: the next one numbers its frames anew.
  mutating func noteEnd() {
    numberedBefore += numberedNow
    previous = nil
  }

  /// Accounts for the arrival of a buffer, whole or damaged.
  ///
  /// - Parameter captured: the driver's time stamp, on whatever clock.
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
      // A driver that does not number its frames still stamps them: each is a stream of its own.
      noteEnd()
    } else if step < 1 << 31 {
      sequenceGaps += Int(step) - 1
    } else {
      // A step backwards is a stream that began anew.
      noteEnd()
    }
    return true
  }
}
