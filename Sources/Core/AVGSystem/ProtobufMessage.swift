/// A Protocol Buffers message as it grows, field by field, in the wire format.
///
/// Source: protobuf.dev, *Encoding*. Numbers that are zero are written like all others.
public struct ProtobufMessage: Sendable {
  /// The message so far.
  public private(set) var bytes: [UInt8] = []

  /// Makes an empty message.
  public init() {}

  /// Makes a message of the fields that `fill` adds.
  public init(_ fill: (inout ProtobufMessage) -> Void) { fill(&self) }

  /// Adds a field of type int64, uint64 or enum.
  public mutating func add(_ field: Int, integer: Int64) {
    addTag(field, wireType: 0)
    addVarint(UInt64(bitPattern: integer))
  }

  /// Adds a field of type double.
  public mutating func add(_ field: Int, double: Double) {
    addTag(field, wireType: 1)
    addLittleEndian(double.bitPattern)
  }

  /// Adds a field of type float.
  public mutating func add(_ field: Int, float: Float) {
    addTag(field, wireType: 5)
    addLittleEndian(float.bitPattern)
  }

  /// Adds a field of type bytes.
  public mutating func add(_ field: Int, bytes added: [UInt8]) {
    addTag(field, wireType: 2)
    addVarint(UInt64(added.count))
    bytes += added
  }

  /// Adds a field of type string.
  public mutating func add(_ field: Int, text: String) { add(field, bytes: Array(text.utf8)) }

  /// Adds a message as a field.
  public mutating func add(_ field: Int, message: ProtobufMessage) { add(field, bytes: message.bytes) }

  /// Adds a packed field of type repeated double.
  public mutating func add(_ field: Int, packed doubles: [Double]) {
    addTag(field, wireType: 2)
    addVarint(UInt64(8 * doubles.count))
    for double in doubles { addLittleEndian(double.bitPattern) }
  }

  /// Adds all fields of `other` to this message.
  public mutating func append(_ other: ProtobufMessage) { bytes += other.bytes }

  private mutating func addTag(_ field: Int, wireType: UInt64) {
    addVarint(UInt64(field) << 3 | wireType)
  }

  private mutating func addVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func addLittleEndian<Bits: FixedWidthInteger>(_ bits: Bits) {
    withUnsafeBytes(of: bits.littleEndian) { bytes += $0 }
  }
}
