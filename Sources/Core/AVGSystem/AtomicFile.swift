import AVGCore
import Glibc

/// Files that are either there whole or not at all, whatever happens while they are written.
public enum AtomicFile {
  /// Puts `bytes` at `path`, in place of what lies there: writes a temporary file beside it, waits until the
  /// disk has it, renames it, and waits for the folder. A device, a pipe or a terminal is written to as it is.
  ///
  /// - Parameter beforeReplacing: what is done once the disk has the new file, before it takes the old one's place.
  public static func write(
    _ bytes: [UInt8], to path: String, beforeReplacing: () throws(FileError) -> Void = {}
  ) throws(FileError) {
    guard !isStream(path) else { return try OutputFile(path: path, flags: O_TRUNC).write(bytes) }
    let temporary = path + ".partial"
    do {
      let file = try OutputFile(replacing: temporary)
      try file.write(bytes)
      try file.synchronize()
      try beforeReplacing()
    } catch {
      unlink(temporary)
      throw error
    }
    do throws(FileError) { try replace(path, with: temporary) } catch {
      unlink(temporary)
      throw error
    }
  }

  /// Copies the file at `path` to `copy`, in place of what lies there, a few megabytes at a time, and waits for the disk.
  package static func copy(_ path: String, to copy: String) throws(FileError) {
    let length = 1 << 22
    var block = try InputFile.bytes(at: path, from: 0, count: length)
    let file = try OutputFile(replacing: copy)
    var done = 0
    while !block.isEmpty {
      try file.write(block)
      done += block.count
      block = try InputFile.bytes(at: path, from: done, count: length)
    }
    try file.synchronize()
  }

  /// Puts the file `new` at `path`, in place of what lies there, and waits for the folder.
  package static func replace(_ path: String, with new: String) throws(FileError) {
    // A folder is refused by the system.
    guard [nil, S_IFREG, S_IFDIR].contains(kind(of: path)) else {
      errno = EEXIST
      throw FileError(path: path, action: "put the new file in place")
    }
    guard rename(new, path) == 0 else { throw FileError(path: path, action: "put the new file in place") }
    try OutputFile(folder: folder(of: path)).synchronize()
  }

  /// Whether `path` names something to write to that no file may take the place of: a character device, a pipe, or, as
  /// `/dev/stdout`, what is open already.
  private static func isStream(_ path: String) -> Bool {
    if let kind = kind(of: path), kind == S_IFCHR || kind == S_IFIFO { return true }
    var status = stat()
    return ["/dev/", "/proc/"].contains(where: path.hasPrefix) && lstat(path, &status) == 0
      && status.st_mode & S_IFMT == S_IFLNK
  }

  /// What lies at `path`, or where a link there leads, as S_IFMT has it; nil for nothing.
  private static func kind(of path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  /// Puts `text` in UTF-8 at `path`, in place of what lies there.
  public static func write(_ text: String, to path: String) throws(FileError) {
    try write(Array(text.utf8), to: path)
  }

  /// Gives the file at `path` a second name beside it, `NAME-damaged-1.EXTENSION` or the next one that is free, so that
  /// it is kept when another takes its place.
  ///
  /// - Returns: the second name; nil if there is no such file.
  package static func setAside(_ path: String) throws(FileError) -> String? {
    let name = path[(path.lastIndex(of: "/") ?? path.startIndex)...]
    let end = name.lastIndex(of: ".") ?? path.endIndex
    for number in 1...10_000 {
      let target = "\(path[..<end])-damaged-\(number)\(path[end...])"
      if link(path, target) == 0 { return target }
      if errno == ENOENT { return nil }
      if errno == EEXIST { continue }
      // A file system without links (FAT).
      guard access(target, F_OK) != 0 else { continue }
      guard rename(path, target) == 0 else { break }
      return target
    }
    throw FileError(path: path, action: "keep the file under another name")
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// A file open for writing, closed when it goes.
package struct OutputFile: ~Copyable {
  private let path: String
  private let descriptor: CInt

  /// Opens `path` with `flags` of open(2).
  package init(path: String, flags: CInt) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CLOEXEC | flags, 0o644)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open for writing") }
  }

  /// Makes the file at `path` anew. What lies there is taken away, not written into: a link might lead anywhere.
  package init(replacing path: String) throws(FileError) {
    unlink(path)
    try self.init(path: path, flags: O_CREAT | O_EXCL)
  }

  /// Opens a folder, to be synchronised only.
  package init(folder: String) throws(FileError) {
    path = folder
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open the folder") }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Takes a standard stream, which stays open.
  package init(_ name: String, descriptor: CInt) throws(FileError) {
    path = name
    self.descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard self.descriptor >= 0 else { throw FileError(path: path, action: "write") }
  }

  /// Writes all of `bytes`.
  package func write(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
      let bytes = UnsafeRawBufferPointer(bytes)
      var done = 0
      while done < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw FileError(path: path, action: "write") }
        done += count
      }
    }
  }

  /// Writes `bytes` over the first ones of the file.
  package func overwriteStart(_ bytes: [UInt8]) throws(FileError) {
    let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == bytes.count else { throw FileError(path: path, action: "write") }
  }

  /// Writes all of `bytes` from the byte `offset` on, over what is there.
  package func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
      let bytes = UnsafeRawBufferPointer(bytes)
      var done = 0
      while done < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
        let count = pwrite(descriptor, rest.baseAddress, rest.count, offset + done)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw FileError(path: path, action: "write") }
        done += count
      }
    }
  }

  /// Waits until the disk has all that was written.
  package func synchronize() throws(FileError) {
    guard fsync(descriptor) == 0 else { throw FileError(path: path, action: "wait for the disk") }
  }

  /// Waits until the disk has all that is needed to read what was written, but not the times.
  package func synchronizeData() throws(FileError) {
    guard fdatasync(descriptor) == 0 else { throw FileError(path: path, action: "wait for the disk") }
  }
}

/// Files that are read whole.
public enum InputFile {
  /// The bytes of the file at `path`, taken for UTF-8.
  public static func text(at path: String) throws(FileError) -> String {
    String(decoding: try bytes(at: path), as: UTF8.self)
  }

  /// The bytes of the file at `path`, the first `limit` of them at most; without a limit an ordinary file alone is read, for
  /// a device may have no end, and a pipe no beginning.
  public static func bytes(at path: String, limit: Int = .max) throws(FileError) -> [UInt8] {
    let isLimited = limit < .max
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | (isLimited ? 0 : O_NONBLOCK))
    guard descriptor >= 0 else { throw FileError(path: path, action: "open the file") }
    defer { close(descriptor) }
    guard isLimited || isOrdinary(descriptor) else {
      throw FileError(path: path, action: "read the file", code: EINVAL)
    }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65536)
    while bytes.count < limit {
      let count = read(descriptor, &block, min(block.count, limit - bytes.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(path: path, action: "read the file") }
      if count == 0 { break }
      bytes += block.prefix(count)
    }
    return bytes
  }
}

extension InputFile {
  /// Whether it is a file, or a folder, which the system refuses to read.
  private static func isOrdinary(_ descriptor: CInt) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
  }

  /// The `count` bytes from the byte `offset` on, fewer where the file ends before.
  package static func bytes(at path: String, from offset: Int, count: Int) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open the file") }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let read = bytes.withUnsafeMutableBytes { bytes in
        pread(descriptor, bytes.baseAddress.map { $0 + done }, count - done, offset + done)
      }
      if read < 0, errno == EINTR { continue }
      guard read >= 0 else { throw FileError(path: path, action: "read the file") }
      if read == 0 { break }
      done += read
    }
    bytes.removeLast(count - done)
    return bytes
  }

  /// The lines of a file, ended with LF or CR LF, and what stands behind the last line's end: a full disk leaves half a
  /// line, an editor a whole one. Nothing where there is no file.
  package static func lines(at path: String) throws(FileError) -> (whole: [String], rest: String) {
    let text: String
    do { text = try self.text(at: path) } catch {
      guard error.code == ENOENT else { throw error }
      return ([], "")
    }
    // An editor's byte order mark is no part of the first line. CR LF is a single character in Swift.
    let lines = text.drop { $0 == "\u{FEFF}" }
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    return (lines.dropLast(), lines.last ?? "")
  }
}

/// What the system refused to do with a file.
public struct FileError: Error, Hashable, CustomStringConvertible {
  /// The file or folder.
  public let path: String
  /// What was to be done with it.
  public let action: String
  /// The system's error number (errno).
  public let code: CInt

  /// Notes the system's last error.
  public init(path: String, action: String) {
    self.init(path: path, action: action, code: errno)
  }

  /// Notes an error of the system's that somebody else met.
  public init(path: String, action: String, code: CInt) {
    self.code = code
    self.path = path
    self.action = action
  }

  /// The file, what failed and why, and what to do.
  public var description: String {
    "\(path): cannot \(action): \(String(cString: strerror(code))). \(advice)"
  }

  private var advice: String {
    switch code {
    case EACCES, EPERM, EROFS: "Choose a folder that you may write to."
    case ENOSPC, EDQUOT: "Make room on the disk."
    case EFBIG: "Raise the limit on the size of files (ulimit -f)."
    case EPIPE, EBADF: "Nothing reads it: give it a file, or a program that reads to the end."
    case ENOENT, ENOTDIR: "Check that the folder exists."
    case EEXIST: "Name another path, or remove the file."
    case EINVAL: "Name an ordinary file."
    case EAGAIN: ThreadError.advice
    default: "Check the path and the disk."
    }
  }
}
