internal import AVGCore
import Glibc

/// The places of a row's numbers: the frames' numbers (8 bytes each), flags and missed cycles, reward, signals, action
/// (4 bytes each).
struct RowLayout: Sendable {
  let frameCount: Int
  let signalCount: Int
  let actionCount: Int
  let stride: Int
  private let flags: Int
  private let reward: Int
  private let signals: Int
  private let action: Int

  /// Bits of the flags; the missed cycles stand above them.
  private enum Flag {
    static let step: UInt32 = 1
    static let terminated: UInt32 = 2
    static let truncated: UInt32 = 4
    static let cyclesShift: UInt32 = 8
    static let all = step | terminated | truncated
    static let mostCycles = 0xFF_FFFF
  }

  init(_ specification: EnvironmentSpecification) {
    frameCount = specification.frames?.count ?? 0
    signalCount = specification.signalCount
    actionCount = specification.actionCount
    flags = 8 * frameCount
    reward = flags + 4
    signals = reward + 4
    action = signals + 4 * signalCount
    // The frames' numbers lie on their boundaries.
    let length = action + 4 * actionCount
    stride = frameCount > 0 ? (length + 7) / 8 * 8 : length
  }

  /// Makes a row to which no step has led; padding is zero, so that equal rows have equal bytes.
  func clear(_ row: UnsafeMutableRawPointer) { memset(row, 0, stride) }

  func frame(_ slot: Int, of row: UnsafeRawPointer) -> Int {
    Int(row.load(fromByteOffset: 8 * slot, as: Int64.self))
  }

  func setFrame(_ slot: Int, _ number: Int, of row: UnsafeMutableRawPointer) {
    row.storeBytes(of: Int64(number), toByteOffset: 8 * slot, as: Int64.self)
  }

  func oldestFrame(of row: UnsafeRawPointer) -> Int {
    var oldest = Int.max
    for slot in 0..<frameCount { oldest = min(oldest, frame(slot, of: row)) }
    return oldest
  }

  /// Whether a step led to the row: whether it is a transition's S′.
  func isStep(_ row: UnsafeRawPointer) -> Bool { flags(row) & Flag.step != 0 }

  private func flags(_ row: UnsafeRawPointer) -> UInt32 { row.load(fromByteOffset: flags, as: UInt32.self) }

  func write(_ outcome: Outcome, _ numbers: [Float], to row: UnsafeMutableRawPointer) {
    precondition(numbers.count == actionCount, "an action of \(actionCount) numbers expected")
    let cycles = UInt32(max(0, min(outcome.missedCycles, Flag.mostCycles)))
    let bits =
      Flag.step | (outcome.terminated ? Flag.terminated : 0) | (outcome.truncated ? Flag.truncated : 0)
      | cycles << Flag.cyclesShift
    row.storeBytes(of: bits, toByteOffset: flags, as: UInt32.self)
    row.storeBytes(of: outcome.reward, toByteOffset: reward, as: Float.self)
    copy(numbers, to: row + action)
  }

  func outcome(_ row: UnsafeRawPointer) -> Outcome {
    let bits = flags(row)
    return Outcome(
      reward: row.load(fromByteOffset: reward, as: Float.self), terminated: bits & Flag.terminated != 0,
      truncated: bits & Flag.truncated != 0, missedCycles: Int(bits >> Flag.cyclesShift))
  }

  func setSignals(_ numbers: [Float], _ row: UnsafeMutableRawPointer) { copy(numbers, to: row + signals) }

  func hasSignals(_ numbers: [Float], _ row: UnsafeRawPointer) -> Bool {
    numbers.withUnsafeBytes { bytes in
      bytes.baseAddress.map { ReplayRing.areEqual(row + signals, $0, bytes.count) } ?? true
    }
  }

  func readSignals(_ row: UnsafeRawPointer, into target: inout [Float], at place: Int) {
    copy(row + signals, signalCount, into: &target, at: place)
  }

  func readAction(_ row: UnsafeRawPointer, into target: inout [Float], at place: Int) {
    copy(row + action, actionCount, into: &target, at: place)
  }

  private func copy(_ numbers: [Float], to target: UnsafeMutableRawPointer) {
    numbers.withUnsafeBytes { bytes in
      if let source = bytes.baseAddress { target.copyMemory(from: source, byteCount: bytes.count) }
    }
  }

  private func copy(_ source: UnsafeRawPointer, _ count: Int, into target: inout [Float], at place: Int) {
    precondition(place >= 0 && place + count <= target.count, "no room for \(count) numbers at \(place)")
    target.withUnsafeMutableBytes { bytes in
      if let base = bytes.baseAddress { (base + 4 * place).copyMemory(from: source, byteCount: 4 * count) }
    }
  }

  /// Why the bytes of a row cannot be one of a ring with these frames; nil if they can.
  func problem(_ row: UnsafeRawPointer, frames: Range<Int>) -> String? {
    for slot in 0..<frameCount where !frames.contains(frame(slot, of: row)) {
      return "a row names frame \(frame(slot, of: row)), which is not in \(frames)"
    }
    guard flags(row) & ((1 << Flag.cyclesShift) - 1) & ~Flag.all == 0 else {
      return "a row has flags that this program does not know"
    }
    for place in stride4 where !row.load(fromByteOffset: place, as: Float.self).isFinite {
      return "a row holds a number that is not finite"
    }
    return nil
  }

  /// The places of the row's floats.
  private var stride4: StrideTo<Int> {
    Swift.stride(from: reward, to: action + 4 * actionCount, by: 4)
  }
}

extension ReplayRing {
  /// Whether two stretches of memory hold the same bytes.
  static func areEqual(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
    a == b || memcmp(a, b, count) == 0
  }
}
