import AVGSystem
import CLZ4
import CZstd

/// Decompression of chunks.
enum Decompression {
  /// The maximum uncompressed size of a chunk. The size in a file is only a claim, and memory is allocated for it.
  ///
  /// A chunk record, its contents and, during a repair, the kept part are in memory together; with this limit a reader
  /// stays below 256 MB. Writers usually make chunks of a few megabytes.
  static let largestChunk = 80 << 20

  /// Returns the records of a chunk.
  ///
  /// - Parameters:
  ///   - stored: the last field of the chunk.
  ///   - compression: "", "zstd" or "lz4" (frame format), as registered by MCAP.
  ///   - size: the expected uncompressed size.
  static func records(
    _ stored: ByteCursor, _ compression: String, size: UInt64, file: String, chunkStart: Int
  ) throws(LogError) -> ByteCursor {
    guard let size = Int(exactly: size), size <= largestChunk else {
      throw .unsupported(
        file: file,
        what:
          "the chunk at byte \(chunkStart) claims to hold \(size) bytes; at most \(largestChunk) are supported",
        advice: "Write it in smaller chunks: mcap compress --chunk-size 4194304")
    }
    let output: [UInt8]?
    switch compression {
    case "": return stored
    case "zstd": output = stored.withRemainingBytes { zstd($0, size: size) }
    case "lz4": output = stored.withRemainingBytes { lz4($0, size: size) }
    default:
      throw .unsupported(
        file: file, what: "its chunks are compressed with '\(compression)'",
        advice: "Convert it: mcap convert --compression zstd")
    }
    guard let output else {
      throw .damaged(
        file: file, byte: chunkStart, record: "chunk", reason: "its \(compression) stream cannot be read")
    }
    return ByteCursor(output)
  }

  private static func zstd(_ input: UnsafeRawBufferPointer, size: Int) -> [UInt8]? {
    // If the stream states its size, check it before allocating.
    let stated = ZSTD_getFrameContentSize(input.baseAddress, input.count)
    guard stated != ZSTD_CONTENTSIZE_ERROR, stated == ZSTD_CONTENTSIZE_UNKNOWN || stated <= UInt64(size)
    else {
      return nil
    }
    var output = [UInt8](repeating: 0, count: size)
    let count = output.withUnsafeMutableBytes {
      ZSTD_decompress($0.baseAddress, $0.count, input.baseAddress, input.count)
    }
    return ZSTD_isError(count) == 0 && count == size ? output : nil
  }

  private static func lz4(_ input: UnsafeRawBufferPointer, size: Int) -> [UInt8]? {
    var context: OpaquePointer?
    guard LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0 else {
      return nil
    }
    defer { LZ4F_freeDecompressionContext(context) }
    var output = [UInt8](repeating: 0, count: size)
    var (read, written) = (0, 0)
    var hint = 1
    while read < input.count, hint > 0 {
      var (source, target) = (input.count - read, size - written)
      hint = output.withUnsafeMutableBytes { output in
        LZ4F_decompress(
          context, output.baseAddress?.advanced(by: written), &target, input.baseAddress?.advanced(by: read),
          &source, nil)
      }
      guard LZ4F_isError(hint) == 0, source + target > 0 else { return nil }
      read += source
      written += target
    }
    return hint == 0 && written == size ? output : nil
  }
}
