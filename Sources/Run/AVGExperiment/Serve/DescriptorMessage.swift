import Glibc

/// Bytes of a stream that carry an open file with them: the receiver has a descriptor of its own for the same one.
enum DescriptorMessage {
  /// A control message with one descriptor, laid out as `CMSG_SPACE` has it.
  private struct Control {
    var header = cmsghdr()
    var descriptor: Int32 = -1
    var padding: Int32 = 0
  }

  /// Sends as many of `bytes` as there is room for, and the descriptor with the first one.
  ///
  /// - Returns: how many, or −1 with errno.
  static func send(_ bytes: UnsafeRawBufferPointer, passing descriptor: Int32?, on socket: Int32) -> Int {
    guard let descriptor else {
      return Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    }
    var control = Control()
    control.header.cmsg_len = MemoryLayout<cmsghdr>.size + MemoryLayout<Int32>.size
    control.header.cmsg_level = SOL_SOCKET
    control.header.cmsg_type = Int32(SCM_RIGHTS)
    control.descriptor = descriptor
    // The system only reads it.
    var part = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
    return withUnsafeMutablePointer(to: &part) { part in
      withUnsafeMutableBytes(of: &control) { control in
        var header = msghdr()
        header.msg_iov = part
        header.msg_iovlen = 1
        header.msg_control = control.baseAddress
        header.msg_controllen = control.count
        return sendmsg(socket, &header, Int32(MSG_NOSIGNAL))
      }
    }
  }
}
