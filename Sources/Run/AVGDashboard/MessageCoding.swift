import AVGSystem

/// The kinds of message between the run and the server process. Each message is a packet whose first byte is its kind.
enum MessageKind: UInt8 {
  // From the run to the server.
  case settings, snapshot, episode, event, state, end
  // From the server to the run.
  case ready, failed, pause, resume, stop, save
}

/// Both ends are one program on one computer: numbers are as they lie in memory.
extension ByteBuffer {
  /// Starts a new message.
  mutating func begin(_ kind: MessageKind) {
    clear()
    append(kind.rawValue)
  }

  /// Appends a number, or several in a structure.
  mutating func put(_ number: some BitwiseCopyable) { withUnsafeBytes(of: number) { append($0) } }

  /// Appends numbers.
  mutating func put(_ numbers: [some BitwiseCopyable]) { numbers.withUnsafeBytes { append($0) } }
}

/// Decodes messages.
struct MessageReader {
  private var rest: ArraySlice<UInt8>
  /// The message was too short.
  private(set) var isDamaged = false

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func number<Number: BitwiseCopyable>(_ zero: Number) -> Number {
    guard rest.count >= MemoryLayout<Number>.size else {
      isDamaged = true
      return zero
    }
    let number = rest.withUnsafeBytes { $0.loadUnaligned(as: Number.self) }
    rest = rest.dropFirst(MemoryLayout<Number>.size)
    return number
  }

  mutating func numbers<Number: BitwiseCopyable>(_ zero: Number, count: Int) -> [Number] {
    (0..<count).map { _ in number(zero) }
  }

  /// Returns the remaining bytes.
  mutating func remaining() -> [UInt8] {
    defer { rest = [] }
    return Array(rest)
  }
}
