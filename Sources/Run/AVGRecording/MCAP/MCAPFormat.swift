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

/// An encoder of bytes; `clear` keeps the memory.
struct ByteBuffer {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  var count: Int { bytes.count }

  mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  mutating func append(_ more: [UInt8]) { more.withUnsafeBytes { bytes.append(contentsOf: $0) } }

  mutating func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

  mutating func append(_ more: ArraySlice<UInt8>) { bytes.append(contentsOf: more) }

  /// Appends a number, little-endian.
  mutating func append<Number: FixedWidthInteger>(integer: Number) {
    withUnsafeBytes(of: integer.littleEndian) { bytes.append(contentsOf: $0) }
  }

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

  mutating func overwrite<Number: FixedWidthInteger>(integer: Number, at offset: Int) {
    withUnsafeBytes(of: integer.littleEndian) { source in
      bytes.withUnsafeMutableBytes { target in
        for index in source.indices { target[offset + index] = source[index] }
      }
    }
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

/// A decoder of bytes; its methods return nil where the bytes end too early.
struct ByteCursor {
  private let bytes: [UInt8]
  private(set) var position: Int
  private let end: Int

  init(_ bytes: [UInt8], from start: Int = 0, to end: Int? = nil) {
    self.bytes = bytes
    self.end = min(end ?? bytes.count, bytes.count)
    position = min(start, self.end)
  }

  var remaining: Int { end - position }

  mutating func integer<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
    let size = MemoryLayout<Number>.size
    guard remaining >= size else { return nil }
    defer { position += size }
    return bytes.withUnsafeBytes {
      Number(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Number.self))
    }
  }

  mutating func bytes(_ count: Int) -> [UInt8]? {
    guard count >= 0, remaining >= count else { return nil }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  /// Skips bytes; returns false if there are not enough.
  mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, remaining >= count else { return false }
    position += count
    return true
  }

  mutating func rest() -> [UInt8] { bytes(remaining) ?? [] }

  /// Returns a cursor over the next bytes without copying them.
  mutating func slice(_ count: Int) -> ByteCursor? {
    guard count >= 0, remaining >= count else { return nil }
    defer { position += count }
    return ByteCursor(bytes, from: position, to: position + count)
  }

  /// The CRC-32 of the remaining bytes.
  var checksum: UInt32 {
    withRemainingBytes { bytes in
      var checksum = CRC32()
      checksum.update(bytes)
      return checksum.value
    }
  }

  /// Calls `body` with the remaining bytes.
  func withRemainingBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withBytes(position..<end, body)
  }

  /// Calls `body` with the bytes in a range of positions.
  func withBytes<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
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
