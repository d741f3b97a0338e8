import AVGCore
import AVGSystem

/// The end of a closed file: its footer, and what its summary says of the chunks before it.
struct MCAPClosing {
  private struct Chunk {
    var startTime: UInt64
    var endTime: UInt64
    var offset: UInt64
    var length: UInt64
    var size: UInt64
  }

  /// The most chunks that a summary may list: 40 bytes of memory each.
  private static let mostChunks = 2_000_000

  private var chunks: [Chunk] = []
  private var messageCount: UInt64?
  /// The chunks, or the messages, are listed in the summary: a file need not.
  private var hasIndex: Bool { !chunks.isEmpty }

  /// Reads the end; nil for a file that does not end as a closed one does.
  init?(of source: borrowing LogSource) throws(LogError) {
    let length = MCAP.recordHeaderLength + MCAP.footerLength + MCAP.magic.count
    let footerStart = source.count - length
    guard footerStart >= MCAP.magic.count else { return nil }
    let end = try source.read(length, at: footerStart)
    guard Array(end.suffix(MCAP.magic.count)) == MCAP.magic else { return nil }
    var fields = ByteCursor(end)
    guard fields.integer(UInt8.self) == MCAP.Opcode.footer.rawValue,
      fields.integer(UInt64.self) == UInt64(MCAP.footerLength), let start = fields.integer(UInt64.self),
      fields.integer(UInt64.self) != nil, let expected = fields.integer(UInt32.self),
      start <= UInt64(footerStart)
    else {
      throw .damaged(
        file: source.name, byte: footerStart, record: "footer", reason: "its fields do not fit into it")
    }
    guard start > 0, let start = Int(exactly: start) else { return }
    let summary = start..<source.count - 4 - MCAP.magic.count
    if expected != 0 {
      var checksum = CRC32()
      try source.update(&checksum, with: summary)
      guard checksum.value == expected else {
        throw .damaged(
          file: source.name, byte: start, record: "summary up to byte \(source.count)",
          reason: "its CRC-32 does not match")
      }
    }
    try readRecords(of: source, summary)
    // In the order of the file, whatever the order of the summary.
    chunks.sort { $0.offset < $1.offset }
  }

  /// Reads the records of a summary that say something of the chunks, one after the other.
  private mutating func readRecords(
    of source: borrowing LogSource, _ summary: Range<Int>
  ) throws(LogError) {
    var position = summary.lowerBound
    while position < summary.upperBound {
      var head = ByteCursor(try source.read(MCAP.recordHeaderLength, at: position))
      position += MCAP.recordHeaderLength
      guard let opcode = head.integer(UInt8.self), let length = head.integer(UInt64.self),
        position <= summary.upperBound, length <= UInt64(summary.upperBound - position)
      else { return }
      let kind = MCAP.Opcode(rawValue: opcode)
      if kind == .chunkIndex || kind == .statistics, length <= UInt64(MCAPReader.largestWords) {
        var fields = ByteCursor(try source.read(Int(length), at: position))
        if kind == .chunkIndex { addChunk(&fields) } else { messageCount = fields.integer(UInt64.self) }
      }
      guard chunks.count <= Self.mostChunks else {
        throw .unsupported(
          file: source.name, what: "its summary lists more than \(Self.mostChunks) chunks",
          advice: "Write it in larger chunks: mcap compress --chunk-size 4194304")
      }
      position += Int(length)
    }
  }

  private mutating func addChunk(_ fields: inout ByteCursor) {
    guard let startTime = fields.integer(UInt64.self), let endTime = fields.integer(UInt64.self),
      let offset = fields.integer(UInt64.self), let length = fields.integer(UInt64.self),
      let indexes = fields.integer(UInt32.self), fields.skip(Int(indexes)),
      fields.integer(UInt64.self) != nil, fields.text() != nil, fields.integer(UInt64.self) != nil,
      let size = fields.integer(UInt64.self)
    else { return }
    chunks.append(
      Chunk(startTime: startTime, endTime: endTime, offset: offset, length: length, size: size))
  }

  /// Checks that the next chunk's record lies where the summary says: a head that is wrong sends a reader astray.
  func check(_ record: MCAPReader.Record, chunkNumber: Int, file: String) throws(LogError) {
    guard hasIndex, chunks.indices.contains(chunkNumber) else { return }
    let next = chunks[chunkNumber]
    let isChunk = record.opcode == MCAP.Opcode.chunk.rawValue
    let lies = UInt64(record.start) == next.offset && UInt64(record.count) == next.length
    guard UInt64(record.end) > next.offset, !(isChunk && lies) else { return }
    throw .damaged(
      file: file, byte: record.start, record: record.name,
      reason: "chunk \(chunkNumber + 1) should begin at byte \(next.offset) and have \(next.length) bytes")
  }

  /// Checks a chunk's own head, which no checksum covers but that of the whole file.
  func check(
    chunk number: Int, _ record: MCAPReader.Record, startTime: UInt64, endTime: UInt64, size: UInt64,
    file: String
  ) throws(LogError) {
    guard chunks.indices.contains(number) else { return }
    let expected = chunks[number]
    guard expected.size == size, expected.startTime == startTime, expected.endTime == endTime else {
      throw .damaged(
        file: file, byte: record.start, record: record.name,
        reason: "chunk \(number + 1) does not begin with the times and the size that the summary gives")
    }
  }

  /// Checks the number of messages and chunks that were read.
  func check(counts: [UInt16: UInt64], chunkCount: Int, file: String) throws(LogError) {
    let count = counts.values.reduce(0, +)
    guard messageCount == nil || messageCount == count, !hasIndex || chunks.count == chunkCount else {
      throw .damaged(
        file: file, byte: MCAP.magic.count, record: "data",
        reason: "\(count) messages in \(chunkCount) chunks were found, the summary counts "
          + "\(messageCount ?? count) in \(chunks.count)")
    }
  }
}
