import AVGCore
import AVGSystem

/// The summary of a file under construction: definitions, counts and indexes.
struct MCAPSummary {
  /// A chunk index, without the positions of its message indexes.
  struct Chunk {
    var startTime: UInt64
    var endTime: UInt64
    var offset: UInt64
    var length: UInt64
    var compression = ""
    var compressedSize: UInt64
    var uncompressedSize: UInt64
    var indexLength: UInt64
  }

  var schemas = ByteBuffer()
  var channels = ByteBuffer()
  private var schemaNumbers: Set<UInt16> = []
  private(set) var chunkCount: UInt32 = 0
  private(set) var messageCount: UInt64 = 0

  private var chunkIndexes = ByteBuffer(capacity: 1 << 20)
  private var attachmentIndexes = ByteBuffer()
  private var metadataIndexes = ByteBuffer()
  private var attachmentCount: UInt32 = 0
  private var metadataCount: UInt32 = 0
  private var startTime = UInt64.max
  private var endTime: UInt64 = 0
  private var channelCounts: [UInt16: UInt64] = [:]

  /// Adds a channel, whose messages are counted from now on.
  ///
  /// - Returns: whether it is new.
  @discardableResult mutating func add(channel: UInt16) -> Bool {
    let isNew = channelCounts[channel] == nil
    if isNew { channelCounts[channel] = 0 }
    return isNew
  }

  /// Adds a schema.
  ///
  /// - Returns: whether it is new.
  mutating func define(schema: UInt16) -> Bool {
    // ID 0 means no schema (mcap.dev/spec, Schema), so there are at most 65,535, which the 16-bit count can hold.
    schema != 0 && schemaNumbers.insert(schema).inserted
  }

  /// Adds a chunk.
  ///
  /// - Parameter indexes: for each of its channels, the position of the message index and the number of messages.
  mutating func add(_ chunk: Chunk, indexes: [(channel: UInt16, offset: UInt64, messages: Int)]) {
    chunkIndexes.append(record: .chunkIndex) { fields in
      fields.append(integer: chunk.startTime)
      fields.append(integer: chunk.endTime)
      fields.append(integer: chunk.offset)
      fields.append(integer: chunk.length)
      fields.append(integer: UInt32(indexes.count * 10))
      for index in indexes {
        fields.append(integer: index.channel)
        fields.append(integer: index.offset)
      }
      fields.append(integer: chunk.indexLength)
      fields.append(text: chunk.compression)
      fields.append(integer: chunk.compressedSize)
      fields.append(integer: chunk.uncompressedSize)
    }
    chunkCount += 1
    guard !indexes.isEmpty else { return }
    startTime = min(startTime, chunk.startTime)
    endTime = max(endTime, chunk.endTime)
    for index in indexes { count(channel: index.channel, messages: index.messages) }
  }

  /// Counts a message outside of chunks.
  mutating func add(channel: UInt16, time: UInt64) {
    startTime = min(startTime, time)
    endTime = max(endTime, time)
    count(channel: channel, messages: 1)
  }

  private mutating func count(channel: UInt16, messages: Int) {
    messageCount += UInt64(messages)
    channelCounts[channel, default: 0] += UInt64(messages)
  }

  /// Adds an attachment at `offset`.
  mutating func add(
    attachment name: String, mediaType: String, time: UInt64, dataLength: Int, offset: UInt64, length: UInt64
  ) {
    attachmentIndexes.append(record: .attachmentIndex) { fields in
      fields.append(integer: offset)
      fields.append(integer: length)
      fields.append(integer: time)
      fields.append(integer: time)
      fields.append(integer: UInt64(dataLength))
      fields.append(text: name)
      fields.append(text: mediaType)
    }
    attachmentCount += 1
  }

  /// Adds a metadata record at `offset`.
  mutating func add(metadata name: String, offset: UInt64, length: UInt64) {
    metadataIndexes.append(record: .metadataIndex) { fields in
      fields.append(integer: offset)
      fields.append(integer: length)
      fields.append(text: name)
    }
    metadataCount += 1
  }

  /// Encodes the summary section and the footer for position `start`.
  func encoded(at start: UInt64) -> [UInt8] {
    var section = ByteBuffer()
    var groups: [(opcode: MCAP.Opcode, offset: UInt64, length: UInt64)] = []
    func add(_ opcode: MCAP.Opcode, _ records: ByteBuffer) {
      guard records.count > 0 else { return }
      groups.append((opcode, start + UInt64(section.count), UInt64(records.count)))
      section.append(records.bytes)
    }
    add(.schema, schemas)
    add(.channel, channels)
    add(.statistics, statistics)
    add(.chunkIndex, chunkIndexes)
    add(.attachmentIndex, attachmentIndexes)
    add(.metadataIndex, metadataIndexes)
    let offsetStart = start + UInt64(section.count)
    for group in groups {
      section.append(record: .summaryOffset) { fields in
        fields.append(group.opcode.rawValue)
        fields.append(integer: group.offset)
        fields.append(integer: group.length)
      }
    }
    section.append(MCAP.Opcode.footer.rawValue)
    section.append(integer: UInt64(MCAP.footerLength))
    section.append(integer: start)
    section.append(integer: offsetStart)
    section.append(integer: CRC32.of(section.bytes))
    section.append(MCAP.magic)
    return section.bytes
  }

  private var statistics: ByteBuffer {
    var record = ByteBuffer()
    record.append(record: .statistics) { fields in
      fields.append(integer: messageCount)
      fields.append(integer: UInt16(schemaNumbers.count))
      fields.append(integer: UInt32(channelCounts.count))
      fields.append(integer: attachmentCount)
      fields.append(integer: metadataCount)
      fields.append(integer: chunkCount)
      fields.append(integer: messageCount == 0 ? 0 : startTime)
      fields.append(integer: endTime)
      fields.append(integer: UInt32(channelCounts.count * 10))
      for (channel, count) in channelCounts.sorted(by: { $0.key < $1.key }) {
        fields.append(integer: channel)
        fields.append(integer: count)
      }
    }
    return record
  }
}
