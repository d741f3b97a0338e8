import AVGCore
import Glibc

/// A log's file open for writing, with the checksum of all that has been written.
struct LogFile: ~Copyable {
  let path: String
  private(set) var length: UInt64 = 0
  private(set) var checksum = CRC32()
  private let descriptor: CInt

  /// Makes the file; one that exists is not overwritten.
  init(creating path: String) throws(LogError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.error(path, "make the log") }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Writes all of `bytes`.
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.error(path, "write") }
      done += count
    }
    length += UInt64(bytes.count)
    checksum.update(bytes)
  }

  /// Writes all of `bytes`.
  mutating func write(_ bytes: [UInt8]) throws(LogError) {
    var failure: LogError?
    bytes.withUnsafeBytes { pointer in
      do throws(LogError) { try write(pointer) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Replaces the first bytes, which are outside of the checksum then.
  func overwriteStart(_ bytes: [UInt8]) throws(LogError) {
    guard bytes.withUnsafeBytes({ pwrite(descriptor, $0.baseAddress, $0.count, 0) }) == bytes.count else {
      throw Self.error(path, "write")
    }
  }

  /// Waits until the disk has all that was written.
  func synchronize() throws(LogError) {
    guard fdatasync(descriptor) == 0 else { throw Self.error(path, "wait for the disk") }
  }

  private static func error(_ path: String, _ action: String) -> LogError {
    .system(file: path, action: action, reason: String(cString: strerror(errno)))
  }
}

/// A log's bytes, in a file or in memory.
struct LogSource: ~Copyable {
  /// What it is called in messages.
  let name: String
  let count: Int
  private let descriptor: CInt
  private let memory: [UInt8]

  init(reading path: String) throws(LogError) {
    name = path
    memory = []
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      throw .system(file: path, action: "open the log", reason: String(cString: strerror(errno)))
    }
    count = Int(status.st_size)
  }

  init(_ bytes: [UInt8], name: String) {
    self.name = name
    memory = bytes
    count = bytes.count
    descriptor = -1
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The bytes from `offset` on; fewer at the end.
  func read(_ length: Int, at offset: Int) throws(LogError) -> [UInt8] {
    let length = max(0, min(length, count - offset))
    guard descriptor >= 0 else { return Array(memory[min(offset, count)..<min(offset, count) + length]) }
    var bytes = [UInt8](repeating: 0, count: length)
    var done = 0
    while done < length {
      let read = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress?.advanced(by: done), length - done, offset + done)
      }
      if read < 0, errno == EINTR { continue }
      guard read > 0 else {
        throw .system(
          file: name, action: "read at byte \(offset + done)",
          reason: read < 0 ? String(cString: strerror(errno)) : "the file has become shorter")
      }
      done += read
    }
    return bytes
  }
}
