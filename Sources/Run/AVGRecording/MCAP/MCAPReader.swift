import AVGCore
import AVGSystem

/// A reader of an MCAP file from beginning to end that checks everything that can be checked.
///
/// A file that was not closed is read up to its last complete chunk. In a closed file of this program every bit is
/// covered by a checksum, that of its chunk or attachment or that of the whole data section; other writers may omit
/// checksums. If only the last one is wrong, comparison with the indexes finds the position.
struct MCAPReader: ~Copyable {
  /// The size of a chunk's fields before its records, when uncompressed.
  static let chunkHeaderLength: UInt64 = 8 + 8 + 8 + 4 + 4 + 8
  /// The maximum size of a record of text: a definition or metadata.
  static let largestTextRecord = 16 << 20
  /// The maximum size of all text kept.
  static let maximumTextByteCount = 32 << 20

  let source: LogSource
  /// The library that wrote the file.
  private(set) var library = ""
  private(set) var schemas: [UInt16: Schema] = [:]
  private(set) var channels: [UInt16: Channel] = [:]
  /// The way the file ends, once the end has been reached.
  private(set) var ending: Ending?
  /// The number of chunks read so far.
  private(set) var chunkCount = 0

  /// The number of chunks, attachments and messages outside of chunks, and how many of these have no checksum.
  private(set) var checkableCount = 0
  private(set) var uncheckedCount = 0
  /// Whether the data section has a checksum, which matched.
  private(set) var hasDataChecksum = false

  /// The position of the next record.
  private(set) var position: Int
  private var checksum = CRC32()
  private let closing: MCAPClosing?
  private var chunk: ByteCursor?
  private var chunkStart = 0
  /// The position in `chunk` at which its records begin.
  private var recordsStart = 0
  /// The size of all definitions and metadata so far.
  private var textByteCount = 0
  /// The index entries that the messages of the last chunk should have.
  private var messagePositions: [UInt16: [(time: UInt64, offset: UInt64)]] = [:]
  private(set) var messageCounts: [UInt16: UInt64] = [:]

  init(reading path: String) throws(LogError) { try self.init(try LogSource(reading: path)) }

  init(_ source: consuming LogSource) throws(LogError) {
    guard try source.read(MCAP.magic.count, at: 0) == MCAP.magic else { throw .foreign(file: source.name) }
    closing = try MCAPClosing(of: source)
    self.source = source
    position = MCAP.magic.count
    MCAP.magic.withUnsafeBytes { checksum.update($0) }
  }

  /// Reads the next message, metadata or attachment; nil at the end.
  mutating func next() throws(LogError) -> Item? {
    while true {
      if let message = try nextInChunk() { return .message(message) }
      guard ending == nil, let record = try nextRecord() else { return nil }
      if let item = try handle(record) { return item }
    }
  }

  /// A top-level record of the file.
  struct Record {
    var opcode: UInt8
    var start: Int
    /// The size of the record in the file, header included.
    var count: Int
    /// The bytes of the record; empty if its contents are not needed.
    var bytes: [UInt8] = []

    var fields: ByteCursor { ByteCursor(bytes, from: MCAP.recordHeaderLength) }
    var end: Int { start + count }
    var name: String { MCAP.Opcode(rawValue: opcode).map { "\($0)" } ?? "record \(opcode)" }
  }

  func damaged(_ byte: Int, _ record: String, _ reason: String) -> LogError {
    .damaged(file: source.name, byte: byte, record: record, reason: reason)
  }

  private func damaged(_ record: Record, _ reason: String) -> LogError {
    damaged(record.start, record.name, reason)
  }

  private mutating func nextRecord() throws(LogError) -> Record? {
    let start = position
    let head = try source.read(MCAP.recordHeaderLength, at: start)
    var cursor = ByteCursor(head)
    // No record has opcode 0, but a disk that lost power leaves zeros.
    guard let opcode = cursor.integer(UInt8.self), let length = cursor.integer(UInt64.self), opcode > 0,
      length <= UInt64(source.count - start - MCAP.recordHeaderLength)
    else { return try endEarly(at: start) }
    var record = Record(opcode: opcode, start: start, count: MCAP.recordHeaderLength + Int(length))
    position = record.end
    if try isNeeded(record) {
      record.bytes = try source.read(record.count, at: start)
      if opcode != MCAP.Opcode.dataEnd.rawValue { record.bytes.withUnsafeBytes { checksum.update($0) } }
    } else {
      try source.update(&checksum, with: start..<record.end)
    }
    return record
  }

  /// Whether a record's bytes must be read into memory.
  ///
  /// - Throws: `unsupported` for a needed record that exceeds the size limit of its kind.
  private mutating func isNeeded(_ record: Record) throws(LogError) -> Bool {
    guard let kind = MCAP.Opcode(rawValue: record.opcode) else { return false }
    switch kind {
    case .header, .footer, .schema, .channel, .message, .chunk, .metadata, .dataEnd: break
    case .messageIndex: return isWrittenByThisProgram && Self.isReadable(kind, byteCount: record.count)
    case .chunkIndex, .attachment, .attachmentIndex, .statistics, .metadataIndex, .summaryOffset: return false
    }
    guard Self.isReadable(kind, byteCount: record.count) else {
      throw .unsupported(
        file: source.name,
        what: "the \(record.name) record at byte \(record.start) is too long: \(record.count) bytes",
        advice: "Write it in smaller records, or use another file.")
    }
    return true
  }

  /// Whether a record is within the size limit of its kind; messages have none.
  static func isReadable(_ kind: MCAP.Opcode, byteCount: Int) -> Bool {
    switch kind {
    case .message: true
    case .chunk: byteCount <= Decompression.largestChunk + largestTextRecord
    default: byteCount <= largestTextRecord
    }
  }

  /// Counts text against the limit.
  private mutating func keep(text count: Int, of record: String, at byte: Int) throws(LogError) {
    textByteCount += count
    guard textByteCount <= Self.maximumTextByteCount else {
      throw .unsupported(
        file: source.name,
        what:
          "its definitions and metadata have more than \(Self.maximumTextByteCount) bytes, up to the \(record) at byte \(byte)",
        advice: "Use a file with fewer of them.")
    }
  }

  /// Reads the bytes of an attachment.
  func data(at range: Range<Int>) throws(LogError) -> [UInt8] {
    guard range.count <= Decompression.largestChunk else {
      throw .unsupported(
        file: source.name,
        what:
          "the attachment at byte \(range.lowerBound) has \(range.count) bytes; at most \(Decompression.largestChunk) are supported",
        advice: "Use another file.")
    }
    return try source.read(range.count, at: range.lowerBound)
  }

  private mutating func endEarly(at start: Int) throws(LogError) -> Record? {
    guard closing == nil else {
      throw damaged(start, "record", "its length or opcode is invalid, in a file that was closed")
    }
    ending = .cutOff(byte: start)
    return nil
  }

  private mutating func handle(_ record: Record) throws(LogError) -> Item? {
    var fields = record.fields
    try closing?.check(record, chunkNumber: chunkCount, file: source.name)
    switch MCAP.Opcode(rawValue: record.opcode) {
    case .header:
      guard fields.text() != nil, let library = fields.text() else {
        throw damaged(record, "its text is malformed")
      }
      self.library = library
    case .schema, .channel: try define(record.opcode, &fields, at: record.start)
    case .message:
      note(isChecked: false)
      return .message(try message(&fields, at: record.start))
    case .chunk: try open(record)
    case .messageIndex: try check(index: record)
    case .attachment: return try attachment(record)
    case .metadata:
      guard let name = fields.text(), let entries = fields.map() else {
        throw damaged(record, "its text is malformed")
      }
      try keep(text: record.count, of: "metadata", at: record.start)
      return .metadata(name: name, entries: entries)
    case .dataEnd:
      guard let expected = fields.integer(UInt32.self) else { throw damaged(record, "it is too short") }
      if expected != 0, expected != checksum.value {
        throw damaged(
          MCAP.magic.count, "header, metadata or the head of a record before byte \(record.start)",
          "the file's CRC-32 does not match")
      }
      hasDataChecksum = expected != 0
      // The summary itself was checked when the file was opened.
      if let closing { try closing.check(counts: messageCounts, chunkCount: chunkCount, file: source.name) }
    case .footer:
      let end = try source.read(source.count - record.end, at: record.end)
      guard end == MCAP.magic || end.count < MCAP.magic.count else {
        throw damaged(record.end, "end of the file", "it does not end with MCAP's magic bytes")
      }
      ending = end == MCAP.magic ? .closed : .cutOff(byte: record.end)
    case .chunkIndex, .attachmentIndex, .statistics, .metadataIndex, .summaryOffset, nil: break
    }
    return nil
  }

  private mutating func note(isChecked: Bool) {
    checkableCount += 1
    if !isChecked { uncheckedCount += 1 }
  }

  private mutating func define(
    _ opcode: UInt8, _ fields: inout ByteCursor, at byte: Int
  ) throws(LogError) {
    guard let number = fields.integer(UInt16.self) else {
      throw damaged(byte, "definition", "it is too short")
    }
    if opcode == MCAP.Opcode.schema.rawValue {
      guard let name = fields.text(), let encoding = fields.text(), let count = fields.integer(UInt32.self),
        fields.skip(Int(count))
      else { throw damaged(byte, "schema \(number)", "its fields do not fit into it") }
      let schema = Schema(name: name, encoding: encoding, isEmpty: count == 0)
      // Many writers repeat their definitions in every chunk; count each only once.
      guard schemas[number] != schema else { return }
      try keep(text: name.utf8.count + encoding.utf8.count, of: "schema", at: byte)
      schemas[number] = schema
    } else {
      guard let schema = fields.integer(UInt16.self), let topic = fields.text(), let encoding = fields.text(),
        fields.map() != nil
      else { throw damaged(byte, "channel \(number)", "its fields do not fit into it") }
      let channel = Channel(schema: schema, topic: topic, encoding: encoding)
      guard channels[number] != channel else { return }
      try keep(text: topic.utf8.count + encoding.utf8.count, of: "channel", at: byte)
      channels[number] = channel
    }
  }

  private mutating func message(_ fields: inout ByteCursor, at byte: Int) throws(LogError) -> Message {
    guard let channel = fields.integer(UInt16.self), let sequence = fields.integer(UInt32.self),
      let time = fields.integer(UInt64.self), let publishTime = fields.integer(UInt64.self)
    else { throw damaged(byte, "message", "it is too short") }
    guard channels[channel] != nil else {
      throw damaged(byte, "message", "its channel \(channel) has not been defined")
    }
    messageCounts[channel, default: 0] += 1
    return Message(
      channel: channel, sequence: sequence, time: time, publishTime: publishTime, data: fields.rest(),
      byte: byte)
  }

  private mutating func open(_ record: Record) throws(LogError) {
    var fields = record.fields
    guard let startTime = fields.integer(UInt64.self), let endTime = fields.integer(UInt64.self),
      let size = fields.integer(UInt64.self), let expected = fields.integer(UInt32.self),
      let compression = fields.text(), let length = fields.length64(), length == fields.remaining
    else { throw damaged(record, "its fields do not fit into it") }
    try closing?.check(
      chunk: chunkCount, record, startTime: startTime, endTime: endTime, size: size, file: source.name)
    let records = try Decompression.records(
      fields, compression, size: size, file: source.name, chunkStart: record.start)
    guard records.remaining == Int(exactly: size), expected == 0 || records.checksum == expected else {
      throw damaged(record, "chunk \(chunkCount + 1)'s CRC-32 does not match")
    }
    note(isChecked: expected != 0)
    chunk = records
    recordsStart = records.position
    chunkStart = record.start
    chunkCount += 1
    messagePositions = [:]
  }

  private mutating func nextInChunk() throws(LogError) -> Message? {
    while var cursor = chunk {
      let offset = cursor.position
      guard let opcode = cursor.integer(UInt8.self), let length = cursor.length64(),
        var fields = cursor.slice(length)
      else {
        guard cursor.remaining == 0, offset == cursor.position else {
          throw damaged(chunkStart, "chunk \(chunkCount)", "a record reaches beyond its end")
        }
        chunk = nil
        return nil
      }
      chunk = cursor
      switch MCAP.Opcode(rawValue: opcode) {
      case .schema, .channel: try define(opcode, &fields, at: chunkStart)
      case .message:
        let message = try message(&fields, at: chunkStart)
        if isWrittenByThisProgram {
          messagePositions[message.channel, default: []].append((message.time, UInt64(offset - recordsStart)))
        }
        return message
      default: break
      }
    }
    return nil
  }

  /// Compares a channel's message index with the messages of the preceding chunk.
  private func check(index record: Record) throws(LogError) {
    guard isWrittenByThisProgram else { return }
    var fields = record.fields
    // This program's index records have no further fields; those of other programs may.
    guard let channel = fields.integer(UInt16.self), let length = fields.integer(UInt32.self),
      Int(length) == fields.remaining, length % 16 == 0
    else { throw damaged(record, "its fields do not fit into it") }
    let positions = messagePositions[channel] ?? []
    let matches =
      positions.count == Int(length) / 16
      && positions.allSatisfy {
        fields.integer(UInt64.self) == $0.time && fields.integer(UInt64.self) == $0.offset
      }
    guard matches else {
      throw damaged(record, "it is not that of channel \(channel) in chunk \(chunkCount)")
    }
  }

  /// Whether this program wrote the file; other writers may build indexes differently.
  private var isWrittenByThisProgram: Bool { library.hasPrefix("avg-vision") }

  private mutating func attachment(_ record: Record) throws(LogError) -> Item {
    guard let attachment = try MCAPAttachment(at: record.start, end: record.end, of: source) else {
      throw damaged(record, "its fields do not fit into it")
    }
    guard try attachment.isIntact(in: source) else { throw damaged(record, "its CRC-32 does not match") }
    note(isChecked: attachment.hasChecksum)
    try keep(
      text: attachment.name.utf8.count + attachment.mediaType.utf8.count + 64, of: "attachment",
      at: record.start)
    return .attachment(
      name: attachment.name, mediaType: attachment.mediaType, time: attachment.time,
      range: attachment.dataRange)
  }
}
