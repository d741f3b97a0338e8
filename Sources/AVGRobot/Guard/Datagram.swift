import Glibc

/// Fixed-size messages between two processes of this very program, over a pair of sockets that keeps their boundaries.
enum Datagram {
  /// What became of an attempt to receive.
  enum Received {
    case message
    /// There is none now.
    case nothing
    /// The other end is closed.
    case end
  }

  /// Makes the pair; neither end is inherited by other programs.
  static func pair() -> (Int32, Int32)? {
    var ends: (Int32, Int32) = (-1, -1)
    let result = withUnsafeMutableBytes(of: &ends) {
      socketpair(
        AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0,
        $0.assumingMemoryBound(to: Int32.self).baseAddress)
    }
    return result == 0 ? ends : nil
  }

  /// Sends `message` if there is room.
  ///
  /// - Returns: `false` if the other end is closed.
  static func send<Message: BitwiseCopyable>(_ message: Message, on socket: Int32) -> Bool {
    let count = withUnsafeBytes(of: message) {
      Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }
    return count >= 0 || errno == EAGAIN || errno == EINTR || errno == ENOBUFS
  }

  /// Receives a message into `message` if one is there.
  static func receive<Message: BitwiseCopyable>(_ message: inout Message, on socket: Int32) -> Received {
    var received = message
    // The bound: no more than a message's size is written.
    let count = withUnsafeMutableBytes(of: &received) {
      recv(socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
    }
    if count == MemoryLayout<Message>.size {
      message = received
      return .message
    }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .end
  }
}
