import Glibc

/// Fixed-size messages between two processes of this very program, over a pair of sockets that keeps their boundaries.
///
/// A message may carry an open file: the receiver has a descriptor of its own for the same one.
package enum Datagram {
  /// What became of an attempt to send.
  package enum Sent {
    case sent
    /// There is no room now.
    case full
    /// The other end is closed.
    case end
  }

  /// What became of an attempt to receive.
  package enum Received {
    /// The descriptor that came with it, which is the receiver's to close; −1 if none did.
    case message(descriptor: Int32)
    /// There is none now.
    case nothing
    /// The other end is closed.
    case end
  }

  /// Sends `message` if there is room, and `descriptor` with it unless that is −1.
  package static func send<Message: BitwiseCopyable>(
    _ message: Message, passing descriptor: Int32 = -1, on socket: Int32
  ) -> Sent {
    let count = withUnsafeBytes(of: message) {
      SystemSocket(descriptor: socket).send($0, passing: descriptor, waits: false)
    }
    if count >= 0 { return .sent }
    return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? .full : .end
  }

  /// Receives a message into `message` if one is there.
  package static func receive<Message: BitwiseCopyable>(_ message: inout Message, on socket: Int32)
    -> Received
  {
    var received = message
    var descriptor: Int32 = -1
    let count = withUnsafeMutableBytes(of: &received) {
      SystemSocket(descriptor: socket).receive($0, passed: &descriptor, waits: false)
    }
    if count == MemoryLayout<Message>.size {
      message = received
      return .message(descriptor: descriptor)
    }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .end
  }
}
