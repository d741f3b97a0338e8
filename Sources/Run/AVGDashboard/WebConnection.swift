import AVGCore
import AVGSystem
import Glibc

/// A client's connection, which alternates between reading a request and writing the response. It never blocks.
///
/// States: `reading` → `writing` → `reading` for a kept connection, or → `closing` → `closed`. The server drops a
/// connection in any state when its `deadline` passes.
final class WebConnection {
  /// The state of the connection.
  private enum Phase {
    case reading
    case writing
    /// The last response has been written and the sending side shut down. Input is discarded until the client closes:
    /// closing a socket with unread input would reset the connection and could destroy the response.
    case closing
    case closed
  }

  let socket: SystemSocket
  /// The client's identity: an IPv4 address, or the network half of an IPv6 address, because one client has many of
  /// those.
  let client: [UInt8]
  /// Whether one of its requests succeeded.
  private(set) var isTrusted = false
  /// The time when it was opened, or last had a successful request.
  private(set) var since: MonotonicInstant
  /// The time when it is closed unless there is progress.
  private(set) var deadline: MonotonicInstant

  private let limits: WebServer.Limits
  private var phase = Phase.reading
  private var reader = RequestReader()
  private var output: [UInt8] = []
  private var sent = 0
  private var closesAfterAnswer = false

  /// Takes closed an open, non-blocking socket.
  init(_ socket: SystemSocket, of client: [UInt8], _ limits: WebServer.Limits, now: MonotonicInstant) {
    self.socket = socket
    self.client = client
    self.limits = limits
    since = now
    deadline = now.advanced(by: limits.request)
  }

  deinit { socket.close() }

  /// Whether it can be removed.
  var isClosed: Bool {
    if case .closed = phase { return true }
    return false
  }

  /// The poll events to wait for.
  var events: Int16 {
    if case .writing = phase { return Int16(POLLOUT) }
    return Int16(POLLIN)
  }

  /// Makes as much progress as the socket allows. One call does a bounded amount of work, so that all clients take
  /// turns.
  func advance(now: MonotonicInstant, answer: (WebRequest) -> WebResponse) {
    switch phase {
    case .reading: read(now, answer)
    case .writing: write(now, answer)
    case .closing: discardInput()
    case .closed: break
    }
  }

  private func read(_ now: MonotonicInstant, _ answer: (WebRequest) -> WebResponse) {
    guard let bytes = receive() else { return }
    if reader.isEmpty { deadline = min(deadline, now.advanced(by: limits.request)) }
    reader.append(bytes)
    answerNext(now, answer)
  }

  /// Answers the next request, if it is complete.
  private func answerNext(_ now: MonotonicInstant, _ answer: (WebRequest) -> WebResponse) {
    let response: WebResponse
    var keepsConnection = false, withBody = true
    switch reader.next() {
    case .unfinished: return
    case .refused(let status): response = WebResponse(status: status)
    case .request(let request):
      response = answer(request)
      // A client whose request was refused has to connect again.
      keepsConnection = response.isSuccess && request.keepsConnection
      withBody = request.method != "HEAD"
    }
    if response.isSuccess {
      isTrusted = true
      since = now
    }
    output = response.bytes(keepsConnection: keepsConnection, withBody: withBody)
    sent = 0
    closesAfterAnswer = !keepsConnection
    phase = .writing
    deadline = now.advanced(by: limits.answer)
    write(now, answer)
  }

  private func write(_ now: MonotonicInstant, _ answer: (WebRequest) -> WebResponse) {
    let count = output[sent...].withUnsafeBytes { socket.send($0) }
    guard count >= 0 else { return endUnlessBusy() }
    sent += count
    guard sent == output.count else { return }
    output = []
    guard !closesAfterAnswer else {
      shutdown(socket.descriptor, CInt(SHUT_WR))
      phase = .closing
      deadline = now.advanced(by: limits.closing)
      return
    }
    phase = .reading
    deadline = now.advanced(by: reader.isEmpty ? limits.idle : limits.request)
    // Another request may have arrived with the last one; it waits until the other clients have had their turn.
    hasPendingBytes = !reader.isEmpty
  }

  /// Whether bytes of another request have been read already; `poll` does not report those.
  private(set) var hasPendingBytes = false

  /// Continues with the bytes that arrived with the previous request.
  func continuePending(now: MonotonicInstant, answer: (WebRequest) -> WebResponse) {
    hasPendingBytes = false
    answerNext(now, answer)
  }

  private func discardInput() { _ = receive() }

  /// Reads a bounded amount of input; nil if there is none or the client has closed.
  private func receive() -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: RequestReader.largestHead) { buffer, count in
      count = socket.receive(UnsafeMutableRawBufferPointer(buffer))
      if count < 0 { endUnlessBusy() }
      if count == 0 { phase = .closed }
      count = max(0, count)
    }
    return bytes.isEmpty ? nil : bytes
  }

  private func endUnlessBusy() {
    if errno != EAGAIN, errno != EINTR { phase = .closed }
  }
}
