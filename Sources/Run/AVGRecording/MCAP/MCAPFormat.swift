import AVGCore
import AVGSystem

/// The MCAP file format: records of an opcode, a length and fields, little-endian.
///
/// <https://mcap.dev/spec>
enum MCAP {
  /// The bytes with which a file begins and ends.
  static let magic: [UInt8] = [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]
  /// The size of a record's opcode and length.
  static let recordHeaderLength = 9
  /// The size of a message's fields before its data.
  static let messageHeaderLength = 22
  /// The size of the footer's fields: start of the summary, start of its offsets, checksum.
  static let footerLength = 20

  /// The kind of a record.
  enum Opcode: UInt8, Sendable {
    case header = 1, footer, schema, channel, message, chunk, messageIndex, chunkIndex, attachment,
      attachmentIndex, statistics, metadata, metadataIndex, summaryOffset, dataEnd
  }
}

extension ByteBuffer {
  /// Appends text, preceded by its length.
  mutating func append(text: String) {
    append(integer: UInt32(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  /// Appends pairs of text, preceded by their total length.
  mutating func append(map: [(key: String, value: String)]) {
    let start = count
    append(integer: UInt32(0))
    for (key, value) in map {
      append(text: key)
      append(text: value)
    }
    overwrite(integer: UInt32(count - start - 4), at: start)
  }

  /// Appends a record; `fields` appends its fields.
  mutating func append(record opcode: MCAP.Opcode, _ fields: (inout ByteBuffer) -> Void) {
    append(opcode.rawValue)
    let start = count
    append(integer: UInt64(0))
    fields(&self)
    overwrite(integer: UInt64(count - start - 8), at: start)
  }
}

extension ByteCursor {
  /// The CRC-32 of the remaining bytes.
  var checksum: UInt32 {
    withRemainingBytes { bytes in
      var checksum = CRC32()
      checksum.update(bytes)
      return checksum.value
    }
  }

  mutating func length64() -> Int? {
    guard let count = integer(UInt64.self), count <= UInt64(max(0, remaining)) else { return nil }
    return Int(count)
  }

  mutating func text() -> String? {
    guard let count = integer(UInt32.self), let bytes = bytes(Int(count)) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  mutating func map() -> [(key: String, value: String)]? {
    guard let count = integer(UInt32.self), Int(count) <= remaining else { return nil }
    let end = position + Int(count)
    var pairs: [(key: String, value: String)] = []
    while position < end {
      guard let key = text(), let value = text() else { return nil }
      pairs.append((key, value))
    }
    return position == end ? pairs : nil
  }
}
