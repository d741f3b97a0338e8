import AVGCore
import AVGSystem
import Glibc

/// The connection to an arm's controller, port 30003: packets come, lines of URScript go.
package struct ArmConnection: ~Copyable {
  /// The port of the real-time client interface.
  package static let port: UInt16 = 30003
  /// What packets were put together.
  package private(set) var reader = StateReader()
  private let host: String
  private var socket: SystemSocket?
  private var isJoined = false

  /// Makes a connection that is not there yet.
  package init(host: String) { self.host = host }

  deinit { socket?.close() }

  /// The descriptor to wait for; −1 for none.
  package var descriptor: CInt { isJoined ? socket?.descriptor ?? -1 : -1 }

  /// Whether there is a connection.
  package var isOpen: Bool { isJoined }

  /// Closes it.
  package mutating func close() {
    socket?.close()
    socket = nil
    isJoined = false
    reader.restart()
  }

  /// Begins to connect, or goes on with that.
  ///
  /// - Returns: 0 once there is a connection, EINPROGRESS while there is none yet, else the errno.
  package mutating func connect() -> CInt {
    guard !isJoined else { return 0 }
    if let socket {
      guard socket.awaitRoom(for: .zero) else { return EINPROGRESS }
      var code: CInt = 0
      var size = socklen_t(MemoryLayout<CInt>.size)
      getsockopt(socket.descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
      guard code == 0 else {
        close()
        return code
      }
      isJoined = true
      socket.set(TCP_NODELAY, of: CInt(IPPROTO_TCP), to: 1)
      return 0
    }
    guard let address = SocketAddress(host: host, port: Self.port) else { return EINVAL }
    do throws(SystemError) {
      socket = try SystemSocket.beginJoining(address)
      return EINPROGRESS
    } catch { return error.code }
  }

  /// Takes in what has come; the newest packet goes to `packet`.
  ///
  /// - Returns: the packets that came; nil if the connection has ended.
  package mutating func receive(into packet: inout StatePacket) -> Int? {
    guard isJoined, let socket else { return nil }
    var count = 0
    var block = InlineArray<8192, UInt8>(repeating: 0)
    while true {
      let received = withUnsafeMutableBytes(of: &block) { socket.receive($0, waits: false) }
      if received < 0, errno == EAGAIN || errno == EINTR { return count }
      guard received > 0 else { return nil }
      count += withUnsafeBytes(of: &block) {
        reader.read(UnsafeRawBufferPointer(rebasing: $0[..<received]), into: &packet)
      }
    }
  }

  /// Sends lines; what there is no room for is dropped, for it is of the past when there is.
  ///
  /// - Returns: false if the connection has ended.
  package mutating func send(_ lines: inout [UInt8]) -> Bool {
    defer { lines.removeAll(keepingCapacity: true) }
    guard isJoined, let socket, !lines.isEmpty else { return isJoined }
    let count = socket.send(lines, waits: false)
    // Half a line would spoil the next one.
    if count > 0, count < lines.count { return false }
    return count > 0 || errno == EAGAIN || errno == EINTR
  }
}
