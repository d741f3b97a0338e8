import AVGCore
import Glibc

/// The cable between the emulated robot and the computer, a pseudo-terminal, with what can be wrong with it.
struct EmulatedCable: ~Copyable {
  var isSilent = false
  var isNoisy = false
  private(set) var isFrozen = false
  private let place: LinkPlace
  private var terminal: PseudoTerminal?
  private var arrivals = TerminalArrivals(on: -1)
  /// The terminal's; −1 while the cable is pulled.
  private var descriptor: Int32 = -1
  private var random: RandomSource
  private var arrived = [UInt8](repeating: 0, count: 1024)
  /// Somebody has the other end open.
  private var isOpenElsewhere = false

  /// The share of bytes that noise changes.
  private static let noiseShare = 0.1

  /// Lays a cable whose other end is found at `place`.
  init(at place: consuming LinkPlace, seed: UInt64) throws(RobotError) {
    self.place = place
    random = RandomSource(seed: seed, purpose: "noise on the cable")
    try plugIn()
  }

  deinit { if let path = terminal?.path { place.remove(to: path) } }

  /// What `poll` may wait for; −1 if there is nothing.
  var awaitable: Int32 { arrivals.descriptor }

  var isPluggedIn: Bool { descriptor >= 0 }

  mutating func plugIn() throws(RobotError) {
    let terminal = try PseudoTerminal()
    try place.point(to: terminal.path)
    descriptor = terminal.descriptor
    arrivals = TerminalArrivals(on: descriptor)
    self.terminal = consume terminal
    isFrozen = false
  }

  mutating func unplug() {
    if let path = terminal?.path { place.remove(to: path) }
    descriptor = -1
    arrivals = TerminalArrivals(on: -1)
    terminal = nil
  }

  mutating func freeze() { isFrozen = true }

  /// Hands over what has come from the computer.
  mutating func receive(_ hear: (UInt8) -> Void) {
    guard isPluggedIn, arrivals.take() else { return }
    while true {
      let count = arrived.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else {
        // EIO: the other end is closed.
        isOpenElsewhere = !(count < 0 && errno == EIO)
        if !isOpenElsewhere { isFrozen = false }
        return
      }
      isOpenElsewhere = true
      for index in 0..<count where !isFrozen { hear(carried(arrived[index])) }
    }
  }

  /// Sends `bytes`, as far as the line takes them: there is no flow control.
  mutating func send(_ bytes: inout [UInt8]) {
    defer { bytes.removeAll(keepingCapacity: true) }
    guard isPluggedIn, isOpenElsewhere, !isFrozen, !isSilent, !bytes.isEmpty else { return }
    for index in bytes.indices { bytes[index] = carried(bytes[index]) }
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }

  private mutating func carried(_ byte: UInt8) -> UInt8 {
    guard isNoisy, random.uniform() < Self.noiseShare else { return byte }
    return byte ^ UInt8(1 + random.next() % 255)
  }
}
