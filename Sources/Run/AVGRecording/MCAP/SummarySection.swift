import AVGCore
import AVGSystem

/// The summary of a possibly damaged file, as far as it can be read; it helps to find records in the damaged part.
struct SummarySection {
  /// The maximum number of positions kept; each takes 24 bytes of memory.
  private static let maximumPositionCount = 2_000_000

  /// The definitions in the summary.
  private(set) var definitions = MCAPDefinitions()
  /// The positions of chunks, attachments and metadata, ascending; each has been verified to hold such a record.
  private(set) var recordOffsets: [Int] = []
  /// The end of the data section.
  private(set) var dataEnd: Int
  /// Whether its checksum, if it has one, matches.
  private(set) var isTrusted: Bool
  /// Whether all its records are valid.
  private(set) var isValid = true
  private var countedChannels: UInt32?

  /// Whether it defines as many channels as its statistics count.
  var isComplete: Bool { isTrusted && countedChannels == UInt32(clamping: definitions.channelCount) }

  /// Reads the summary; nil if the file was not closed or has none.
  init?(of source: borrowing LogSource) throws(LogError) {
    let endLength = MCAP.recordHeaderLength + MCAP.footerLength + MCAP.magic.count
    let footerStart = source.count - endLength
    guard footerStart >= MCAP.magic.count else { return nil }
    var end = ByteCursor(try source.read(endLength, at: footerStart))
    guard end.integer(UInt8.self) == MCAP.Opcode.footer.rawValue,
      end.integer(UInt64.self) == UInt64(MCAP.footerLength), let start = end.integer(UInt64.self),
      end.integer(UInt64.self) != nil, let checksum = end.integer(UInt32.self), end.rest() == MCAP.magic,
      start > 0, start <= UInt64(footerStart)
    else { return nil }
    var own = CRC32()
    try source.update(&own, with: Int(start)..<source.count - 4 - MCAP.magic.count)
    isTrusted = checksum == 0 || checksum == own.value
    // The data end record must come directly before the summary.
    let dataEndLength = MCAP.recordHeaderLength + 4
    var last = ByteCursor(try source.read(dataEndLength, at: max(0, Int(start) - dataEndLength)))
    let isInPlace = last.integer(UInt8.self) == MCAP.Opcode.dataEnd.rawValue && last.integer(UInt64.self) == 4
    dataEnd = isTrusted && isInPlace ? Int(start) : source.count
    isValid = isTrusted && isInPlace
    var positions: [(opcode: MCAP.Opcode, offset: UInt64, length: UInt64)] = []
    var position = Int(start)
    while position < footerStart {
      var head = ByteCursor(try source.read(MCAP.recordHeaderLength, at: position))
      position += MCAP.recordHeaderLength
      guard let opcode = head.integer(UInt8.self), let length = head.integer(UInt64.self),
        position <= footerStart, length <= UInt64(footerStart - position),
        length <= UInt64(MCAPReader.largestTextRecord), positions.count < Self.maximumPositionCount
      else {
        isValid = false
        break
      }
      let record = try source.read(Int(length), at: position)
      if !read(MCAP.Opcode(rawValue: opcode), record, &positions) { isValid = false }
      position += record.count
    }
    try setRecordOffsets(positions, in: source)
  }

  /// Reads a record; returns false if it is invalid.
  private mutating func read(
    _ opcode: MCAP.Opcode?, _ record: [UInt8],
    _ positions: inout [(opcode: MCAP.Opcode, offset: UInt64, length: UInt64)]
  ) -> Bool {
    var fields = ByteCursor(record)
    switch opcode {
    case .schema?, .channel?:
      guard let opcode, case .present = definitions.add(opcode, record) else { return false }
    case .statistics?:
      guard fields.integer(UInt64.self) != nil, fields.integer(UInt16.self) != nil,
        let channels = fields.integer(UInt32.self), fields.skip(12 + 16),
        let counts = fields.integer(UInt32.self),
        counts % 10 == 0, fields.skip(Int(counts))
      else { return false }
      countedChannels = channels
    case .chunkIndex?:
      guard fields.skip(16), let offset = fields.integer(UInt64.self),
        let length = fields.integer(UInt64.self),
        let indexes = fields.integer(UInt32.self), indexes % 10 == 0, fields.skip(Int(indexes)),
        fields.skip(8), fields.text() != nil, fields.skip(16)
      else { return false }
      positions.append((.chunk, offset, length))
    case .attachmentIndex?:
      guard let offset = fields.integer(UInt64.self), let length = fields.integer(UInt64.self),
        fields.skip(24), fields.text() != nil, fields.text() != nil
      else { return false }
      positions.append((.attachment, offset, length))
    case .metadataIndex?:
      guard let offset = fields.integer(UInt64.self), let length = fields.integer(UInt64.self),
        fields.text() != nil
      else { return false }
      positions.append((.metadata, offset, length))
    case .summaryOffset?: return fields.skip(17)
    case .header?, .footer?, .message?, .chunk?, .messageIndex?, .attachment?, .metadata?, .dataEnd?:
      return false
    // Later versions of the format may add record kinds.
    case nil: break
    }
    return true
  }

  /// Keeps the positions at which a record of the listed kind and length begins, because either the file or the summary
  /// may be damaged.
  private mutating func setRecordOffsets(
    _ positions: [(opcode: MCAP.Opcode, offset: UInt64, length: UInt64)], in source: borrowing LogSource
  ) throws(LogError) {
    for entry in positions.sorted(by: { $0.offset < $1.offset }) {
      guard let offset = Int(exactly: entry.offset), offset >= MCAP.magic.count, offset < dataEnd else {
        isValid = false
        continue
      }
      var head = ByteCursor(try source.read(MCAP.recordHeaderLength, at: offset))
      guard head.integer(UInt8.self) == entry.opcode.rawValue, let length = head.integer(UInt64.self),
        length.addingReportingOverflow(UInt64(MCAP.recordHeaderLength)) == (entry.length, false)
      else {
        isValid = false
        continue
      }
      recordOffsets.append(offset)
    }
  }
}
