import AVGCore
import AVGSystem

/// The readable part of a chunk from a damaged file, with the positions of its messages.
struct ChunkSalvage {
  /// The chunk record, header included: unchanged, or re-encoded without the dropped records.
  private(set) var record: [UInt8]
  /// The chunk's entry for the summary, except for its offset in the file.
  private(set) var entry: MCAPSummary.Chunk
  /// Positions of messages by channel, in the order of the chunk.
  private(set) var positions: [UInt16: [(time: UInt64, offset: UInt64)]] = [:]
  /// Messages dropped because they cannot be read or their channel is not defined anywhere.
  private(set) var droppedMessageCount = 0

  /// The decoded header fields and decompressed records of a chunk.
  private struct Contents {
    var compression: String
    var records: ByteCursor
    var compressedSize: Int

    /// Decodes a chunk record; nil if it is malformed or its checksum does not match.
    init?(_ record: [UInt8], file: String) {
      var fields = ByteCursor(record, from: MCAP.recordHeaderLength)
      guard fields.skip(16), let size = fields.integer(UInt64.self),
        let expected = fields.integer(UInt32.self),
        let compression = fields.text(), let length = fields.length64(), length == fields.remaining,
        let records = try? Decompression.records(fields, compression, size: size, file: file, chunkStart: 0),
        records.remaining == Int(exactly: size), expected == 0 || records.checksum == expected
      else { return nil }
      self.compression = compression
      self.records = records
      compressedSize = length
    }
  }

  /// Decodes a chunk record; nil if it cannot be read.
  init?(_ record: [UInt8], _ definitions: MCAPDefinitions, file: String) {
    guard let contents = Contents(record, file: file) else { return nil }
    self.record = []
    entry = MCAPSummary.Chunk(
      startTime: .max, endTime: 0, offset: 0, length: 0, compressedSize: 0, uncompressedSize: 0,
      indexLength: 0)
    // The kept records, as runs of bytes. Usually this is the whole chunk, which then need not be copied.
    var kept: [Range<Int>] = []
    var keptCount = 0
    var cursor = contents.records
    while cursor.remaining > 0 {
      let start = cursor.position
      guard let opcode = cursor.integer(UInt8.self), let length = cursor.length64(),
        let fields = cursor.slice(length)
      else { return nil }
      guard keep(opcode, fields, definitions, at: UInt64(keptCount)) else { continue }
      keptCount += cursor.position - start
      let run = kept.last?.upperBound == start ? kept.removeLast().lowerBound : start
      kept.append(run..<cursor.position)
    }
    if positions.isEmpty { entry.startTime = 0 }
    // The chunk's first two fields are its start and end time. The chunk's CRC does not cover them, so they are
    // recomputed.
    var times = ByteBuffer()
    times.append(integer: entry.startTime)
    times.append(integer: entry.endTime)
    if keptCount == contents.records.remaining {
      self.record = record
      self.record.replaceSubrange(MCAP.recordHeaderLength..<MCAP.recordHeaderLength + 16, with: times.bytes)
      entry.compression = contents.compression
      entry.compressedSize = UInt64(contents.compressedSize)
    } else {
      self.record = Self.encode(kept, of: contents.records, count: keptCount, times: times.bytes)
      entry.compressedSize = UInt64(keptCount)
    }
    entry.uncompressedSize = UInt64(keptCount)
    entry.length = UInt64(self.record.count)
  }

  /// Calls `body` with every schema and channel that is defined in a chunk record, if the chunk can be read.
  static func forEachDefinition(
    in record: [UInt8], file: String, _ body: (_ opcode: MCAP.Opcode, _ fields: [UInt8]) -> Void
  ) {
    guard let contents = Contents(record, file: file) else { return }
    var cursor = contents.records
    while let opcode = cursor.integer(UInt8.self), let length = cursor.length64() {
      if let kind = MCAP.Opcode(rawValue: opcode), kind == .schema || kind == .channel {
        body(kind, cursor.bytes(length) ?? [])
      } else {
        _ = cursor.skip(length)
      }
    }
  }

  /// Decides whether to keep a record of the chunk, and notes a message's new position.
  private mutating func keep(
    _ opcode: UInt8, _ record: ByteCursor, _ definitions: MCAPDefinitions, at offset: UInt64
  ) -> Bool {
    var fields = record
    switch MCAP.Opcode(rawValue: opcode) {
    case .message?:
      guard let channel = fields.integer(UInt16.self), fields.integer(UInt32.self) != nil,
        let time = fields.integer(UInt64.self), fields.skip(8), definitions.isUsable(channel)
      else {
        droppedMessageCount += 1
        return false
      }
      positions[channel, default: []].append((time, offset))
      entry.startTime = min(entry.startTime, time)
      entry.endTime = max(entry.endTime, time)
      return true
    case .schema?: return definitions.contains(.schema, fields.rest())
    case .channel?: return definitions.contains(.channel, fields.rest())
    case nil: return opcode > 0
    default: return false
    }
  }

  private static func encode(
    _ kept: [Range<Int>], of records: ByteCursor, count: Int, times: [UInt8]
  ) -> [UInt8] {
    var checksum = CRC32()
    for run in kept { records.withBytes(run) { checksum.update($0) } }
    var record = ByteBuffer(capacity: count + 64)
    record.append(record: .chunk) { fields in
      fields.append(times)
      fields.append(integer: UInt64(count))
      fields.append(integer: checksum.value)
      fields.append(text: "")
      fields.append(integer: UInt64(count))
      for run in kept { records.withBytes(run) { fields.append($0) } }
    }
    return record.bytes
  }
}
