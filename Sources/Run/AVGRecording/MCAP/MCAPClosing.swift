import AVGCore
import AVGSystem

/// The footer of a closed file and its summary's entries about chunks, to check the data section against.
struct MCAPClosing {
  private struct Chunk {
    var startTime: UInt64
    var endTime: UInt64
    var offset: UInt64
    var length: UInt64
    var size: UInt64
  }

  /// The maximum number of chunks in a summary; each takes 40 bytes of memory.
  private static let maximumChunkCount = 2_000_000

  private var chunks: [Chunk] = []
  private var messageCount: UInt64?
  /// Whether the summary lists chunks, which is optional.
  private var hasIndex: Bool { !chunks.isEmpty }

  /// Reads the end of the file; nil if the file was not closed.
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
    // Sort by position, because the summary may list chunks in any order.
    chunks.sort { $0.offset < $1.offset }
  }

  /// Reads the chunk indexes and statistics in the summary.
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
      if kind == .chunkIndex || kind == .statistics, length <= UInt64(MCAPReader.largestTextRecord) {
        var fields = ByteCursor(try source.read(Int(length), at: position))
        if kind == .chunkIndex { addChunk(&fields) } else { messageCount = fields.integer(UInt64.self) }
      }
      guard chunks.count <= Self.maximumChunkCount else {
        throw .unsupported(
          file: source.name, what: "its summary lists more than \(Self.maximumChunkCount) chunks",
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

  /// Checks that the next chunk record is where the summary says. A wrong record length would make the reader lose its
  /// place.
  func check(_ record: MCAPReader.Record, chunkNumber: Int, file: String) throws(LogError) {
    guard hasIndex, chunks.indices.contains(chunkNumber) else { return }
    let next = chunks[chunkNumber]
    let isChunk = record.opcode == MCAP.Opcode.chunk.rawValue
    let isInPlace = UInt64(record.start) == next.offset && UInt64(record.count) == next.length
    guard UInt64(record.end) > next.offset, !(isChunk && isInPlace) else { return }
    throw .damaged(
      file: file, byte: record.start, record: record.name,
      reason: "chunk \(chunkNumber + 1) should begin at byte \(next.offset) and have \(next.length) bytes")
  }

  /// Checks a chunk's header fields, which only the checksum of the whole file covers.
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

  /// Checks the numbers of messages and chunks that were read.
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
