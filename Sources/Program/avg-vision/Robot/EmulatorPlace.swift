import AVGSystem
import Foundation

/// Makes room for an emulator's pipe or socket, where another one that was killed has left its own, and nowhere else.
enum EmulatorPlace {
  /// There is something at the path that is to be left alone.
  struct Occupied: Error, CustomStringConvertible {
    var path: String
    var isInUse: Bool

    var description: String {
      isInUse
        ? "\(path): another emulator uses it; end that one, or name another path"
        : "\(path): there is a file already; name another path, or remove it"
    }
  }

  /// Removes a named pipe that nobody reads.
  static func clearPipe(_ path: String) throws {
    try clear(path, kind: S_IFIFO) {
      let writer = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
      if writer >= 0 { close(writer) }
      return writer >= 0
    }
  }

  /// Removes a socket that nobody listens at.
  static func clearSocket(_ path: String) throws {
    try clear(path, kind: S_IFSOCK) {
      do throws(SystemError) {
        try SystemSocket(joining: try SocketAddress(path: path), .messages, waits: false).close()
        return true
      } catch { return error.code != ECONNREFUSED }
    }
  }

  private static func clear(_ path: String, kind: mode_t, isInUse: () -> Bool) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == kind else { throw Occupied(path: path, isInUse: false) }
    guard !isInUse() else { throw Occupied(path: path, isInUse: true) }
    unlink(path)
  }
}
