import AVGCore
import AVGSystem

/// A copier of the readable records of a damaged file to a new one.
///
/// The new file starts with the header and all definitions, which were collected in a first pass. Then follow the kept
/// records in their old order, with message indexes written anew, and a new summary.
struct LogSalvage: ~Copyable {
  private var target: LogFile
  private var summary = MCAPSummary()
  private let definitions: MCAPDefinitions
  private var report = LogRepair.Report()

  init(to target: consuming LogFile, _ definitions: MCAPDefinitions) {
    self.target = target
    self.definitions = definitions
  }

  /// Copies all readable records and closes the new file.
  ///
  /// - Parameter old: the summary of the damaged file, if it has one.
  mutating func copy(
    _ source: borrowing LogSource, _ old: SummarySection?
  ) throws(LogError) -> LogRepair.Report {
    try target.write(MCAP.magic)
    var walk = RecordWalk(source, old)
    var hasBegun = false
    while let step = try walk.next(in: source) {
      let range: Range<Int>
      var isKept = false
      switch step {
      case .lost(let bytes): range = bytes
      case .record(let opcode, let bytes):
        range = bytes
        let kind = MCAP.Opcode(rawValue: opcode)
        guard kind != .messageIndex else { continue }
        let isRead = kind.map { $0 != .attachment && MCAPReader.isReadable($0, byteCount: bytes.count) }
        let record = isRead == true ? try source.read(bytes.count, at: bytes.lowerBound) : []
        if !hasBegun {
          isKept = try begin(with: record, kind)
          hasBegun = true
        }
        if kind == .attachment {
          isKept = try keep(attachment: bytes, of: source)
        } else if !isKept, !record.isEmpty {
          isKept = try keep(record, kind, file: source.name)
        }
      }
      if !isKept {
        report.firstLostByte = report.firstLostByte ?? range.lowerBound
        report.lostByteCount += range.count
      }
    }
    if !hasBegun { _ = try begin(with: [], nil) }
    try close()
    return report
  }

  /// Writes the header, a new one if `record` is not a header, and all definitions.
  ///
  /// - Returns: whether `record` was the header.
  private mutating func begin(with record: [UInt8], _ kind: MCAP.Opcode?) throws(LogError) -> Bool {
    var fields = ByteCursor(record, from: MCAP.recordHeaderLength)
    let isHeader = kind == .header && fields.text() != nil && fields.text() != nil
    if isHeader {
      try target.write(record)
    } else {
      var header = ByteBuffer()
      header.append(record: .header) { fields in
        fields.append(text: "")
        fields.append(text: "avg-vision log repair")
      }
      try target.write(header.bytes)
    }
    for (number, fields) in definitions.schemas.sorted(by: { $0.key < $1.key }) {
      _ = summary.define(schema: number)
      summary.schemas.append(record: .schema) { $0.append(fields) }
    }
    for (number, fields) in definitions.usableChannels.sorted(by: { $0.key < $1.key }) {
      summary.add(channel: number)
      summary.channels.append(record: .channel) { $0.append(fields) }
    }
    try target.write(summary.schemas.bytes)
    try target.write(summary.channels.bytes)
    return isHeader
  }

  /// Copies a record; returns false if it cannot be read.
  private mutating func keep(
    _ record: [UInt8], _ kind: MCAP.Opcode?, file: String
  ) throws(LogError) -> Bool {
    var fields = ByteCursor(record, from: MCAP.recordHeaderLength)
    let (offset, length) = (target.length, UInt64(record.count))
    switch kind {
    case .chunk?: return try keep(chunk: record, file: file)
    case .schema?, .channel?:
      // All definitions have been written at the beginning; this only tells whether one was lost.
      guard let kind, let number = fields.integer(UInt16.self) else { return false }
      return kind == .channel ? definitions.isUsable(number) : definitions.schemas[number] != nil
    case .message?:
      guard let channel = fields.integer(UInt16.self), fields.integer(UInt32.self) != nil,
        let time = fields.integer(UInt64.self), fields.skip(8), definitions.isUsable(channel)
      else {
        report.droppedMessageCount += 1
        return true
      }
      summary.add(channel: channel, time: time)
    case .metadata?:
      guard let name = fields.text(), fields.map() != nil else { return false }
      summary.add(metadata: name, offset: offset, length: length)
    default: return false
    }
    try target.write(record)
    return true
  }

  /// Copies an attachment in blocks; returns false if it cannot be read.
  private mutating func keep(
    attachment range: Range<Int>, of source: borrowing LogSource
  ) throws(LogError) -> Bool {
    guard let attachment = try MCAPAttachment(at: range.lowerBound, end: range.upperBound, of: source),
      try attachment.isIntact(in: source)
    else { return false }
    summary.add(
      attachment: attachment.name, mediaType: attachment.mediaType, time: attachment.time,
      dataLength: attachment.dataRange.count, offset: target.length, length: UInt64(range.count))
    var position = range.lowerBound
    while position < range.upperBound {
      let block = try source.read(min(LogSource.blockLength, range.upperBound - position), at: position)
      try target.write(block)
      position += block.count
    }
    return true
  }

  /// Copies a chunk and writes new message indexes; returns false if it cannot be read.
  private mutating func keep(chunk record: [UInt8], file: String) throws(LogError) -> Bool {
    guard let chunk = ChunkSalvage(record, definitions, file: file) else { return false }
    report.droppedMessageCount += chunk.droppedMessageCount
    guard chunk.entry.uncompressedSize > 0 else { return true }
    var entry = chunk.entry
    entry.offset = target.length
    try target.write(chunk.record)
    var index = ByteBuffer()
    var indexes: [(channel: UInt16, offset: UInt64, messages: Int)] = []
    for (channel, entries) in chunk.positions.sorted(by: { $0.key < $1.key }) {
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
    entry.indexLength = UInt64(index.count)
    try target.write(index.bytes)
    summary.add(entry, indexes: indexes)
    return true
  }

  private mutating func close() throws(LogError) {
    var end = ByteBuffer()
    end.append(record: .dataEnd) { $0.append(integer: target.checksum.value) }
    try target.write(end.bytes)
    try target.write(summary.encoded(at: target.length))
    try target.synchronize()
    report.chunkCount = Int(summary.chunkCount)
    report.messageCount = summary.messageCount
  }
}
