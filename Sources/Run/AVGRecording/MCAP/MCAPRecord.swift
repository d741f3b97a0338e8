import AVGCore
import AVGSystem

/// Encoders of the rarely written records of an MCAP file, headers included.
enum MCAPRecord {
  static func schema(_ number: UInt16, name: String, encoding: String, data: [UInt8]) -> ByteBuffer {
    make(.schema) { fields in
      fields.append(integer: number)
      fields.append(text: name)
      fields.append(text: encoding)
      fields.append(integer: UInt32(data.count))
      fields.append(data)
    }
  }

  static func channel(_ number: UInt16, schema: UInt16, topic: String, encoding: String) -> ByteBuffer {
    make(.channel) { fields in
      fields.append(integer: number)
      fields.append(integer: schema)
      fields.append(text: topic)
      fields.append(text: encoding)
      fields.append(map: [])
    }
  }

  static func metadata(_ name: String, _ entries: [(key: String, value: String)]) -> ByteBuffer {
    make(.metadata) { fields in
      fields.append(text: name)
      fields.append(map: entries)
    }
  }

  static func attachment(_ name: String, mediaType: String, time: UInt64, _ data: [UInt8]) -> ByteBuffer {
    make(.attachment) { fields in
      fields.append(integer: time)
      fields.append(integer: time)
      fields.append(text: name)
      fields.append(text: mediaType)
      fields.append(integer: UInt64(data.count))
      fields.append(data)
      fields.append(integer: CRC32.of(Array(fields.bytes[MCAP.recordHeaderLength...])))
    }
  }

  private static func make(_ opcode: MCAP.Opcode, _ fields: (inout ByteBuffer) -> Void) -> ByteBuffer {
    var record = ByteBuffer()
    record.append(record: opcode, fields)
    return record
  }
}

/// An attachment: its fields, and the range of its data, which can be large.
struct MCAPAttachment {
  let name: String
  let mediaType: String
  let time: UInt64
  /// The range of its data in the file.
  let dataRange: Range<Int>
  private let fieldsStart: Int
  private let expected: UInt32

  /// Whether its record has a checksum.
  var hasChecksum: Bool { expected != 0 }

  /// Reads the record from `start` to `end`; nil if it is malformed.
  ///
  /// Fields after the checksum, which later versions of the format may add, are ignored.
  init?(at start: Int, end: Int, of source: borrowing LogSource) throws(LogError) {
    fieldsStart = start + MCAP.recordHeaderLength
    var fields = ByteCursor(
      try source.read(min(end - fieldsStart, MCAPReader.largestTextRecord), at: fieldsStart))
    guard let time = fields.integer(UInt64.self), fields.skip(8), let name = fields.text(),
      let mediaType = fields.text(), let length = fields.integer(UInt64.self)
    else { return nil }
    let dataStart = fieldsStart + fields.position
    guard end - dataStart >= 4, length <= UInt64(end - dataStart - 4) else { return nil }
    dataRange = dataStart..<dataStart + Int(length)
    var checksum = ByteCursor(try source.read(4, at: dataRange.upperBound))
    guard let expected = checksum.integer(UInt32.self) else { return nil }
    self.expected = expected
    (self.time, self.name, self.mediaType) = (time, name, mediaType)
  }

  /// Whether its checksum, if it has one, matches.
  func isIntact(in source: borrowing LogSource) throws(LogError) -> Bool {
    guard hasChecksum else { return true }
    var checksum = CRC32()
    try source.update(&checksum, with: fieldsStart..<dataRange.upperBound)
    return checksum.value == expected
  }
}
