/// Finds the packets of the sensor stream in what a serial line delivers.
///
/// A checksum that adds bytes up does not notice two errors that cancel, nor a packet that begins in the wrong place. So
/// every byte that is known beforehand (the header, the length, the number of each packet) must be right, and every
/// value in its range. After noise the search goes on at the second byte of what was refused: a whole packet that
/// follows is never lost.
public struct StreamParser: Sendable {
  /// Packets accepted.
  public private(set) var acceptedPackets = 0
  /// Whole packets with a wrong checksum or a value out of its range.
  public private(set) var refusedPackets = 0
  /// Bytes that were part of no packet accepted.
  public private(set) var skippedBytes = 0

  private var window = [UInt8](repeating: 0, count: StreamLayout.byteCount)
  private var count = 0

  /// Makes a parser that has seen nothing.
  public init() {}

  /// Takes the next byte.
  ///
  /// - Returns: the reading that it completes, if any.
  public mutating func push(_ byte: UInt8) -> SensorReading? {
    window[count] = byte
    count += 1
    guard Self.fits(byte, at: count - 1) else {
      skip()
      return nil
    }
    guard count == StreamLayout.byteCount else { return nil }
    guard window.reduce(0, &+) == 0, let reading = StreamLayout.reading(in: window) else {
      refusedPackets += 1
      skip()
      return nil
    }
    acceptedPackets += 1
    count = 0
    return reading
  }

  /// Forgets a packet that has begun, as after the line was closed.
  public mutating func reset() {
    skippedBytes += count
    count = 0
  }

  /// Drops bytes, one at least, until what is left may be the beginning of a packet.
  private mutating func skip() {
    var start = 1
    while start < count, !mayBegin(at: start) { start += 1 }
    for index in start..<max(start, count) { window[index - start] = window[index] }
    skippedBytes += start
    count -= start
  }

  private func mayBegin(at start: Int) -> Bool {
    for index in start..<count where !Self.fits(window[index], at: index - start) { return false }
    return true
  }

  private static func fits(_ byte: UInt8, at index: Int) -> Bool {
    let fixed = StreamLayout.fixedBytes[index]
    return fixed < 0 || fixed == Int16(byte)
  }
}
