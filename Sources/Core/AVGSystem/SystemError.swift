import Glibc

/// A call of the system that failed; who made it says what it was for.
package struct SystemError: Error, Hashable {
  /// The system's error number (errno).
  package let code: CInt

  /// Notes the system's last error, or `code`.
  package init(code: CInt = errno) { self.code = code }

  /// The system's words.
  package var reason: String { String(cString: strerror(code)) }
}
