import AVGCore
import AVGSystem

/// The records of an MCAP file that are written rarely, each with its head.
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

/// A file within a file: its head, and where its bytes lie, which can be many.
struct MCAPAttachment {
  let name: String
  let mediaType: String
  let time: UInt64
  /// Where its bytes lie.
  let place: Range<Int>
  private let fieldsStart: Int
  private let expected: UInt32

  /// Whether its record holds a checksum.
  var hasChecksum: Bool { expected != 0 }

  /// Reads the record from `start` to `end`; nil if its fields do not fit into it.
  ///
  /// Fields that the format may get behind the checksum are passed over.
  init?(at start: Int, end: Int, of source: borrowing LogSource) throws(LogError) {
    fieldsStart = start + MCAP.recordHeaderLength
    var fields = ByteCursor(try source.read(min(end - fieldsStart, MCAPReader.largestWords), at: fieldsStart))
    guard let time = fields.integer(UInt64.self), fields.skip(8), let name = fields.text(),
      let mediaType = fields.text(), let length = fields.integer(UInt64.self)
    else { return nil }
    let dataStart = fieldsStart + fields.position
    guard end - dataStart >= 4, length <= UInt64(end - dataStart - 4) else { return nil }
    place = dataStart..<dataStart + Int(length)
    var checksum = ByteCursor(try source.read(4, at: place.upperBound))
    guard let expected = checksum.integer(UInt32.self) else { return nil }
    self.expected = expected
    (self.time, self.name, self.mediaType) = (time, name, mediaType)
  }

  /// Whether its checksum, where it has one, is that of its bytes.
  func isWhole(in source: borrowing LogSource) throws(LogError) -> Bool {
    guard hasChecksum else { return true }
    var checksum = CRC32()
    try source.update(&checksum, with: fieldsStart..<place.upperBound)
    return checksum.value == expected
  }
}
