import AVGCore
import AVGSystem

/// A walk through the records of a possibly damaged file.
///
/// A record's length leads to the next record, so a wrong length would lose everything after it. Where a record's
/// header cannot be right, the walk therefore continues at the next position that the summary lists. A record that
/// would reach across such a position is wrong too.
struct RecordWalk {
  /// A step of the walk.
  enum Step {
    /// A record, header included.
    case record(opcode: UInt8, range: Range<Int>)
    /// Bytes outside of intact records.
    case lost(Range<Int>)
  }

  private var position = MCAP.magic.count
  private let end: Int
  private var recordOffsets: ArraySlice<Int>

  /// Starts after the magic bytes.
  init(_ source: borrowing LogSource, _ summary: SummarySection?) {
    end = summary?.dataEnd ?? source.count
    recordOffsets = summary?.recordOffsets[...] ?? []
  }

  /// Returns the next step; nil at the end of the data.
  mutating func next(in source: borrowing LogSource) throws(LogError) -> Step? {
    guard position < end else { return nil }
    while let offset = recordOffsets.first, offset <= position { recordOffsets.removeFirst() }
    let start = position
    let limit = recordOffsets.first ?? end
    var head = ByteCursor(try source.read(MCAP.recordHeaderLength, at: start))
    guard let opcode = head.integer(UInt8.self), let length = head.integer(UInt64.self), opcode > 0,
      let count = Int(exactly: length), count <= limit - start - MCAP.recordHeaderLength
    else { return lose(from: start, to: limit) }
    if opcode == MCAP.Opcode.dataEnd.rawValue {
      guard recordOffsets.isEmpty else { return lose(from: start, to: limit) }
      // This end of data belongs to the old file; a new one is written.
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
