import AVGSystem
import Glibc

/// The right to write into a folder, which one process has at a time.
///
/// It is a lock on the folder itself (flock(2)): no file has to be left there, and the system takes the lock back when the
/// process ends, however it ends. A file system without such locks (NFS) is used without one.
public final class FolderLock: Sendable {
  private let descriptor: CInt

  /// Takes the lock of the folder at `path`, until this object goes.
  ///
  /// - Throws: `inUse` if another process has it.
  public init(_ path: String) throws(RunFolderError) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(FileError(path: path, action: "open the folder")) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
    throw .inUse(path: path, process: Self.holder(of: descriptor))
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The process that has the lock, as the kernel lists it in lines like
  /// `1: FLOCK  ADVISORY  WRITE 4711 fe:01:131073 0 EOF` (proc(5)); nil if it does not tell.
  private static func holder(of descriptor: CInt) -> pid_t? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, let text = try? InputFile.text(at: "/proc/locks") else {
      return nil
    }
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ")
      // The device is left out: file systems made of several show another one here.
      guard words.count > 5, words[1] == "FLOCK", words[5].hasSuffix(":\(status.st_ino)"),
        let process = pid_t(words[4]), process > 0
      else { continue }
      return process
    }
    return nil
  }
}
