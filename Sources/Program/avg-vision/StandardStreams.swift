import AVGSystem
import AVGTraining
// Standard output is a global variable of C; nobody here changes it.
@preconcurrency import Glibc

/// Standard input, output and error.
enum StandardStreams {
  /// Prepares the process for streams that are closed or that close; to be called before any file is opened.
  ///
  /// A file that is opened later would otherwise get the number of a closed stream, and what is printed would be written
  /// into it. A reader that goes away, and a limit on the size of files, become errors of the write: either would end
  /// the process, and with it a training without its checkpoint.
  static func prepare() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is this one. For reading only: writing stays an error, as it is on a closed stream.
      _ = open("/dev/null", O_RDONLY)
    }
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Hands over what has been printed.
  ///
  /// - Throws: if any of it could not be written.
  static func flushOutput() throws(FileError) {
    errno = 0
    guard fflush(stdout) == 0, ferror(stdout) == 0 else {
      // What was refused earlier has left a mark, but not its reason.
      if errno == 0 { errno = EIO }
      throw FileError(path: "standard output", action: "write")
    }
  }
}
