internal import AVGSystem

/// A fixed number of floats on a 64-byte boundary, all zero at first, freed with the value that owns them.
///
/// The boundary is a cache line and an AVX-512 register: the kernels never split a load.
public struct FloatBuffer: ~Copyable, @unchecked Sendable {
  // Unchecked: the memory belongs to this value alone, and only `mutating` members write to it.

  /// How many floats there are.
  public let count: Int
  @usableFromInline let base: UnsafeMutablePointer<Float>

  /// Makes a buffer of `count` zeros.
  public init(count: Int) {
    precondition(count >= 0, "a buffer cannot hold \(count) floats")
    self.count = count
    let byteCount = Swift.max(count, 1) * MemoryLayout<Float>.stride
    base = MemoryDemand.asking(for: byteCount) {
      UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    }.initializeMemory(as: Float.self, repeating: 0, count: count)
  }

  deinit {
    base.deallocate()
  }

  /// The float at `index`.
  @inlinable public subscript(index: Int) -> Float {
    get {
      precondition(index >= 0 && index < count)
      return base[index]
    }
    set {
      precondition(index >= 0 && index < count)
      base[index] = newValue
    }
  }

  /// Sets every float to `number`.
  public mutating func fill(_ number: Float = 0) {
    base.update(repeating: number, count: count)
  }

  /// Multiplies every float by `factor`.
  public mutating func scale(by factor: Float) {
    let target = mutablePointer(0, count)
    for index in 0..<count { target[index] *= factor }
  }

  /// Copies all floats of `other`, which has as many.
  public mutating func copy(from other: borrowing FloatBuffer) {
    precondition(count == other.count, "\(count) floats cannot take \(other.count)")
    base.update(from: other.base, count: count)
  }

  /// Replaces `length` floats from `place` on by those of `other` from `first` on.
  public mutating func copy(_ length: Int, of other: borrowing FloatBuffer, from first: Int, at place: Int) {
    mutablePointer(place, length).update(from: other.pointer(first, length), count: length)
  }

  /// Replaces `length` floats from `place` on by those of `numbers` from `first` on.
  public mutating func copy(_ length: Int, of numbers: [Float], from first: Int, at place: Int) {
    let target = mutablePointer(place, length)
    for index in 0..<length { target[index] = numbers[first + index] }
  }

  /// Replaces one row of `length` floats by another of this buffer.
  mutating func moveRow(_ row: Int, to place: Int, length: Int) {
    mutablePointer(place * length, length).update(from: pointer(row * length, length), count: length)
  }

  /// Replaces `length` floats from `place` on by the products of those of two buffers from `first` on.
  public mutating func setProducts(
    _ length: Int, _ a: borrowing FloatBuffer, _ b: borrowing FloatBuffer, from first: Int, at place: Int
  ) {
    let (a, b) = (a.pointer(first, length), b.pointer(first, length))
    let target = mutablePointer(place, length)
    for index in 0..<length { target[index] = a[index] * b[index] }
  }

  /// Replaces `length` floats from `place` on by the sums of those of two buffers from `first` on.
  public mutating func setSums(
    _ length: Int, _ a: borrowing FloatBuffer, _ b: borrowing FloatBuffer, from first: Int, at place: Int
  ) {
    let (a, b) = (a.pointer(first, length), b.pointer(first, length))
    let target = mutablePointer(place, length)
    for index in 0..<length { target[index] = a[index] + b[index] }
  }

  /// Replaces the floats from `offset` on by `numbers`.
  public mutating func write(_ numbers: [Float], at offset: Int = 0) {
    let target = mutablePointer(offset, numbers.count)
    for index in numbers.indices {
      target[index] = numbers[index]
    }
  }

  /// Replaces the floats from `offset` on by all of `other`.
  public mutating func write(_ other: borrowing FloatBuffer, at offset: Int) {
    mutablePointer(offset, other.count).update(from: other.base, count: other.count)
  }

  /// Copies as many floats of `other` as there are here, from `offset` on.
  public mutating func copy(from other: borrowing FloatBuffer, at offset: Int) {
    base.update(from: other.pointer(offset, count), count: count)
  }

  /// Replaces all floats by the first of `numbers`, and removes those from it.
  mutating func write(taking numbers: inout ArraySlice<Float>) {
    write(Array(numbers.prefix(count)))
    numbers = numbers.dropFirst(count)
  }

  /// The `length` floats from `offset` on, as an array: for tests and files, not for the loop.
  public func array(_ offset: Int, _ length: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: pointer(offset, length), count: length))
  }

  /// The address of the `length` floats from `offset` on, for a kernel that reads them; valid while the buffer lives.
  func pointer(_ offset: Int, _ length: Int) -> UnsafePointer<Float> {
    UnsafePointer(base + checked(offset, length))
  }

  /// The address of the `length` floats from `offset` on, for a kernel that writes them; valid while the buffer lives.
  mutating func mutablePointer(_ offset: Int, _ length: Int) -> UnsafeMutablePointer<Float> {
    base + checked(offset, length)
  }

  /// The same for one piece of work of several that write to different floats of a buffer, each in its own time or
  /// thread: nobody else may read or write these.
  func part(_ offset: Int, _ length: Int) -> UnsafeMutablePointer<Float> { base + checked(offset, length) }

  private func checked(_ offset: Int, _ length: Int) -> Int {
    precondition(
      offset >= 0 && length >= 0 && offset + length <= count, "\(offset)+\(length) is beyond \(count)")
    return offset
  }
}
