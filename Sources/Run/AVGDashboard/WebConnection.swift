import AVGCore
import Glibc

/// A visitor's connection: reads a request, writes the answer, and so on. Never waits.
final class WebConnection {
  /// What the connection is at.
  private enum Phase {
    case reading
    case writing
    /// The last answer is on its way: what still comes is dropped. Closing at once would take the answer with it.
    case parting
    case over
  }

  let file: CInt
  /// Whose connection it is: an IPv4 address, or the network part of an IPv6 address, of which one visitor has many.
  let visitor: [UInt8]
  /// Whether a request of it was granted.
  private(set) var isWelcome = false
  /// When it was opened, or last had a request granted.
  private(set) var since: MonotonicInstant
  /// When it is over unless something comes of it.
  private(set) var deadline: MonotonicInstant

  private let limits: WebServer.Limits
  private var phase = Phase.reading
  private var reader = RequestReader()
  private var output: [UInt8] = []
  private var sent = 0
  private var partsAfterAnswer = false

  /// Takes over an open socket that does not block.
  init(_ file: CInt, of visitor: [UInt8], _ limits: WebServer.Limits, now: MonotonicInstant) {
    self.file = file
    self.visitor = visitor
    self.limits = limits
    since = now
    deadline = now.advanced(by: limits.request)
  }

  deinit { close(file) }

  /// Whether it is done with.
  var isOver: Bool {
    if case .over = phase { return true }
    return false
  }

  /// What of the socket is to be waited for.
  var events: Int16 {
    if case .writing = phase { return Int16(POLLOUT) }
    return Int16(POLLIN)
  }

  /// Goes on as far as the socket allows. One call does a bounded piece of work, so that each visitor has a turn.
  func advance(now: MonotonicInstant, answer: (WebRequest) -> WebResponse) {
    switch phase {
    case .reading: read(now, answer)
    case .writing: write(now, answer)
    case .parting: drop()
    case .over: break
    }
  }

  private func read(_ now: MonotonicInstant, _ answer: (WebRequest) -> WebResponse) {
    guard let bytes = receive() else { return }
    if reader.isEmpty { deadline = min(deadline, now.advanced(by: limits.request)) }
    reader.append(bytes)
    take(now, answer)
  }

  /// Answers the next request, if it has come.
  private func take(_ now: MonotonicInstant, _ answer: (WebRequest) -> WebResponse) {
    let response: WebResponse
    var keepsConnection = false, withBody = true
    switch reader.next() {
    case .unfinished: return
    case .refused(let status): response = WebResponse(status: status)
    case .request(let request):
      response = answer(request)
      // Who was not let in has nothing more to ask here.
      keepsConnection = response.isGranted && request.keepsConnection
      withBody = request.method != "HEAD"
    }
    if response.isGranted {
      isWelcome = true
      since = now
    }
    output = response.bytes(keepsConnection: keepsConnection, withBody: withBody)
    sent = 0
    partsAfterAnswer = !keepsConnection
    phase = .writing
    deadline = now.advanced(by: limits.answer)
    write(now, answer)
  }

  private func write(_ now: MonotonicInstant, _ answer: (WebRequest) -> WebResponse) {
    let count = output[sent...].withUnsafeBytes { send(file, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    guard count >= 0 else { return endUnlessBusy() }
    sent += count
    guard sent == output.count else { return }
    output = []
    guard !partsAfterAnswer else {
      shutdown(file, CInt(SHUT_WR))
      phase = .parting
      deadline = now.advanced(by: limits.parting)
      return
    }
    phase = .reading
    deadline = now.advanced(by: reader.isEmpty ? limits.idle : limits.request)
    // Another request may have come with the last one; it has its turn when the others have had theirs.
    hasWaiting = !reader.isEmpty
  }

  /// Whether bytes of another request are there already, which the socket will not announce.
  private(set) var hasWaiting = false

  /// Answers what came with the request before.
  func takeWaiting(now: MonotonicInstant, answer: (WebRequest) -> WebResponse) {
    hasWaiting = false
    take(now, answer)
  }

  private func drop() { _ = receive() }

  /// What has arrived, a bounded piece of it; nil where there is nothing, or the visitor has gone.
  private func receive() -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: RequestReader.largestHead) { buffer, count in
      count = max(-1, recv(file, buffer.baseAddress, buffer.count, 0))
      if count < 0 { endUnlessBusy() }
      if count == 0 { phase = .over }
      count = max(0, count)
    }
    return bytes.isEmpty ? nil : bytes
  }

  private func endUnlessBusy() {
    if errno != EAGAIN, errno != EINTR { phase = .over }
  }
}
