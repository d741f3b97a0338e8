import AVGCore
import AVGSystem
import Glibc

/// A log file open for writing, with the checksum of everything written so far.
struct LogFile: ~Copyable {
  let path: String
  private(set) var length: UInt64 = 0
  private(set) var checksum = CRC32()
  private let file: OutputFile

  /// Creates the file; an existing file is not overwritten.
  init(creating path: String) throws(LogError) {
    self.path = path
    do throws(FileError) { file = try OutputFile(path: path, flags: O_CREAT | O_EXCL) } catch {
      throw .file(error)
    }
  }

  /// Writes all of `bytes`.
  mutating func write(_ bytes: [UInt8]) throws(LogError) {
    do throws(FileError) { try file.write(bytes) } catch { throw .file(error) }
    length += UInt64(bytes.count)
    bytes.withUnsafeBytes { checksum.update($0) }
  }

  /// Overwrites the first bytes of the file, without updating `checksum`.
  func overwriteStart(_ bytes: [UInt8]) throws(LogError) {
    do throws(FileError) { try file.overwriteStart(bytes) } catch { throw .file(error) }
  }

  /// Waits until everything has been written to the disk.
  func synchronize() throws(LogError) {
    do throws(FileError) { try file.synchronizeData() } catch { throw .file(error) }
  }
}

/// The bytes of a log, from a file, which may be compressed as a whole, or from an array.
struct LogSource: ~Copyable {
  /// The block size for reading long ranges.
  static let blockLength = 1 << 20

  /// The name of the log in messages.
  let name: String
  let count: Int
  /// Whether the file is compressed as a whole.
  let isCompressed: Bool
  private let bytes: any LogBytes

  init(reading path: String) throws(LogError) {
    let file = try LogFileBytes(path)
    name = path
    isCompressed = file.isCompressed
    count = file.count
    bytes = file
  }

  init(_ bytes: [UInt8], name: String) {
    self.name = name
    count = bytes.count
    isCompressed = false
    self.bytes = LogMemoryBytes(bytes: bytes)
  }

  /// Reads `length` bytes at `offset`; fewer at the end.
  func read(_ length: Int, at offset: Int) throws(LogError) -> [UInt8] {
    let start = max(0, min(offset, count))
    return try bytes.read(max(0, min(length, count - start)), at: start)
  }

  /// Updates `checksum` with the bytes of `range`, which must lie in the file, block by block.
  func update(_ checksum: inout CRC32, with range: Range<Int>) throws(LogError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let block = try read(min(Self.blockLength, range.upperBound - position), at: position)
      block.withUnsafeBytes { checksum.update($0) }
      position += block.count
    }
  }
}

/// A source of a log's bytes.
private protocol LogBytes {
  /// Reads `length` bytes at `offset`, which must exist.
  func read(_ length: Int, at offset: Int) throws(LogError) -> [UInt8]
}

private struct LogMemoryBytes: LogBytes {
  let bytes: [UInt8]

  func read(_ length: Int, at offset: Int) -> [UInt8] { Array(bytes[offset..<offset + length]) }
}

/// A log file open for reading, with a read-ahead buffer: records can be as short as nine bytes, and there can be
/// millions.
private final class LogFileBytes: LogBytes {
  private static let windowLength = 1 << 16

  let count: Int
  private let path: String
  private let descriptor: CInt
  private let compressed: CompressedFile?
  private var windowStart = 0
  private var window: [UInt8] = []

  init(_ path: String) throws(LogError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      let reason = String(cString: strerror(errno))
      if descriptor >= 0 { close(descriptor) }
      throw .system(file: path, action: "open the log", reason: reason)
    }
    do throws(LogError) {
      compressed = try CompressedFile(descriptor, name: path)
    } catch {
      close(descriptor)
      throw error
    }
    (self.path, self.descriptor) = (path, descriptor)
    count = compressed?.count ?? Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Whether the file is compressed as a whole.
  var isCompressed: Bool { compressed != nil }

  func read(_ length: Int, at offset: Int) throws(LogError) -> [UInt8] {
    if let compressed { return try compressed.read(length, at: offset) }
    guard length < Self.windowLength else { return try readFile(length, at: offset) }
    if offset < windowStart || offset + length > windowStart + window.count {
      // Read ahead only if the access is sequential.
      let isNext = (0...Self.windowLength).contains(offset - windowStart - window.count)
      window = try readFile(isNext ? min(Self.windowLength, count - offset) : length, at: offset)
      windowStart = offset
    }
    return Array(window[offset - windowStart..<offset - windowStart + length])
  }

  private func readFile(_ length: Int, at offset: Int) throws(LogError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: length)
    var done = 0
    while done < length {
      let read = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress?.advanced(by: done), length - done, off_t(offset + done))
      }
      if read < 0, errno == EINTR { continue }
      guard read > 0 else {
        throw .system(
          file: path, action: "read at byte \(offset + done)",
          reason: read < 0 ? String(cString: strerror(errno)) : "the file has become shorter")
      }
      done += read
    }
    return bytes
  }
}
