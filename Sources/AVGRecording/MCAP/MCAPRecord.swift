import AVGCore

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

/// A file within a file, read.
struct MCAPAttachment {
  var time: UInt64
  var name: String
  var mediaType: String
  var data: [UInt8]
  /// Whether its record holds a checksum, which is right then.
  var hasChecksum: Bool

  /// Reads a record, header included; nil if its fields do not fit into it, or its checksum is wrong.
  ///
  /// Fields that the format may get behind the checksum are passed over.
  init?(_ record: [UInt8]) {
    var fields = ByteCursor(record, from: MCAP.recordHeaderLength)
    guard let time = fields.integer(UInt64.self), fields.skip(8), let name = fields.text(),
      let mediaType = fields.text(), let length = fields.length64(), let data = fields.bytes(length)
    else { return nil }
    let end = fields.position
    guard let expected = fields.integer(UInt32.self) else { return nil }
    var checksum = CRC32()
    record.withUnsafeBytes {
      checksum.update(UnsafeRawBufferPointer(rebasing: $0[MCAP.recordHeaderLength..<end]))
    }
    guard expected == 0 || expected == checksum.value else { return nil }
    (self.time, self.name, self.mediaType, self.data) = (time, name, mediaType, data)
    hasChecksum = expected != 0
  }
}
