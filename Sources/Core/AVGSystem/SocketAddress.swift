import Glibc

/// Where a socket is: a path on this computer, or an IP address with a port.
package struct SocketAddress {
  private var storage = sockaddr_storage()
  private var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

  /// Makes the address of a path.
  ///
  /// - Throws: ENAMETOOLONG for more than 107 bytes.
  package init(path: String) throws(SystemError) {
    let bytes = Array(path.utf8)
    var inner = sockaddr_un()
    guard bytes.count < MemoryLayout.size(ofValue: inner.sun_path) else {
      throw SystemError(code: ENAMETOOLONG)
    }
    inner.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &inner.sun_path) { $0.copyBytes(from: bytes) }
    set(inner)
  }

  /// Makes the address of a port; nil unless `host` is an IPv4 or IPv6 address in digits.
  package init?(host: String, port: UInt16) {
    var four = sockaddr_in()
    var six = sockaddr_in6()
    if inet_pton(AF_INET, host, &four.sin_addr) == 1 {
      four.sin_family = sa_family_t(AF_INET)
      four.sin_port = port.bigEndian
      set(four)
    } else if inet_pton(AF_INET6, host, &six.sin6_addr) == 1 {
      six.sin6_family = sa_family_t(AF_INET6)
      six.sin6_port = port.bigEndian
      set(six)
    } else {
      return nil
    }
  }

  /// Has the system write an address.
  ///
  /// - Parameter fill: returns whether it did.
  init?(_ fill: (UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Bool) {
    var (place, count) = (storage, length)
    let isFilled = withUnsafeMutablePointer(to: &place) {
      // A sockaddr_storage is large enough for every family.
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { fill($0, &count) }
    }
    guard isFilled else { return nil }
    (storage, length) = (place, count)
  }

  private mutating func set<Address>(_ address: Address) {
    // A structure of C, which is smaller.
    withUnsafeBytes(of: address) { bytes in
      withUnsafeMutableBytes(of: &storage) { $0.copyBytes(from: bytes) }
    }
    length = socklen_t(MemoryLayout<Address>.size)
  }

  /// AF_UNIX, AF_INET or AF_INET6.
  package var family: CInt { CInt(storage.ss_family) }

  /// The port of an IP address.
  package var port: UInt16 {
    // At the same place in both families.
    withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
  }

  /// The bytes of an IP address, 4 or 16.
  package var host: [UInt8] {
    withUnsafeBytes(of: storage) { Array(family == AF_INET6 ? $0[8..<24] : $0[4..<8]) }
  }

  /// Lends out the address as the system's calls take it.
  func withPointer<Result>(_ use: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { use($0, length) }
    }
  }
}
