/// The CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected) that frames TensorBoard's records.
enum CRC32C {
  /// The checksum of `bytes`, rotated and shifted as TensorBoard stores it, so that a checksum of bytes that hold
  /// checksums stays meaningful.
  static func masked(_ bytes: [UInt8]) -> UInt32 {
    let sum = value(bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }

  /// The checksum of `bytes`.
  static func value(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { sum, byte in table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ (sum >> 8) }
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
  }
}
