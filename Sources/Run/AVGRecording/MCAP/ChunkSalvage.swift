import AVGCore
import AVGSystem

/// A chunk of a damaged file: what of it can be read by everyone, and where its messages lie in that.
struct ChunkSalvage {
  /// The chunk's record, header included: as it was, or without what is left out.
  private(set) var record: [UInt8]
  /// What its index in the summary says, but for its place.
  private(set) var entry: MCAPSummary.Chunk
  /// By channel, in the order of the chunk.
  private(set) var places: [UInt16: [(time: UInt64, offset: UInt64)]] = [:]
  /// Messages left out: they cannot be read, or their channel is nowhere defined.
  private(set) var leftOutMessageCount = 0

  /// What a chunk holds besides its records.
  private struct Head {
    var compression: String
    var records: ByteCursor
    var compressedSize: Int

    /// Reads a chunk's record; nil if its checksum is wrong, or it cannot be read.
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

  /// Reads a chunk's record; nil if it cannot be read.
  init?(_ record: [UInt8], _ definitions: MCAPDefinitions, file: String) {
    guard let head = Head(record, file: file) else { return nil }
    self.record = []
    entry = MCAPSummary.Chunk(
      startTime: .max, endTime: 0, offset: 0, length: 0, compressedSize: 0, uncompressedSize: 0,
      indexLength: 0)
    // What stays, in runs of records: as a rule the whole chunk, of which no copy is made.
    var kept: [Range<Int>] = []
    var keptCount = 0
    var cursor = head.records
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
    if places.isEmpty { entry.startTime = 0 }
    // Its first fields are the times, which no checksum need cover.
    var times = ByteBuffer()
    times.append(integer: entry.startTime)
    times.append(integer: entry.endTime)
    if keptCount == head.records.remaining {
      self.record = record
      self.record.replaceSubrange(MCAP.recordHeaderLength..<MCAP.recordHeaderLength + 16, with: times.bytes)
      entry.compression = head.compression
      entry.compressedSize = UInt64(head.compressedSize)
    } else {
      self.record = Self.encode(kept, of: head.records, count: keptCount, times: times.bytes)
      entry.compressedSize = UInt64(keptCount)
    }
    entry.uncompressedSize = UInt64(keptCount)
    entry.length = UInt64(self.record.count)
  }

  /// Calls `take` with every schema and channel that a chunk's record defines, if it can be read.
  static func forEachDefinition(
    in record: [UInt8], file: String, _ take: (_ opcode: MCAP.Opcode, _ fields: [UInt8]) -> Void
  ) {
    guard let head = Head(record, file: file) else { return }
    var cursor = head.records
    while let opcode = cursor.integer(UInt8.self), let length = cursor.length64() {
      if let kind = MCAP.Opcode(rawValue: opcode), kind == .schema || kind == .channel {
        take(kind, cursor.bytes(length) ?? [])
      } else {
        _ = cursor.skip(length)
      }
    }
  }

  /// Whether a record of the chunk stays; notes where it will lie.
  private mutating func keep(
    _ opcode: UInt8, _ record: ByteCursor, _ definitions: MCAPDefinitions, at offset: UInt64
  ) -> Bool {
    var fields = record
    switch MCAP.Opcode(rawValue: opcode) {
    case .message?:
      guard let channel = fields.integer(UInt16.self), fields.integer(UInt32.self) != nil,
        let time = fields.integer(UInt64.self), fields.skip(8), definitions.isUsable(channel)
      else {
        leftOutMessageCount += 1
        return false
      }
      places[channel, default: []].append((time, offset))
      entry.startTime = min(entry.startTime, time)
      entry.endTime = max(entry.endTime, time)
      return true
    case .schema?: return definitions.holds(.schema, fields.rest())
    case .channel?: return definitions.holds(.channel, fields.rest())
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
