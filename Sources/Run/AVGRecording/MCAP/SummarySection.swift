import AVGCore
import AVGSystem

/// The summary at the end of a file, read as far as it can be: where to find things in a file that is damaged.
struct SummarySection {
  /// The most places that are kept: 24 bytes of memory each.
  private static let mostPlaces = 2_000_000

  /// What it defines.
  private(set) var definitions = MCAPDefinitions()
  /// Where chunks, attachments and metadata begin, ascending; each has been looked at.
  private(set) var landmarks: [Int] = []
  /// Where the data before it end.
  private(set) var dataEnd: Int
  /// Its checksum, if it has one, is right.
  private(set) var isTrusted: Bool
  /// Every record in it can be read.
  private(set) var isSound = true
  private var countedChannels: UInt32?

  /// It says itself that no channel is missing in it.
  var isComplete: Bool { isTrusted && countedChannels == UInt32(clamping: definitions.channelCount) }

  /// Reads it; nil for a file that does not end as a closed one with a summary does.
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
    // The record that ends the data stands right before the summary.
    let dataEndLength = MCAP.recordHeaderLength + 4
    var last = ByteCursor(try source.read(dataEndLength, at: max(0, Int(start) - dataEndLength)))
    let isPlaced = last.integer(UInt8.self) == MCAP.Opcode.dataEnd.rawValue && last.integer(UInt64.self) == 4
    dataEnd = isTrusted && isPlaced ? Int(start) : source.count
    isSound = isTrusted && isPlaced
    var places: [(opcode: MCAP.Opcode, offset: UInt64, length: UInt64)] = []
    var position = Int(start)
    while position < footerStart {
      var head = ByteCursor(try source.read(MCAP.recordHeaderLength, at: position))
      position += MCAP.recordHeaderLength
      guard let opcode = head.integer(UInt8.self), let length = head.integer(UInt64.self),
        position <= footerStart, length <= UInt64(footerStart - position),
        length <= UInt64(MCAPReader.largestWords), places.count < Self.mostPlaces
      else {
        isSound = false
        break
      }
      let record = try source.read(Int(length), at: position)
      if !read(MCAP.Opcode(rawValue: opcode), record, &places) { isSound = false }
      position += record.count
    }
    try setLandmarks(places, in: source)
  }

  /// Takes a record; or says that it cannot be read.
  private mutating func read(
    _ opcode: MCAP.Opcode?, _ record: [UInt8],
    _ places: inout [(opcode: MCAP.Opcode, offset: UInt64, length: UInt64)]
  ) -> Bool {
    var fields = ByteCursor(record)
    switch opcode {
    case .schema?, .channel?:
      guard let opcode, case .stands = definitions.add(opcode, record) else { return false }
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
      places.append((.chunk, offset, length))
    case .attachmentIndex?:
      guard let offset = fields.integer(UInt64.self), let length = fields.integer(UInt64.self),
        fields.skip(24), fields.text() != nil, fields.text() != nil
      else { return false }
      places.append((.attachment, offset, length))
    case .metadataIndex?:
      guard let offset = fields.integer(UInt64.self), let length = fields.integer(UInt64.self),
        fields.text() != nil
      else { return false }
      places.append((.metadata, offset, length))
    case .summaryOffset?: return fields.skip(17)
    case .header?, .footer?, .message?, .chunk?, .messageIndex?, .attachment?, .metadata?, .dataEnd?:
      return false
    // Kinds of record may be added to the format.
    case nil: break
    }
    return true
  }

  /// Keeps the places where a record of that kind and length begins: those may be damaged, and this may be.
  private mutating func setLandmarks(
    _ places: [(opcode: MCAP.Opcode, offset: UInt64, length: UInt64)], in source: borrowing LogSource
  ) throws(LogError) {
    for place in places.sorted(by: { $0.offset < $1.offset }) {
      guard let offset = Int(exactly: place.offset), offset >= MCAP.magic.count, offset < dataEnd else {
        isSound = false
        continue
      }
      var head = ByteCursor(try source.read(MCAP.recordHeaderLength, at: offset))
      guard head.integer(UInt8.self) == place.opcode.rawValue, let length = head.integer(UInt64.self),
        length.addingReportingOverflow(UInt64(MCAP.recordHeaderLength)) == (place.length, false)
      else {
        isSound = false
        continue
      }
      landmarks.append(offset)
    }
  }
}
