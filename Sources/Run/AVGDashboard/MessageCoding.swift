/// What the run tells the process that serves the page, and the other way round: each a packet, its kind first.
enum MessageKind: UInt8 {
  // From the run.
  case settings, snapshot, episode, event, state, end
  // From the page's process.
  case ready, failed, pause, resume, stop, save
}

/// Bytes of a message, in memory that is taken once.
struct MessageWriter: ~Copyable {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  /// Begins a new message.
  mutating func begin(_ kind: MessageKind) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(kind.rawValue)
  }

  /// Adds a number's bytes as they lie in memory: both ends are one machine.
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

/// Takes a message apart.
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

  /// All that is left.
  mutating func remaining() -> [UInt8] {
    defer { rest = [] }
    return Array(rest)
  }
}
