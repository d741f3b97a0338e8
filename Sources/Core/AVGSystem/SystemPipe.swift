import Glibc

/// A pipe; it goes to no program that this one starts unless it is named there.
package struct SystemPipe: ~Copyable {
  /// The end that is read from; −1 once it was taken.
  package private(set) var reader: CInt
  /// The end that is written to.
  package let writer: CInt

  /// Opens a pipe.
  package init() throws(SystemError) {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { throw SystemError() }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reader, writer) = (ends[0], ends[1])
  }

  deinit {
    if reader >= 0 { close(reader) }
    close(writer)
  }

  /// Hands over the end that is read from, which is then the caller's to close.
  package mutating func takeReader() -> CInt {
    defer { reader = -1 }
    return reader
  }
}
