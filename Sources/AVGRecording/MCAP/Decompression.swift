import CLZ4
import CZstd

/// What chunks are compressed with.
enum Decompression {
  /// The records of a chunk.
  ///
  /// - Parameters:
  ///   - compression: "", "zstd" or "lz4" (the frame format), as MCAP registers them.
  ///   - size: the bytes that should come out.
  static func decompress(
    _ bytes: [UInt8], _ compression: String, size: Int, file: String, chunkStart: Int
  ) throws(LogError) -> [UInt8] {
    let output: [UInt8]?
    switch compression {
    case "": return bytes
    case "zstd": output = zstd(bytes, size: size)
    case "lz4": output = lz4(bytes, size: size)
    default:
      throw .unsupported(
        file: file, what: "its chunks are compressed with '\(compression)'",
        advice: "Convert it: mcap convert --compression zstd")
    }
    guard let output else {
      throw .damaged(
        file: file, byte: chunkStart, record: "chunk", reason: "its \(compression) stream cannot be read")
    }
    return output
  }

  private static func zstd(_ input: [UInt8], size: Int) -> [UInt8]? {
    var output = [UInt8](repeating: 0, count: size)
    let count = output.withUnsafeMutableBytes { output in
      input.withUnsafeBytes { ZSTD_decompress(output.baseAddress, output.count, $0.baseAddress, $0.count) }
    }
    return ZSTD_isError(count) == 0 && count == size ? output : nil
  }

  private static func lz4(_ input: [UInt8], size: Int) -> [UInt8]? {
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
        input.withUnsafeBytes {
          LZ4F_decompress(
            context, output.baseAddress?.advanced(by: written), &target, $0.baseAddress?.advanced(by: read),
            &source, nil)
        }
      }
      guard LZ4F_isError(hint) == 0, source + target > 0 else { return nil }
      read += source
      written += target
    }
    return hint == 0 && written == size ? output : nil
  }
}
