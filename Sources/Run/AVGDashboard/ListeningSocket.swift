import Glibc

/// The server's sockets, as thin wrappers of system calls.
enum ListeningSocket {
  /// The length of the kernel's accept queue; the kernel has a limit of its own, usually the same. A client that finds
  /// the queue full sends its first packet again after a second.
  private static let backlog: CInt = 4096

  /// Opens a non-blocking listening socket and returns it with its port.
  static func listen(at address: DashboardAddress) throws(DashboardError) -> (file: CInt, port: UInt16) {
    let family = address.isVersion6 ? AF_INET6 : AF_INET
    let file = socket(family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard file >= 0 else { throw failure(address) }
    set(SO_REUSEADDR, of: SOL_SOCKET, to: 1, file)
    // The IPv6 wildcard also accepts IPv4 connections.
    if address.isVersion6 {
      set(IPV6_V6ONLY, of: CInt(IPPROTO_IPV6), to: address.isWildcard ? 0 : 1, file)
    }
    var place = storage(of: address)
    let size = socklen_t(
      address.isVersion6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
    let isBound = withSocketAddress(&place) { bind(file, $0, size) == 0 }
    guard isBound, Glibc.listen(file, backlog) == 0 else {
      defer { close(file) }
      throw failure(address)
    }
    var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
    _ = withSocketAddress(&place) { getsockname(file, $0, &count) }
    // The port is at the same offset in both address families.
    let port = withUnsafeBytes(of: place) { $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self) }
    return (file, UInt16(bigEndian: port))
  }

  /// Accepts the next connection, made non-blocking, with the address it comes from; nil if none is waiting.
  static func accept(from listener: CInt) -> (file: CInt, client: [UInt8])? {
    var place = sockaddr_storage()
    var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let file = withSocketAddress(&place) { Glibc.accept(listener, $0, &count) }
    guard file >= 0 else {
      // Without free descriptors or memory the listener stays readable, so a pause keeps the poll loop from spinning.
      if ![EAGAIN, EINTR, ECONNABORTED].contains(errno) { usleep(10_000) }
      return nil
    }
    let flags = fcntl(file, F_GETFL)
    guard fcntl(file, F_SETFL, flags | O_NONBLOCK) == 0, fcntl(file, F_SETFD, FD_CLOEXEC) == 0 else {
      close(file)
      return nil
    }
    set(TCP_NODELAY, of: CInt(IPPROTO_TCP), to: 1, file)
    return (file, client(at: place))
  }

  /// The bytes that identify a client: the IPv4 address, or the network half of an IPv6 address.
  static func client(at place: sockaddr_storage) -> [UInt8] {
    withUnsafeBytes(of: place) { bytes in
      guard CInt(place.ss_family) == AF_INET6 else { return Array(bytes[4..<8]) }
      let address = bytes[8..<24]
      // An IPv4-mapped address, ::ffff:a.b.c.d.
      let isVersion4 =
        address.prefix(10).allSatisfy { $0 == 0 } && address.dropFirst(10).prefix(2).allSatisfy { $0 == 255 }
      return Array(isVersion4 ? address.suffix(4) : address.prefix(8))
    }
  }

  private static func storage(of address: DashboardAddress) -> sockaddr_storage {
    var place = sockaddr_storage()
    withUnsafeMutableBytes(of: &place) { bytes in
      if address.isVersion6 {
        var inner = sockaddr_in6()
        inner.sin6_family = sa_family_t(AF_INET6)
        inner.sin6_port = address.port.bigEndian
        inet_pton(AF_INET6, address.host, &inner.sin6_addr)
        bytes.storeBytes(of: inner, as: sockaddr_in6.self)
      } else {
        var inner = sockaddr_in()
        inner.sin_family = sa_family_t(AF_INET)
        inner.sin_port = address.port.bigEndian
        inet_pton(AF_INET, address.host, &inner.sin_addr)
        bytes.storeBytes(of: inner, as: sockaddr_in.self)
      }
    }
    return place
  }

  /// Calls `body` with the address as the system calls take it.
  private static func withSocketAddress<Result>(
    _ place: inout sockaddr_storage, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
  ) -> Result {
    withUnsafeMutablePointer(to: &place) {
      // A sockaddr_storage is large enough for every address family.
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
    }
  }

  private static func set(_ option: CInt, of level: CInt, to value: CInt, _ file: CInt) {
    var value = value
    setsockopt(file, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
  }

  private static func failure(_ address: DashboardAddress) -> DashboardError {
    .cannotListen(address: "\(address)", reason: String(cString: strerror(errno)))
  }
}
