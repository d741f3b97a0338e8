import AVGCore

/// Goes through the records of a file that may be damaged. Where a record's head cannot be right, it goes on from the
/// next place that the summary knows.
struct RecordWalk {
  /// What lies at a place.
  enum Step {
    /// A record, header included.
    case record(opcode: UInt8, range: Range<Int>)
    /// Bytes that belong to no whole record.
    case lost(Range<Int>)
  }

  private var position = MCAP.magic.count
  private let end: Int
  private var landmarks: ArraySlice<Int>

  /// Begins behind the magic bytes.
  init(_ source: borrowing LogSource, _ summary: SummarySection?) {
    end = summary?.dataEnd ?? source.count
    landmarks = summary?.landmarks[...] ?? []
  }

  /// The next step; nil at the end of the data.
  mutating func next(in source: borrowing LogSource) throws(LogError) -> Step? {
    guard position < end else { return nil }
    while let landmark = landmarks.first, landmark <= position { landmarks.removeFirst() }
    let start = position
    let limit = landmarks.first ?? end
    var head = ByteCursor(try source.read(MCAP.recordHeaderLength, at: start))
    guard let opcode = head.integer(UInt8.self), let length = head.integer(UInt64.self), opcode > 0,
      let count = Int(exactly: length), count <= limit - start - MCAP.recordHeaderLength
    else { return lose(from: start, to: limit) }
    if opcode == MCAP.Opcode.dataEnd.rawValue {
      guard landmarks.isEmpty else { return lose(from: start, to: limit) }
      // The end that the file had is made anew.
      position = end
      return nil
    }
    position = start + MCAP.recordHeaderLength + count
    return .record(opcode: opcode, range: start..<position)
  }

  private mutating func lose(from start: Int, to limit: Int) -> Step {
    position = limit
    return .lost(start..<limit)
  }
}
