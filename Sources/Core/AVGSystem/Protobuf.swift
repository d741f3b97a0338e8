/// Encoding of Protocol Buffers' wire format.
///
/// <https://protobuf.dev/programming-guides/encoding>. As in proto3, fields that are zero, false or empty are omitted,
/// but for messages and `text`; a field of a oneof, which is written always, is said to be one.
extension ByteBuffer {
  private mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  private mutating func append(tag number: Int, _ type: Protobuf.WireType) {
    append(varint: UInt64(number) << 3 | UInt64(type.rawValue))
  }

  /// Appends a field of type uint32, uint64 or enum.
  package mutating func append(field number: Int, _ value: UInt64) {
    guard value != 0 else { return }
    append(tag: number, .varint)
    append(varint: value)
  }

  /// Appends a field of type int32 or int64.
  package mutating func append(field number: Int, _ value: Int) {
    append(field: number, UInt64(bitPattern: Int64(value)))
  }

  /// Appends a field of type bool.
  package mutating func append(field number: Int, _ value: Bool) {
    append(field: number, value ? 1 : 0 as UInt64)
  }

  /// Appends a field of type float.
  package mutating func append(field number: Int, _ value: Float, isOneof: Bool = false) {
    guard isOneof || value.bitPattern != 0 else { return }
    append(tag: number, .fixed32)
    append(integer: value.bitPattern)
  }

  /// Appends a field of type double.
  package mutating func append(field number: Int, _ value: Double) {
    guard value.bitPattern != 0 else { return }
    append(tag: number, .fixed64)
    append(integer: value.bitPattern)
  }

  /// Appends a field of type fixed32.
  package mutating func append(field number: Int, fixed32 value: UInt32) {
    guard value != 0 else { return }
    append(tag: number, .fixed32)
    append(integer: value)
  }

  /// Appends a field of type repeated float, packed.
  package mutating func append(field number: Int, _ values: [Float]) {
    guard !values.isEmpty else { return }
    append(tag: number, .lengthDelimited)
    append(varint: UInt64(4 * values.count))
    for index in values.indices { append(integer: values[index].bitPattern) }
  }

  /// Appends a field of type repeated double, packed.
  package mutating func append(field number: Int, _ values: [Double]) {
    guard !values.isEmpty else { return }
    append(tag: number, .lengthDelimited)
    append(varint: UInt64(8 * values.count))
    for index in values.indices { append(integer: values[index].bitPattern) }
  }

  /// Appends a field of type bytes, or of type string in UTF-8.
  package mutating func append(field number: Int, _ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    append(tag: number, .lengthDelimited)
    append(varint: UInt64(bytes.count))
    append(bytes)
  }

  /// Appends a field whose type is a message.
  package mutating func append(field number: Int, message: ByteBuffer) {
    append(tag: number, .lengthDelimited)
    append(varint: UInt64(message.count))
    append(message.bytes)
  }

  /// Appends a field of type string.
  package mutating func append(field number: Int, text: StaticString) {
    append(tag: number, .lengthDelimited)
    append(varint: UInt64(text.utf8CodeUnitCount))
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends a google.protobuf.Timestamp.
  package mutating func append(field number: Int, nanoseconds: UInt64) {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    append(tag: number, .lengthDelimited)
    let start = count
    append(0)
    append(field: 1, seconds)
    append(field: 2, rest)
    // Two varints are shorter than 128 bytes, so the length is one byte.
    overwrite(integer: UInt8(count - start - 1), at: start)
  }
}

/// Protocol Buffers' wire format.
package enum Protobuf {
  fileprivate enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  /// A decoded message, by field number; of repeated scalar values the last counts, except in lists.
  package struct Fields {
    private var numbers: [Int: UInt64] = [:]
    private var blocks: [Int: [UInt8]] = [:]
    private var floatLists: [Int: [Float]] = [:]

    /// Decodes a message; nil if it is malformed.
    package init?(_ message: [UInt8]) {
      var cursor = ByteCursor(message)
      while cursor.remaining > 0 {
        guard let tag = cursor.varint(), let type = WireType(rawValue: UInt8(truncatingIfNeeded: tag & 7)),
          tag >> 3 > 0,
          tag >> 3 < 1 << 29
        else { return nil }
        let number = Int(tag >> 3)
        switch type {
        case .varint:
          guard let value = cursor.varint() else { return nil }
          numbers[number] = value
        case .fixed64:
          guard let value = cursor.integer(UInt64.self) else { return nil }
          numbers[number] = value
        case .fixed32:
          guard let value = cursor.integer(UInt32.self) else { return nil }
          numbers[number] = UInt64(value)
          // A list of floats need not be packed.
          floatLists[number, default: []].append(Float(bitPattern: value))
        case .lengthDelimited:
          guard let length = cursor.varint(), length <= UInt64(cursor.remaining),
            let bytes = cursor.bytes(Int(length))
          else { return nil }
          blocks[number] = bytes
        }
      }
    }

    /// The number of a field of type uint32, uint64, fixed32 or enum; 0 where there is none.
    package func unsigned(_ number: Int) -> UInt64 { numbers[number] ?? 0 }

    /// The number of a field of type int32 or int64.
    package func integer(_ number: Int) -> Int { Int(Int64(bitPattern: unsigned(number))) }

    /// The value of a field of type bool.
    package func boolean(_ number: Int) -> Bool { unsigned(number) != 0 }

    /// The number of a field of type float.
    package func float(_ number: Int) -> Float {
      Float(bitPattern: UInt32(truncatingIfNeeded: unsigned(number)))
    }

    /// The number of a field of type double.
    package func double(_ number: Int) -> Double { Double(bitPattern: unsigned(number)) }

    /// The bytes of a field; nil where there is none.
    package func block(_ number: Int) -> [UInt8]? { blocks[number] }

    /// The bytes of a field of type bytes, string, or a message.
    package func bytes(_ number: Int) -> [UInt8] { blocks[number] ?? [] }

    /// The text of a field of type string.
    package func text(_ number: Int) -> String { String(decoding: bytes(number), as: UTF8.self) }

    /// The numbers of a field of type repeated float.
    package func floats(_ number: Int) -> [Float] {
      guard let packed = blocks[number] else { return floatLists[number] ?? [] }
      var cursor = ByteCursor(packed)
      var values: [Float] = []
      while let bits = cursor.integer(UInt32.self) { values.append(Float(bitPattern: bits)) }
      return values
    }

    /// Decodes a google.protobuf.Timestamp to nanoseconds.
    package func nanoseconds(_ number: Int) -> UInt64 {
      guard let fields = Fields(bytes(number)) else { return 0 }
      return fields.unsigned(1) &* 1_000_000_000 &+ fields.unsigned(2)
    }
  }
}

extension ByteCursor {
  fileprivate mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard let byte = integer(UInt8.self) else { return nil }
      value |= UInt64(byte & 0x7F) << UInt64(min(shift, 63))
      if byte < 0x80 { return value }
    }
    return nil
  }
}
