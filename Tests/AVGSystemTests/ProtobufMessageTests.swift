import AVGCore
import AVGSystem
import Testing

@Suite("Protocol Buffers")
struct ProtobufMessageTests {
  /// The examples of protobuf.dev, *Encoding*.
  @Test("fields have the bytes of the format's own examples")
  func examples() {
    #expect(ProtobufMessage { $0.add(1, integer: 150) }.bytes == [0x08, 0x96, 0x01])
    #expect(
      ProtobufMessage { $0.add(2, text: "testing") }.bytes == [
        0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67,
      ]
    )
    let inner = ProtobufMessage { $0.add(1, integer: 150) }
    #expect(ProtobufMessage { $0.add(3, message: inner) }.bytes == [0x1A, 0x03, 0x08, 0x96, 0x01])
    #expect(
      ProtobufMessage { $0.add(1, integer: -2) }.bytes == [0x08, 0xFE] + [UInt8](repeating: 0xFF, count: 8)
        + [0x01]
    )
  }

  @Test("fixed numbers are little-endian, and a packed field has one tag")
  func fixedNumbers() {
    #expect(ProtobufMessage { $0.add(2, float: 1) }.bytes == [0x15, 0, 0, 0x80, 0x3F])
    #expect(ProtobufMessage { $0.add(1, double: 1) }.bytes == [0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
    let one: [UInt8] = [0, 0, 0, 0, 0, 0, 0xF0, 0x3F]
    #expect(ProtobufMessage { $0.add(6, packed: [1, 1]) }.bytes == [0x32, 16] + one + one)
  }

  @Test("a field's number may take more than one byte, and so may a length")
  func longTags() {
    #expect(ProtobufMessage { $0.add(16, integer: 1) }.bytes == [0x80, 0x01, 0x01])
    let bytes = [UInt8](repeating: 7, count: 200)
    #expect(ProtobufMessage { $0.add(1, bytes: bytes) }.bytes == [0x0A, 0xC8, 0x01] + bytes)
  }
}
