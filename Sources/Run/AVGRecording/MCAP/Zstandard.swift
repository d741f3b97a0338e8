import CZstd

/// A streaming decompressor of zstd frames. <https://www.rfc-editor.org/rfc/rfc8878>
final class Zstandard {
  /// The maximum output of one call.
  static let blockLength = 128 << 10

  private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

  private let context: OpaquePointer
  private var block = [UInt8](repeating: 0, count: blockLength)

  /// Makes a decompressor; nil if there is not enough memory.
  init?() {
    guard let context = ZSTD_createDCtx() else { return nil }
    self.context = context
  }

  deinit { ZSTD_freeDCtx(context) }

  /// Whether the bytes begin with a frame's magic number.
  static func isFrame(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

  /// Decompresses complete frames; nil if they are damaged, cut off, or hold more than `limit` bytes.
  static func decompress(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    guard let stream = Zstandard() else { return nil }
    var (input, output) = (bytes[...], [UInt8]())
    while true {
      guard let isFrameEnd = stream.next(&input, { output.append(contentsOf: $0) }), output.count <= limit
      else {
        return nil
      }
      if input.isEmpty, isFrameEnd { return output }
      // A truncated frame gives no more output.
      if input.isEmpty, stream.isStarved { return nil }
    }
  }

  /// Whether the last call consumed no input and gave no output.
  private(set) var isStarved = false

  /// Starts a new frame.
  func reset() { ZSTD_DCtx_reset(context, ZSTD_reset_session_only) }

  /// Decompresses bytes from the front of `input` and passes the output to `take`.
  ///
  /// - Returns: whether a frame has ended; nil if the bytes are damaged.
  func next(_ input: inout ArraySlice<UInt8>, _ take: (UnsafeRawBufferPointer) -> Void) -> Bool? {
    var (read, written) = (0, 0)
    let hint = input.withUnsafeBytes { source in
      block.withUnsafeMutableBytes { target in
        var from = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
        var to = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        let hint = ZSTD_decompressStream(context, &to, &from)
        (read, written) = (from.pos, to.pos)
        return hint
      }
    }
    guard ZSTD_isError(hint) == 0 else { return nil }
    isStarved = read == 0 && written == 0
    input = input.dropFirst(read)
    block.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<written])) }
    return hint == 0
  }
}
