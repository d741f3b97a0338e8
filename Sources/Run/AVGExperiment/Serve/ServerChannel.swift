import AVGGymnasium
import AVGSystem
import Glibc

/// The environment's end of the protocol's channel.
///
/// Answers wait until every question that has come is answered: one call of the system for all of them.
struct ServerChannel: ~Copyable {
  typealias Header = EnvironmentMessage.Header

  private let socket: SystemSocket
  private var input = [UInt8](repeating: 0, count: 1 << 16)
  /// Where the next question begins, and where what was received ends.
  private var start = 0, end = 0
  /// Where the last question's payload lies.
  private var payload = 0..<0
  private var output: [UInt8] = []
  private var last = Header(length: 0, kind: .hello, sequence: 0)

  /// The longest payload that a learner has to send here: a hello, or a reset with its options.
  private static let greatestPayload = 1 << 20

  /// Takes the socket that this process was started with.
  init(_ descriptor: Int32) throws(ServeError) {
    var kind: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &kind, &size) == 0,
      kind == Int32(SOCK_STREAM.rawValue)
    else { throw .noSocket(descriptor: descriptor) }
    socket = SystemSocket(descriptor: descriptor)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    output.reserveCapacity(1 << 16)
  }

  deinit { socket.close() }

  /// Waits for a question, once the answers that wait are sent.
  ///
  /// - Returns: nil at the end of the stream: the learner is gone.
  mutating func next() throws(ServeError) -> Header? {
    while true {
      if let header = pendingHeader() {
        guard header.length <= Self.greatestPayload else {
          throw .badQuestion(found: "a message of \(header.length) bytes")
        }
        let whole = EnvironmentMessage.headerByteCount + header.length
        if end - start >= whole {
          payload = start + EnvironmentMessage.headerByteCount..<start + whole
          start += whole
          let previous = last.sequence
          last = header
          guard header.sequence == previous + 1 else {
            throw .badQuestion(found: "question \(header.sequence) after question \(previous)")
          }
          return header
        }
        if input.count < whole { input += [UInt8](repeating: 0, count: whole - input.count) }
      }
      try flush()
      guard try receive() else { return nil }
    }
  }

  /// Lends out the payload of the last question.
  func withPayload<Result>(_ work: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    // Bounds: `next` has received all of it.
    try input.withUnsafeBytes { try work(UnsafeRawBufferPointer(rebasing: $0[payload])) }
  }

  /// Adds an answer to those that wait.
  ///
  /// - Parameters:
  ///   - byteCount: the bytes of its payload.
  ///   - write: fills them; they are zeros before.
  mutating func answer(
    _ question: Header, _ kind: EnvironmentMessage.Kind, flags: UInt8 = 0, byteCount: Int,
    _ write: (UnsafeMutableRawBufferPointer) -> Void
  ) {
    let header = Header(
      length: byteCount, kind: kind, flags: flags, environment: question.environment,
      sequence: question.sequence)
    let place = output.count
    let payload = place + EnvironmentMessage.headerByteCount
    output.append(contentsOf: repeatElement(0, count: EnvironmentMessage.headerByteCount + byteCount))
    // Bounds: header and payload were made room for in the line above.
    output.withUnsafeMutableBytes { bytes in
      header.write(to: UnsafeMutableRawBufferPointer(rebasing: bytes[place..<payload]))
      write(UnsafeMutableRawBufferPointer(rebasing: bytes[payload...]))
    }
  }

  /// Answers the last question with an error, and sends all that waits.
  mutating func fail(_ words: String) {
    let bytes = Array(words.utf8)
    answer(last, .error, byteCount: bytes.count) { $0.copyBytes(from: bytes) }
    // The first error says what happened; a second one would only hide it.
    try? flush()
  }

  /// Sends the answers that wait, and a descriptor with the first byte unless that is nil.
  mutating func flush(passing passed: Int32? = nil) throws(ServeError) {
    var (done, passed) = (0, passed)
    while done < output.count {
      let count = output.withUnsafeBytes { bytes in
        socket.send(UnsafeRawBufferPointer(rebasing: bytes[done...]), passing: passed ?? -1)
      }
      if count < 0, errno == EINTR { continue }
      // A learner that is gone is found at the next question.
      if count < 0, errno == EPIPE || errno == ECONNRESET { break }
      guard count >= 0 else { throw .channel(action: "send an answer", code: errno) }
      (done, passed) = (done + count, nil)
    }
    output.removeAll(keepingCapacity: true)
  }

  private func pendingHeader() -> Header? {
    guard end - start >= EnvironmentMessage.headerByteCount else { return nil }
    return input.withUnsafeBytes {
      Header(
        reading: UnsafeRawBufferPointer(rebasing: $0[start..<start + EnvironmentMessage.headerByteCount]))
    }
  }

  /// Receives more of what comes.
  private mutating func receive() throws(ServeError) -> Bool {
    if start > 0 {
      input.withUnsafeMutableBytes { bytes in
        // Bounds: `start` ≤ `end` ≤ the count; what overlaps is moved as it was.
        _ = bytes.baseAddress.map { memmove($0, $0 + start, end - start) }
      }
      (start, end) = (0, end - start)
    }
    while true {
      let room = end
      let count = input.withUnsafeMutableBytes {
        socket.receive(UnsafeMutableRawBufferPointer(rebasing: $0[room...]))
      }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno != ECONNRESET { throw .channel(action: "receive a question", code: errno) }
      end += max(0, count)
      return count > 0
    }
  }
}
