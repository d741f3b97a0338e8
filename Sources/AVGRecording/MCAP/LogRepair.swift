import AVGCore
import Glibc

/// Makes a log whole that was cut off or damaged: what can be read is copied, record by record, and closed.
public enum LogRepair {
  /// What was kept.
  public struct Report: Hashable, Sendable {
    /// Chunks copied.
    public var chunkCount = 0
    /// Messages in them, and outside of any.
    public var messageCount: UInt64 = 0
    /// Bytes that belong to no whole record, and where the first of them was.
    public var lostByteCount = 0
    /// Where the first of these bytes lies; nil if there is none.
    public var firstLostByte: Int?
    /// The log had been closed and nothing was amiss.
    public var wasWhole = false
  }

  /// Writes what is whole in `path` to `output`, which must not exist.
  ///
  /// A chunk whose checksum is wrong is left out; those behind it are kept.
  public static func repair(_ path: String, to output: String) throws(LogError) -> Report {
    var report = Report()
    report.wasWhole = isWhole(path)
    let source = try LogSource(reading: path)
    guard try source.read(MCAP.magic.count, at: 0) == MCAP.magic else { throw .foreign(file: path) }
    var target = try LogFile(creating: output)
    var summary = MCAPSummary()
    do throws(LogError) {
      try target.write(MCAP.magic)
      try copy(source, to: &target, &summary, &report)
      var end = ByteBuffer()
      end.append(record: .dataEnd) { $0.append(integer: target.checksum.value) }
      try target.write(end.bytes)
      try target.write(summary.encoded(at: target.length))
      try target.synchronize()
    } catch {
      unlink(output)
      throw error
    }
    report.chunkCount = Int(summary.chunkCount)
    report.messageCount = summary.messageCount
    return report
  }

  private static func isWhole(_ path: String) -> Bool {
    guard let summary = try? LogSummary(reading: path) else { return false }
    return summary.cutOffByte == nil
  }

  private static func copy(
    _ source: borrowing LogSource, to target: inout LogFile, _ summary: inout MCAPSummary,
    _ report: inout Report
  ) throws(LogError) {
    var position = MCAP.magic.count
    func lose(from start: Int, to end: Int) {
      report.firstLostByte = report.firstLostByte ?? start
      report.lostByteCount += end - start
    }
    while position < source.count {
      var head = ByteCursor(try source.read(MCAP.recordHeaderLength, at: position))
      guard let opcode = head.integer(UInt8.self), let length = head.integer(UInt64.self),
        length <= UInt64(source.count - position - MCAP.recordHeaderLength)
      else { return lose(from: position, to: source.count) }
      let end = position + MCAP.recordHeaderLength + Int(length)
      // The end that the file had, if it had one, is made anew.
      if opcode == MCAP.Opcode.dataEnd.rawValue { return }
      let record = try source.read(end - position, at: position)
      switch MCAP.Opcode(rawValue: opcode) {
      case .chunk:
        if try !keep(chunk: record, &target, &summary, file: source.name) { lose(from: position, to: end) }
      case .messageIndex: break
      case .header, .schema, .channel, .message, .attachment, .metadata:
        if try !keep(record, MCAP.Opcode(rawValue: opcode), &target, &summary) {
          lose(from: position, to: end)
        }
      default: lose(from: position, to: end)
      }
      position = end
    }
  }

  /// Copies a chunk and makes its indexes anew; or says that it cannot be read.
  private static func keep(
    chunk record: [UInt8], _ target: inout LogFile, _ summary: inout MCAPSummary, file: String
  ) throws(LogError) -> Bool {
    var fields = ByteCursor(record, from: MCAP.recordHeaderLength)
    guard let startTime = fields.integer(UInt64.self), let endTime = fields.integer(UInt64.self),
      let size = fields.integer(UInt64.self), let expected = fields.integer(UInt32.self),
      let compression = fields.text(), let length = fields.length64(), length == fields.remaining,
      size <= UInt64(MCAPReader.largestChunk),
      let records = try? Decompression.decompress(
        fields.rest(), compression, size: Int(size), file: file, chunkStart: 0),
      expected == 0 || CRC32.of(records) == expected
    else { return false }
    var places: [UInt16: [(time: UInt64, offset: UInt64)]] = [:]
    var cursor = ByteCursor(records)
    while cursor.remaining > 0 {
      let offset = UInt64(cursor.position)
      guard let opcode = cursor.integer(UInt8.self), let length = cursor.length64(),
        let bytes = cursor.bytes(length)
      else { return false }
      var fields = ByteCursor(bytes)
      switch MCAP.Opcode(rawValue: opcode) {
      case .message:
        guard let channel = fields.integer(UInt16.self), fields.integer(UInt32.self) != nil,
          let time = fields.integer(UInt64.self)
        else { return false }
        places[channel, default: []].append((time, offset))
      case .schema: define(.schema, number: fields.integer(UInt16.self), opcode, bytes, &summary)
      case .channel: define(.channel, number: fields.integer(UInt16.self), opcode, bytes, &summary)
      default: break
      }
    }
    var chunk = MCAPSummary.Chunk(
      startTime: startTime, endTime: endTime, offset: target.length, length: UInt64(record.count),
      compression: compression, compressedSize: UInt64(length), uncompressedSize: size, indexLength: 0)
    try target.write(record)
    var index = ByteBuffer()
    var indexes: [(channel: UInt16, offset: UInt64, messages: Int)] = []
    for (channel, entries) in places.sorted(by: { $0.key < $1.key }) {
      indexes.append((channel, target.length + UInt64(index.count), entries.count))
      index.append(record: .messageIndex) { fields in
        fields.append(integer: channel)
        fields.append(integer: UInt32(entries.count * 16))
        for entry in entries {
          fields.append(integer: entry.time)
          fields.append(integer: entry.offset)
        }
      }
    }
    chunk.indexLength = UInt64(index.count)
    try target.write(index.bytes)
    summary.add(chunk, indexes: indexes)
    return true
  }

  /// Copies a record that lies in no chunk; or says that it cannot be read.
  private static func keep(
    _ record: [UInt8], _ opcode: MCAP.Opcode?, _ target: inout LogFile, _ summary: inout MCAPSummary
  ) throws(LogError) -> Bool {
    let body = Array(record[MCAP.recordHeaderLength...])
    var fields = ByteCursor(body)
    let (offset, length) = (target.length, UInt64(record.count))
    switch opcode {
    case .schema, .channel:
      guard let opcode, let number = fields.integer(UInt16.self) else { return false }
      define(opcode, number: number, opcode.rawValue, body, &summary)
    case .message:
      guard let channel = fields.integer(UInt16.self), fields.integer(UInt32.self) != nil,
        let time = fields.integer(UInt64.self)
      else { return false }
      summary.add(channel: channel, time: time)
    case .attachment:
      guard let time = fields.integer(UInt64.self), fields.integer(UInt64.self) != nil,
        let name = fields.text(),
        let mediaType = fields.text(), let count = fields.length64(), fields.bytes(count) != nil,
        let expected = fields.integer(UInt32.self),
        expected == 0 || expected == CRC32.of(Array(body.dropLast(4)))
      else { return false }
      summary.add(
        attachment: name, mediaType: mediaType, time: time, dataLength: count, offset: offset, length: length)
    case .metadata:
      guard let name = fields.text(), fields.map() != nil else { return false }
      summary.add(metadata: name, offset: offset, length: length)
    default: break
    }
    try target.write(record)
    return true
  }

  /// Repeats a definition in the summary, once.
  private static func define(
    _ kind: MCAP.Opcode, number: UInt16?, _ opcode: UInt8, _ body: [UInt8], _ summary: inout MCAPSummary
  ) {
    guard let number else { return }
    var record = ByteBuffer()
    record.append(opcode)
    record.append(integer: UInt64(body.count))
    record.append(body)
    switch kind {
    case .schema:
      guard summary.define(schema: number) else { return }
      summary.schemas.append(record.bytes)
    default:
      guard summary.add(channel: number) else { return }
      summary.channels.append(record.bytes)
    }
  }
}
