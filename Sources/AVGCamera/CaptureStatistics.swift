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

/// What became of all frames that a camera sent.
public struct CaptureStatistics: Hashable, Sendable {
  /// Frames handed out.
  public internal(set) var framesUsed = 0
  /// Whole frames given back unread because a newer one was there.
  public internal(set) var framesReturnedUnread = 0
  /// Whole frames given back unread because they were captured too long ago, or before a pause ended.
  public internal(set) var framesTooOld = 0
  /// Frames that the source's sequence numbers skip: lost before they reached the program.
  public internal(set) var sequenceGaps = 0
  /// Frames that came twice: same sequence number, same capture instant.
  public internal(set) var duplicates = 0
  /// Frames that were damaged, and never shown.
  public internal(set) var damaged = DamagedFrames()
  /// How often the camera was lost and found again.
  public internal(set) var recoveries = 0

  /// All frames that came, whatever became of them.
  public var arrivals: Int {
    framesUsed + framesReturnedUnread + framesTooOld + duplicates + damaged.total
  }

  private var previous: Arrival?

  private struct Arrival: Hashable {
    var sequence: UInt32
    var captured: MonotonicInstant
  }

  /// Makes statistics of nothing.
  public init() {}

  /// Takes note that the stream has ended: the next one numbers its frames anew.
  mutating func noteEnd() {
    previous = nil
  }

  /// Accounts for the arrival of a buffer, whole or damaged.
  ///
  /// - Parameter captured: the driver's time stamp, on whatever clock.
  /// - Returns: whether it is new.
  mutating func noteArrival(sequence: UInt32, captured: MonotonicInstant) -> Bool {
    defer { previous = Arrival(sequence: sequence, captured: captured) }
    guard let previous else { return true }
    let step = sequence &- previous.sequence
    if step == 0 {
      // A driver that does not number its frames still stamps them.
      guard captured == previous.captured else { return true }
      duplicates += 1
      return false
    }
    // A step backwards is a stream that began anew.
    if step < 1 << 31 { sequenceGaps += Int(step) - 1 }
    return true
  }
}
