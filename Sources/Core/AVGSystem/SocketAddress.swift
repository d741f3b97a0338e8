import Foundation

/// The address of a local socket that keeps messages apart.
package struct SocketAddress {
  private var address = sockaddr_un()

  /// Makes the address of a path; nil for a path that is too long.
  package init?(_ path: String) {
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
  }

  /// A socket that listens here; nil, with errno, if the system refuses.
  package func listen() -> Int32? {
    open { Foundation.bind($0, $1, $2) == 0 && Foundation.listen($0, 1) == 0 }
  }

  /// A socket that is joined to the one that listens here; nil, with errno, if the system refuses.
  ///
  /// - Parameter waiting: whether to wait for one that has others to answer first.
  package func connect(waiting: Bool = true) -> Int32? {
    open(waiting ? 0 : Int32(SOCK_NONBLOCK.rawValue)) { Foundation.connect($0, $1, $2) == 0 }
  }

  private func open(
    _ flags: Int32 = 0, _ use: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Bool
  ) -> Int32? {
    let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | flags
    let descriptor = socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { return nil }
    let isUsed = withUnsafeBytes(of: address) {
      use(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
    }
    guard isUsed else {
      let code = errno
      close(descriptor)
      errno = code
      return nil
    }
    return descriptor
  }
}
