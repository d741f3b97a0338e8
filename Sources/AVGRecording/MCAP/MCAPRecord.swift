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
