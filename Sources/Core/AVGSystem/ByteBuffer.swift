/// Bytes as they are put together; numbers are little-endian. `clear` keeps the memory.
package struct ByteBuffer: Sendable {
  /// The bytes so far.
  package var bytes: [UInt8] = []

  /// Makes an empty buffer with room for `capacity` bytes.
  package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  /// Makes a buffer of what `fill` appends.
  package init(_ fill: (inout ByteBuffer) -> Void) { fill(&self) }

  /// How many there are.
  package var count: Int { bytes.count }

  /// Takes all away.
  package mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  /// Appends a byte.
  package mutating func append(_ byte: UInt8) { bytes.append(byte) }

  /// Appends bytes.
  package mutating func append(_ more: [UInt8]) { more.withUnsafeBytes { bytes.append(contentsOf: $0) } }

  /// Appends bytes.
  package mutating func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

  /// Appends a number.
  @inlinable package mutating func append<Number: FixedWidthInteger>(integer: Number) {
    withUnsafeBytes(of: integer.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Puts a number in the place of the bytes from `offset` on.
  @inlinable package mutating func overwrite<Number: FixedWidthInteger & BitwiseCopyable>(
    integer: Number, at offset: Int
  ) {
    bytes.withUnsafeMutableBytes { $0.store(integer, at: offset) }
  }
}

/// What reads bytes from the beginning to the end; its methods return nil where the bytes end too early.
package struct ByteCursor: Sendable {
  @usableFromInline let bytes: [UInt8]
  /// Where the next byte is.
  @usableFromInline package internal(set) var position: Int
  @usableFromInline let end: Int

  /// Reads from `start` to `end`, which is that of `bytes` at the latest.
  package init(_ bytes: [UInt8], from start: Int = 0, to end: Int? = nil) {
    self.bytes = bytes
    self.end = min(end ?? bytes.count, bytes.count)
    position = min(start, self.end)
  }

  /// How many are left.
  @inlinable package var remaining: Int { end - position }

  /// The next number, little-endian.
  @inlinable package mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(
    _: Number.Type = Number.self
  ) -> Number? {
    let size = MemoryLayout<Number>.size
    guard remaining >= size else { return nil }
    defer { position += size }
    return bytes.withUnsafeBytes { $0.integer(at: position) }
  }

  /// The next `count` bytes.
  package mutating func bytes(_ count: Int) -> [UInt8]? {
    guard count >= 0, remaining >= count else { return nil }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  /// Skips bytes.
  ///
  /// - Returns: whether there are as many.
  package mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, remaining >= count else { return false }
    position += count
    return true
  }

  /// All that are left.
  package mutating func rest() -> [UInt8] { bytes(remaining) ?? [] }

  /// A cursor over the next bytes, which are not copied.
  package mutating func slice(_ count: Int) -> ByteCursor? {
    guard count >= 0, remaining >= count else { return nil }
    defer { position += count }
    return ByteCursor(bytes, from: position, to: position + count)
  }

  /// Lends out what is left.
  package func withRemainingBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withBytes(position..<end, body)
  }

  /// Lends out the bytes in a range of positions.
  package func withBytes<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}

extension UnsafeRawBufferPointer {
  /// The number in the bytes from `offset` on, little-endian and on no boundary; they must be there.
  @inlinable package func integer<Number: FixedWidthInteger & BitwiseCopyable>(
    _: Number.Type = Number.self, at offset: Int
  ) -> Number {
    Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Puts a number into the bytes from `offset` on, little-endian and on no boundary; they must be there.
  @inlinable package func store<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int)
  {
    storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
  }
}
