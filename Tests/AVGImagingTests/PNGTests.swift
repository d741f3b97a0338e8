import AVGCore
import AVGImaging
import Glibc
import Testing

@Suite("PNG")
struct PNGTests {
  /// An image in which neighbouring samples differ.
  static func patterned(height: Int, width: Int) -> Frame {
    var frame = Frame(shape: FrameShape(height: height, width: width))
    for index in frame.pixels.indices {
      frame.pixels[index] = UInt8(truncatingIfNeeded: index &* 37 &+ index / 7)
    }
    return frame
  }

  @Test("an image comes back from memory byte for byte", arguments: [(1, 1), (90, 160), (7, 31)])
  func roundTripsInMemory(height: Int, width: Int) throws {
    let frame = Self.patterned(height: height, width: width)
    let bytes = try PNG.encode(frame)
    #expect(bytes.prefix(4).elementsEqual([0x89, 0x50, 0x4E, 0x47]))
    let back = try PNG.decode(bytes)
    #expect(back.shape == frame.shape)
    #expect(back.pixels == frame.pixels)
  }

  @Test("an image comes back from a file byte for byte")
  func roundTripsThroughAFile() throws {
    let path = "/tmp/avg-png-\(getpid()).png"
    defer { unlink(path) }
    let frame = Self.patterned(height: 5, width: 9)
    try PNG.write(frame, to: path)
    #expect(try PNG.read(path).pixels == frame.pixels)
  }

  @Test("truncated files, garbage and empty data are refused", arguments: [0, 3, 40, 150])
  func refusesBrokenBytes(length: Int) throws {
    let whole = try PNG.encode(Self.patterned(height: 20, width: 30))
    try #require(length < whole.count)
    #expect(throws: PNGError.self) { _ = try PNG.decode(Array(whole.prefix(length))) }
    #expect(throws: PNGError.self) { _ = try PNG.decode([UInt8](repeating: 7, count: length)) }
  }

  @Test("a header that claims 10¹⁰ pixels is refused before anything is allocated")
  func refusesHugeHeaders() throws {
    // Signature, then an IHDR of 100,000 × 100,000, RGB, with its checksum.
    let bytes: [UInt8] = [
      0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52,
      0, 0x01, 0x86, 0xA0, 0, 0x01, 0x86, 0xA0, 8, 2, 0, 0, 0, 0x27, 0x30, 0x9C, 0x9F,
      0, 0, 0, 0, 0x49, 0x44, 0x41, 0x54, 0x35, 0xAF, 0x06, 0x1E,
    ]
    #expect(throws: PNGError.notRead(subject: "PNG data", reason: "more than 67108864 pixels")) {
      _ = try PNG.decode(bytes)
    }
  }

  @Test("a missing file is named in the error")
  func namesTheFile() {
    let error = #expect(throws: PNGError.self) { _ = try PNG.read("/nowhere/view.png") }
    #expect(error?.description.hasPrefix("/nowhere/view.png: cannot read the PNG image: ") == true)
  }

  @Test("a folder that does not exist is named in the error")
  func namesTheFolder() {
    let error = #expect(throws: PNGError.self) {
      try PNG.write(Self.patterned(height: 2, width: 2), to: "/nowhere/view.png")
    }
    #expect(error?.description.hasPrefix("/nowhere/view.png: cannot write the PNG image: ") == true)
  }
}
