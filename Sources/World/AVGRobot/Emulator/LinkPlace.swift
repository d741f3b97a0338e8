import Glibc

/// The place of a symbolic link to a pseudo-terminal, of which one emulator at a time has the use.
///
/// A link alone does not tell whether somebody is behind it: an emulator that was killed leaves it, and while a cable is
/// pulled there is none. A lock on a file beside it does.
struct LinkPlace: ~Copyable {
  private let link: String
  private let lock: Int32

  /// Takes the place.
  ///
  /// - Throws: `RobotError.emulated` if an emulator has it, `.occupied` if there is anything but a link that an emulator
  ///   has left.
  init(_ link: String) throws(RobotError) {
    let lock = try Self.takeLock(link)
    guard Self.isFree(link) else {
      unlink(Self.lockPath(link))
      close(lock)
      throw .occupied(port: link)
    }
    self.link = link
    self.lock = lock
  }

  deinit {
    unlink(Self.lockPath(link))
    close(lock)
  }

  /// Has the link lead to `terminal`.
  func point(to terminal: String) throws(RobotError) {
    let temporary = link + ".new"
    unlink(temporary)
    guard symlink(terminal, temporary) == 0, rename(temporary, link) == 0 else {
      throw .requestFailed(port: link, request: "symlink", code: errno)
    }
  }

  /// Removes the link, if it still leads to `terminal`.
  func remove(to terminal: String) {
    if Self.target(of: link) == terminal { unlink(link) }
  }

  private static func lockPath(_ link: String) -> String { link + ".lock" }

  private static func takeLock(_ link: String) throws(RobotError) -> Int32 {
    let path = lockPath(link)
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw .requestFailed(port: link, request: "open of \(path)", code: errno) }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        close(descriptor)
        throw .emulated(port: link)
      }
      // The one who had it may just have removed the file.
      var held = stat()
      var present = stat()
      if fstat(descriptor, &held) == 0, stat(path, &present) == 0, held.st_ino == present.st_ino,
        held.st_dev == present.st_dev
      {
        return descriptor
      }
      close(descriptor)
    }
  }

  /// Whether there is nothing, or what an emulator has left.
  private static func isFree(_ link: String) -> Bool {
    var status = stat()
    guard lstat(link, &status) == 0 else { return true }
    return status.st_mode & S_IFMT == S_IFLNK && target(of: link)?.hasPrefix("/dev/pts/") == true
  }

  private static func target(of link: String) -> String? {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = readlink(link, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }
}
