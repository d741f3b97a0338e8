import AVGCore
import AVGSystem
import Glibc
import Logging

/// What an environment's process prints: it goes to the log, and its last line into the error that ends it.
final class HostOutput: @unchecked Sendable {
  private let descriptor: Int32
  private let name: String
  private let monitor = Monitor()
  // Held by `monitor`.
  private var lastLine = ""
  private var hasEnded = false

  /// The most bytes of a line that are kept.
  private static let longestLine = 2000

  /// Reads the pipe at `descriptor`, which is this object's from now on, to its end.
  init(reading descriptor: Int32, of name: String) throws(ThreadError) {
    self.descriptor = descriptor
    self.name = name
    try SystemThread.start(for: "the thread that reads what \(name) prints") { [self] in read() }
  }

  deinit { close(descriptor) }

  /// The last line with anything in it, once the process has ended, or what there is of it then.
  func lastLine(waiting patience: Duration) -> String {
    let deadline = MonotonicInstant.now.advanced(by: patience)
    return monitor.withLock {
      while !hasEnded, monitor.wait(until: deadline) {}
      return lastLine
    }
  }

  private func read() {
    var line: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Glibc.read(descriptor, &block, block.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      for byte in block.prefix(count) {
        if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
          take(&line)
        } else if line.count < Self.longestLine {
          line.append(byte)
        }
      }
    }
    take(&line)
    monitor.withLock {
      hasEnded = true
      monitor.broadcast()
    }
  }

  private func take(_ line: inout [UInt8]) {
    defer { line.removeAll(keepingCapacity: true) }
    let text = String(decoding: line, as: UTF8.self)
    guard text.contains(where: { !$0.isWhitespace }) else { return }
    logger.debug("environment \(name): \(text.printable())")
    monitor.withLock { lastLine = text }
  }
}
