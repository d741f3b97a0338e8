import AVGSystem

/// A writer of AVI files with JPEG images (Motion JPEG), which any player shows.
///
/// <https://learn.microsoft.com/windows/win32/directshow/avi-riff-file-reference>
struct AVIWriter: ~Copyable {
  /// RIFF lengths have 32 bits, and many readers treat them as signed.
  private static let largestLength = UInt64(Int32.max)

  private static let headerLength = 224

  private var file: LogFile
  private var index = ByteBuffer()
  private var frameCount: UInt32 = 0
  private var moviLength: UInt32 = 4
  private let width: UInt16
  private let height: UInt16
  private let microsecondsPerFrame: UInt32

  /// Creates a file, which must not exist; a JPEG image has at most 65,535 pixels a side.
  init(creating path: String, width: Int, height: Int, microsecondsPerFrame: Int) throws(LogError) {
    guard let width = UInt16(exactly: width), let height = UInt16(exactly: height) else {
      throw .unsupported(
        file: path, what: "its images of \(width)x\(height) pixels are too large for an AVI file",
        advice: "Export the frames as files instead.")
    }
    var file = try LogFile(creating: path)
    // Reserve space for the header, which is written last.
    try file.write([UInt8](repeating: 0, count: Self.headerLength))
    self.file = file
    self.width = width
    self.height = height
    self.microsecondsPerFrame = UInt32(clamping: max(1, microsecondsPerFrame))
  }

  /// Adds an image.
  mutating func append(_ jpeg: [UInt8]) throws(LogError) {
    guard file.length + UInt64(jpeg.count + index.count) + 1024 < Self.largestLength else {
      throw .unsupported(
        file: file.path, what: "an AVI file can hold at most 2 GiB",
        advice: "Export the frames as files instead.")
    }
    var chunk = ByteBuffer()
    chunk.append(Array("00dc".utf8))
    chunk.append(integer: UInt32(jpeg.count))
    chunk.append(jpeg)
    if jpeg.count % 2 == 1 { chunk.append(0) }
    index.append(Array("00dc".utf8))
    // The flag AVIIF_KEYFRAME: every JPEG image is a key frame.
    index.append(integer: UInt32(0x10))
    index.append(integer: moviLength)
    index.append(integer: UInt32(jpeg.count))
    moviLength += UInt32(chunk.count)
    frameCount += 1
    try file.write(chunk.bytes)
  }

  /// Writes the index, then the header with the final numbers.
  mutating func close() throws(LogError) {
    var end = ByteBuffer()
    end.append(Array("idx1".utf8))
    end.append(integer: UInt32(index.count))
    end.append(index.bytes)
    try file.write(end.bytes)
    try file.overwriteStart(header)
    try file.synchronize()
  }

  private var header: [UInt8] {
    var stream = ByteBuffer()
    stream.append(list: "strl") { list in
      list.append(chunk: "strh") { header in
        header.append(Array("vidsMJPG".utf8))
        for value in [0, 0, 0, microsecondsPerFrame, 1_000_000, 0, frameCount, 0, UInt32.max, 0] {
          header.append(integer: value)
        }
        for side in [0, 0, width, height] { header.append(integer: side) }
      }
      list.append(chunk: "strf") { format in
        format.append(integer: UInt32(40))
        format.append(integer: UInt32(width))
        format.append(integer: UInt32(height))
        format.append(integer: UInt16(1))
        format.append(integer: UInt16(24))
        format.append(Array("MJPG".utf8))
        // Up to 12 GB, which does not fit, but players go by the images themselves.
        let byteCount = UInt32(clamping: 3 * Int(width) * Int(height))
        for value in [byteCount, 0, 0, 0, 0] { format.append(integer: value) }
      }
    }
    var list = ByteBuffer()
    list.append(list: "hdrl") { list in
      list.append(chunk: "avih") { header in
        // The flag AVIF_HASINDEX (0x10).
        for value in [
          microsecondsPerFrame, 0, 0, 0x10, frameCount, 0, 1, 0, UInt32(width), UInt32(height), 0, 0, 0, 0,
        ] {
          header.append(integer: value)
        }
      }
      list.append(stream.bytes)
    }
    var header = ByteBuffer()
    header.append(Array("RIFF".utf8))
    let indexLength = frameCount == 0 ? 0 : index.count + 8
    header.append(integer: UInt32(4 + list.count + 8 + indexLength) + moviLength)
    header.append(Array("AVI ".utf8))
    header.append(list.bytes)
    header.append(Array("LIST".utf8))
    header.append(integer: moviLength)
    header.append(Array("movi".utf8))
    return header.bytes
  }
}

extension ByteBuffer {
  fileprivate mutating func append(chunk name: String, _ content: (inout ByteBuffer) -> Void) {
    append(Array(name.utf8))
    let start = count
    append(integer: UInt32(0))
    content(&self)
    overwrite(integer: UInt32(count - start - 4), at: start)
  }

  fileprivate mutating func append(list name: String, _ content: (inout ByteBuffer) -> Void) {
    append(chunk: "LIST") { list in
      list.append(Array(name.utf8))
      content(&list)
    }
  }
}
