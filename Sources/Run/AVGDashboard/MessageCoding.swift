/// The kinds of message between the run and the server process. Each message is a packet whose first byte is its kind.
enum MessageKind: UInt8 {
  // From the run to the server.
  case settings, snapshot, episode, event, state, end
  // From the server to the run.
  case ready, failed, pause, resume, stop, save
}

/// Encodes messages into a buffer that is allocated once.
struct MessageWriter: ~Copyable {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  /// Starts a new message.
  mutating func begin(_ kind: MessageKind) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(kind.rawValue)
  }

  /// Appends a number in native byte order, because both ends are on one machine.
  mutating func put(_ number: some BitwiseCopyable) {
    withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ numbers: [Float]) {
    numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ numbers: [UInt32]) {
    numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ more: [UInt8]) { bytes.append(contentsOf: more) }
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
