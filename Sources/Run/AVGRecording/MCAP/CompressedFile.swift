import Glibc

/// A file that is zstd-compressed as a whole, read as if it were not. It is decompressed forward in one pass; reading
/// further back than a few megabytes starts another pass. A truncated or damaged file ends where decompression fails.
final class CompressedFile {
  /// The amount of decompressed data to keep for reading back.
  private static let windowLength = 4 << 20

  /// The decompressed size.
  private(set) var count = 0
  private let descriptor: CInt
  private let name: String
  private let stream: Zstandard
  /// Compressed bytes read from the file but not yet decompressed.
  private var input: ArraySlice<UInt8> = []
  private var fileOffset = 0
  private var window: [UInt8] = []
  private var windowStart = 0

  private var windowEnd: Int { windowStart + window.count }

  /// Opens a compressed file on a descriptor that the caller closes; nil if the file is not compressed.
  ///
  /// - Throws: `LogError.foreign` if the decompressed data are not an MCAP file.
  init?(_ descriptor: CInt, name: String) throws(LogError) {
    guard let stream = Zstandard() else {
      throw .system(file: name, action: "start decompressing", reason: String(cString: strerror(ENOMEM)))
    }
    self.descriptor = descriptor
    self.name = name
    self.stream = stream
    try fill()
    guard Zstandard.isFrame(Array(input)) else { return nil }
    while windowEnd < MCAP.magic.count, try advance() {}
    guard window.starts(with: MCAP.magic) else { throw .foreign(file: name) }
    while try advance() {}
    count = windowEnd
  }

  /// Reads `length` bytes at `offset`, which must exist.
  func read(_ length: Int, at offset: Int) throws(LogError) -> [UInt8] {
    if offset < windowStart { rewind() }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length)
    var position = offset
    while position < offset + length {
      if position < windowEnd {
        let end = min(offset + length, windowEnd)
        bytes.append(contentsOf: window[position - windowStart..<end - windowStart])
        position = end
      } else if try !advance() {
        throw .system(file: name, action: "read at byte \(position)", reason: "the file has become shorter")
      }
    }
    return bytes
  }

  private func rewind() {
    stream.reset()
    (input, fileOffset, window, windowStart) = ([], 0, [], 0)
  }

  /// Decompresses the next block; returns false at the end.
  private func advance() throws(LogError) -> Bool {
    while true {
      if input.isEmpty { try fill() }
      let before = window.count
      guard stream.next(&input, { window.append(contentsOf: $0) }) != nil, !stream.isStarved else {
        return false
      }
      guard window.count > before else { continue }
      if window.count > 2 * Self.windowLength {
        windowStart += window.count - Self.windowLength
        window.removeFirst(window.count - Self.windowLength)
      }
      return true
    }
  }

  /// Reads the next compressed block; `input` is empty at the end of the file.
  private func fill() throws(LogError) {
    var bytes = [UInt8](repeating: 0, count: Zstandard.blockLength)
    while true {
      let count = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress, $0.count, off_t(fileOffset))
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw .system(
          file: name, action: "read at byte \(fileOffset)", reason: String(cString: strerror(errno)))
      }
      fileOffset += count
      input = bytes[..<count]
      return
    }
  }
}
