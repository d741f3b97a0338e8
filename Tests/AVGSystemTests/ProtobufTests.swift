import AVGSystem
import Testing

@Suite("Protocol Buffers")
struct ProtobufTests {
  private func bytes(_ fill: (inout ByteBuffer) -> Void) -> [UInt8] { ByteBuffer(fill).bytes }

  /// The examples of protobuf.dev, *Encoding*.
  @Test("fields have the bytes of the format's own examples")
  func examples() {
    #expect(bytes { $0.append(field: 1, 150) } == [0x08, 0x96, 0x01])
    let text: [UInt8] = [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67]
    #expect(bytes { $0.append(field: 2, text: "testing") } == text)
    #expect(bytes { $0.append(field: 2, Array("testing".utf8)) } == text)
    let inner = ByteBuffer { $0.append(field: 1, 150) }
    #expect(bytes { $0.append(field: 3, message: inner) } == [0x1A, 0x03, 0x08, 0x96, 0x01])
    let negative = [0x08, 0xFE] + [UInt8](repeating: 0xFF, count: 8) + [0x01]
    #expect(bytes { $0.append(field: 1, -2) } == negative)
  }

  @Test("fixed numbers are little-endian, and a packed field has one tag")
  func fixedNumbers() {
    #expect(bytes { $0.append(field: 2, 1 as Float) } == [0x15, 0, 0, 0x80, 0x3F])
    #expect(bytes { $0.append(field: 1, 1.0) } == [0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
    let one: [UInt8] = [0, 0, 0, 0, 0, 0, 0xF0, 0x3F]
    #expect(bytes { $0.append(field: 6, [1.0, 1.0]) } == [0x32, 16] + one + one)
    #expect(bytes { $0.append(field: 6, [1 as Float]) } == [0x32, 4, 0, 0, 0x80, 0x3F])
  }

  @Test("a field's number may take more than one byte, and so may a length")
  func longTags() {
    #expect(bytes { $0.append(field: 16, 1) } == [0x80, 0x01, 0x01])
    let long = [UInt8](repeating: 7, count: 200)
    #expect(bytes { $0.append(field: 1, long) } == [0x0A, 0xC8, 0x01] + long)
  }

  @Test("zeros are left out but in a oneof, where they tell which field it is")
  func zeros() {
    #expect(
      bytes {
        $0.append(field: 1, 0)
        $0.append(field: 2, false)
        $0.append(field: 3, 0.0)
        $0.append(field: 4, [UInt8]())
        $0.append(field: 5, [Double]())
      }.isEmpty)
    #expect(bytes { $0.append(field: 2, 0 as Float, isOneof: true) } == [0x15, 0, 0, 0, 0])
    #expect(bytes { $0.append(field: 3, message: ByteBuffer()) } == [0x1A, 0])
  }
}

@Suite("The byte coder")
struct ByteBufferTests {
  @Test("numbers are little-endian wherever they lie, and end where the bytes do")
  func numbers() {
    var buffer = ByteBuffer {
      $0.append(7)
      $0.append(integer: 0x0102_0304 as UInt32)
      $0.append(integer: -2 as Int16)
    }
    #expect(buffer.bytes == [7, 4, 3, 2, 1, 0xFE, 0xFF])
    buffer.overwrite(integer: 0x0908 as UInt16, at: 1)
    var cursor = ByteCursor(buffer.bytes)
    #expect(cursor.integer(UInt8.self) == 7 && cursor.integer(UInt32.self) == 0x0102_0908)
    #expect(cursor.integer(UInt32.self) == nil && cursor.integer(Int16.self) == -2 && cursor.remaining == 0)
    #expect(buffer.bytes.withUnsafeBytes { $0.integer(Int16.self, at: 5) } == -2)
    buffer.clear()
    #expect(buffer.count == 0)
  }
}
