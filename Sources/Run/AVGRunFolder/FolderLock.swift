import AVGSystem
import Glibc

/// An exclusive lock on a run's folder, which only one process may write to.
///
/// The lock is on the folder itself (flock(2)). It leaves no file behind, and the kernel releases it when the process
/// ends in any way. A file system that does not support such locks (NFS) is used without one.
public final class FolderLock: Sendable {
  private let descriptor: CInt

  /// Locks the folder at `path` for the lifetime of this object.
  ///
  /// - Throws: `inUse` if another process holds the lock.
  public init(_ path: String) throws(RunFolderError) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(FileError(path: path, action: "open the folder")) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
    throw .inUse(path: path, process: Self.holder(of: descriptor))
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The process that holds the lock, according to a line such as `1: FLOCK  ADVISORY  WRITE 4711 fe:01:131073 0 EOF`
  /// in /proc/locks (proc(5)); nil if none is found.
  private static func holder(of descriptor: CInt) -> pid_t? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, let text = try? InputFile.text(at: "/proc/locks") else {
      return nil
    }
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ")
      // Only the inode is compared: some file systems, such as overlays, show another device here.
      guard words.count > 5, words[1] == "FLOCK", words[5].hasSuffix(":\(status.st_ino)"),
        let process = pid_t(words[4]), process > 0
      else { continue }
      return process
    }
    return nil
  }
}
