import Glibc

/// Fixed-size messages between two processes of this very program, over a pair of sockets that keeps their boundaries.
///
/// A message may carry an open file: the receiver has a descriptor of its own for the same one.
enum Datagram {
  /// What became of an attempt to send.
  enum Sent {
    case sent
    /// There is no room now.
    case full
    /// The other end is closed.
    case end
  }

  /// What became of an attempt to receive.
  enum Received {
    /// The descriptor that came with it, which is the receiver's to close; −1 if none did.
    case message(descriptor: Int32)
    /// There is none now.
    case nothing
    /// The other end is closed.
    case end
  }

  /// A control message with one descriptor, laid out as `CMSG_SPACE` has it.
  private struct Control {
    var header = cmsghdr()
    var descriptor: Int32 = -1
    var padding: Int32 = 0

    /// `CMSG_LEN` of one descriptor.
    static let length = MemoryLayout<cmsghdr>.size + MemoryLayout<Int32>.size
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

  /// Sends `message` if there is room, and `descriptor` with it unless that is −1.
  static func send<Message: BitwiseCopyable>(
    _ message: Message, passing descriptor: Int32 = -1, on socket: Int32
  ) -> Sent {
    var message = message
    var control = Control()
    control.header.cmsg_len = Control.length
    control.header.cmsg_level = SOL_SOCKET
    control.header.cmsg_type = Int32(SCM_RIGHTS)
    control.descriptor = descriptor
    let count = withHeader(&message, &control) { header in
      if descriptor < 0 {
        header.msg_control = nil
        header.msg_controllen = 0
      }
      return sendmsg(socket, &header, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }
    if count >= 0 { return .sent }
    return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? .full : .end
  }

  /// Receives a message into `message` if one is there.
  static func receive<Message: BitwiseCopyable>(_ message: inout Message, on socket: Int32) -> Received {
    var received = message
    var control = Control()
    let count = withHeader(&received, &control) { header in
      recvmsg(socket, &header, Int32(MSG_DONTWAIT) | Int32(MSG_CMSG_CLOEXEC))
    }
    if count == MemoryLayout<Message>.size {
      message = received
      return .message(descriptor: control.header.cmsg_len >= Control.length ? control.descriptor : -1)
    }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .end
  }

  /// Lends out a header that points to `message` and `control`; no more than their sizes is read or written.
  private static func withHeader<Message: BitwiseCopyable>(
    _ message: inout Message, _ control: inout Control, _ work: (inout msghdr) -> Int
  ) -> Int {
    withUnsafeMutableBytes(of: &message) { message in
      withUnsafeMutableBytes(of: &control) { control in
        var part = iovec(iov_base: message.baseAddress, iov_len: message.count)
        return withUnsafeMutablePointer(to: &part) { part in
          var header = msghdr()
          header.msg_iov = part
          header.msg_iovlen = 1
          header.msg_control = control.baseAddress
          header.msg_controllen = control.count
          let count = work(&header)
          return count
        }
      }
    }
  }
}
