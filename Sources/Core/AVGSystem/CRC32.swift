/// A checksum of 32 bits, eight bytes at a time.
public struct CRC32: Hashable, Sendable {
  /// Which checksum it is.
  public enum Kind: Hashable, Sendable {
    /// That of zlib, PNG and MCAP (ISO-HDLC, polynomial 0x04C11DB7 reflected).
    case iso
    /// CRC-32C, that of TensorBoard's files and of iSCSI (polynomial 0x1EDC6F41 reflected).
    case castagnoli
  }

  private let kind: Kind
  /// The checksum of the bytes so far.
  public private(set) var value: UInt32 = 0

  /// Makes the checksum of no bytes.
  public init(_ kind: Kind = .iso) { self.kind = kind }

  /// The checksum of `bytes`.
  public static func of(_ bytes: [UInt8], _ kind: Kind = .iso) -> UInt32 {
    var checksum = CRC32(kind)
    bytes.withUnsafeBytes { checksum.update($0) }
    return checksum.value
  }

  /// Takes `bytes` in, after those before.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    value = (kind == .iso ? Self.isoTables : Self.castagnoliTables).withUnsafeBufferPointer { tables in
      var sum = ~value
      var index = 0
      while index + 8 <= bytes.count {
        let word: UInt64 = bytes.integer(at: index)
        let mixed = word ^ UInt64(sum)
        sum = 0
        for byte in 0..<8 {
          sum ^= tables[(7 - byte) &* 256 &+ Int(truncatingIfNeeded: (mixed >> (8 &* UInt64(byte))) & 0xFF)]
        }
        index += 8
      }
      while index < bytes.count {
        sum = tables[Int((sum ^ UInt32(bytes[index])) & 0xFF)] ^ (sum >> 8)
        index += 1
      }
      return ~sum
    }
  }

  private static let isoTables = tables(reflected: 0xEDB8_8320)
  private static let castagnoliTables = tables(reflected: 0x82F6_3B78)

  /// Table n [256] moves a byte n + 1 bytes along.
  private static func tables(reflected polynomial: UInt32) -> [UInt32] {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      tables[byte] = (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ polynomial : sum >> 1
      }
    }
    for index in 256..<tables.count {
      let previous = tables[index - 256]
      tables[index] = tables[Int(previous & 0xFF)] ^ (previous >> 8)
    }
    return tables
  }
}
