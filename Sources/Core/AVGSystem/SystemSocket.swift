import AVGCore
import Glibc

/// An open socket, which is its holder's to close. It goes to no program that this one starts.
///
/// What sends and receives is the system's call: it may be interrupted, and move fewer bytes than asked for.
package struct SystemSocket: Hashable, Sendable {
  /// Its number.
  package let descriptor: CInt

  /// What it carries.
  package enum Kind: Sendable {
    /// Bytes; how many were sent at once is not kept.
    case stream
    /// Messages, which arrive whole or not at all (SOCK_SEQPACKET, on this computer alone).
    case messages

    fileprivate var number: CInt {
      CInt((self == .stream ? SOCK_STREAM : SOCK_SEQPACKET).rawValue | SOCK_CLOEXEC.rawValue)
    }
  }

  /// Takes a socket that is open.
  package init(descriptor: CInt) { self.descriptor = descriptor }

  /// Opens both ends of a connection within this computer.
  package static func pair(_ kind: Kind) throws(SystemError) -> (SystemSocket, SystemSocket) {
    var ends: [CInt] = [-1, -1]
    guard socketpair(AF_UNIX, kind.number, 0, &ends) == 0 else { throw SystemError() }
    return (SystemSocket(descriptor: ends[0]), SystemSocket(descriptor: ends[1]))
  }

  /// Opens a socket that listens.
  ///
  /// - Parameters:
  ///   - queue: how many may wait to be accepted.
  ///   - waits: whether `accept` waits for somebody.
  package init(
    listeningAt address: SocketAddress, _ kind: Kind, queue: CInt = 1, waits: Bool = true
  ) throws(SystemError) {
    try self.init(of: address, kind, waits: waits)
    if address.family != AF_UNIX { set(SO_REUSEADDR, of: SOL_SOCKET, to: 1) }
    if address.family == AF_INET6 {
      // The wildcard of version 6 takes connections of version 4 too.
      set(IPV6_V6ONLY, of: CInt(IPPROTO_IPV6), to: address.host.allSatisfy { $0 == 0 } ? 0 : 1)
    }
    let listens = address.withPointer { bind(descriptor, $0, $1) == 0 } && listen(descriptor, queue) == 0
    if !listens { throw closing() }
  }

  /// Opens a socket that is joined to one that listens.
  ///
  /// - Parameter waits: whether to wait for one that has others to answer first.
  package init(
    joining address: SocketAddress, _ kind: Kind, waits: Bool = true
  ) throws(SystemError) {
    try self.init(of: address, kind, waits: waits)
    if !address.withPointer({ connect(descriptor, $0, $1) == 0 }) { throw closing() }
  }

  /// Opens a stream that is on its way to be joined to one that listens, perhaps on another computer: it is joined once there is
  /// room to send, unless SO_ERROR says otherwise.
  package static func beginJoining(_ address: SocketAddress) throws(SystemError) -> SystemSocket {
    let socket = try SystemSocket(of: address, .stream, waits: false)
    let isBegun = address.withPointer { connect(socket.descriptor, $0, $1) == 0 } || errno == EINPROGRESS
    if !isBegun { throw socket.closing() }
    return socket
  }

  private init(of address: SocketAddress, _ kind: Kind, waits: Bool) throws(SystemError) {
    descriptor = socket(address.family, kind.number | (waits ? 0 : CInt(SOCK_NONBLOCK.rawValue)), 0)
    guard descriptor >= 0 else { throw SystemError() }
  }

  private func closing() -> SystemError {
    defer { close() }
    return SystemError()
  }

  /// Closes it.
  package func close() { _ = Glibc.close(descriptor) }

  /// Its own address; nil if it has none.
  package var address: SocketAddress? {
    SocketAddress { getsockname(descriptor, $0, &$1) == 0 }
  }

  /// Takes the next connection, and tells where it comes from.
  ///
  /// - Parameter waits: whether what is sent and received on it waits.
  package func accept(waits: Bool = true) throws(SystemError) -> (SystemSocket, SocketAddress) {
    var descriptor: CInt = -1
    let address = SocketAddress {
      descriptor = Glibc.accept(self.descriptor, $0, &$1)
      return descriptor >= 0
    }
    guard let address else { throw SystemError() }
    let socket = SystemSocket(descriptor: descriptor)
    let isSet =
      fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
      && (waits || fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0)
    if !isSet { throw socket.closing() }
    return (socket, address)
  }

  /// Sets an option, a number.
  package func set(_ option: CInt, of level: CInt, to value: CInt) {
    var value = value
    setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
  }

  /// Ends every wait in `send` and `receive` after so long, with EAGAIN.
  package func setPatience(_ patience: Duration) {
    let microseconds = patience.nanoseconds / 1000
    var time = timeval(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  /// Waits until there is something to receive, the other end is closed, or a signal comes.
  ///
  /// - Returns: whether there is something to receive, or the other end is closed.
  @discardableResult
  package func awaitInput(for duration: Duration) -> Bool { wait(POLLIN, duration) }

  /// Waits until there is room to send.
  package func awaitRoom(for duration: Duration) -> Bool { wait(POLLOUT, duration) }

  private func wait(_ events: CInt, _ duration: Duration) -> Bool {
    var source = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    return poll(&source, 1, CInt(duration.milliseconds.rounded(.up))) == 1
  }
}

// MARK: - Bytes and open files

extension SystemSocket {
  /// A control message with one descriptor, laid out as `CMSG_SPACE` has it.
  private struct Control {
    var header = cmsghdr()
    var descriptor: CInt = -1
    var padding: CInt = 0

    /// `CMSG_LEN` of one descriptor.
    static let length = MemoryLayout<cmsghdr>.size + MemoryLayout<CInt>.size
  }

  /// Sends `bytes`, or of a stream as many as there is room for.
  ///
  /// - Parameters:
  ///   - passed: an open file that the receiver gets a descriptor of its own for, with the first byte; −1 for none.
  ///   - waits: whether to wait for room.
  /// - Returns: the number of bytes sent; −1 with errno if none could be.
  package func send(_ bytes: UnsafeRawBufferPointer, passing passed: CInt = -1, waits: Bool = true) -> Int {
    let flags = CInt(MSG_NOSIGNAL) | (waits ? 0 : CInt(MSG_DONTWAIT))
    guard passed >= 0 else { return Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags) }
    var control = Control()
    control.header.cmsg_len = Control.length
    control.header.cmsg_level = SOL_SOCKET
    control.header.cmsg_type = CInt(SCM_RIGHTS)
    control.descriptor = passed
    // The system only reads them.
    let bytes = UnsafeMutableRawBufferPointer(mutating: bytes)
    return Self.withHeader(bytes, &control) { sendmsg(descriptor, &$0, flags) }
  }

  /// Sends `bytes`, as the one above.
  package func send(_ bytes: [UInt8], waits: Bool = true) -> Int {
    bytes.withUnsafeBytes { send($0, waits: waits) }
  }

  /// Receives bytes, or a message, into `bytes`.
  ///
  /// - Parameter waits: whether to wait for some.
  /// - Returns: the number of bytes received; 0 if the other end is closed; −1 with errno.
  package func receive(_ bytes: UnsafeMutableRawBufferPointer, waits: Bool = true) -> Int {
    recv(descriptor, bytes.baseAddress, bytes.count, waits ? 0 : CInt(MSG_DONTWAIT))
  }

  /// Receives bytes as the one above, and the open file that came with them.
  ///
  /// - Parameter passed: its descriptor, which is the caller's to close; −1 if none came.
  package func receive(
    _ bytes: UnsafeMutableRawBufferPointer, passed: inout CInt, waits: Bool = true
  ) -> Int {
    var control = Control()
    let flags = CInt(MSG_CMSG_CLOEXEC) | (waits ? 0 : CInt(MSG_DONTWAIT))
    let count = Self.withHeader(bytes, &control) { recvmsg(descriptor, &$0, flags) }
    passed = count > 0 && control.header.cmsg_len >= Control.length ? control.descriptor : -1
    return count
  }

  /// Lends out a header that points to `bytes` and `control`; no more than their sizes is read or written.
  private static func withHeader(
    _ bytes: UnsafeMutableRawBufferPointer, _ control: inout Control, _ work: (inout msghdr) -> Int
  ) -> Int {
    withUnsafeMutableBytes(of: &control) { control in
      var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
      return withUnsafeMutablePointer(to: &part) { part in
        var header = msghdr()
        header.msg_iov = part
        header.msg_iovlen = 1
        header.msg_control = control.baseAddress
        header.msg_controllen = control.count
        return work(&header)
      }
    }
  }
}
