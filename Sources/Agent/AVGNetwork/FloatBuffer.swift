/// A fixed number of floats on a 64-byte boundary, all zero at first, freed with the value that owns them.
///
/// The boundary is a cache line and an AVX-512 register: the kernels never split a load.
public struct FloatBuffer: ~Copyable, @unchecked Sendable {
  /// How many floats there are.
  public let count: Int
  @usableFromInline let base: UnsafeMutablePointer<Float>

  /// Makes a buffer of `count` zeros.
  public init(count: Int) {
    precondition(count >= 0, "a buffer cannot hold \(count) floats")
    self.count = count
    let byteCount = Swift.max(count, 1) * MemoryLayout<Float>.stride
    base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
      .initializeMemory(as: Float.self, repeating: 0, count: count)
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

  /// Sets every float to zero.
  public mutating func clear() {
    base.update(repeating: 0, count: count)
  }

  /// Takes over all floats of `other`, which has as many.
  public mutating func copy(from other: borrowing FloatBuffer) {
    precondition(count == other.count, "\(count) floats cannot take \(other.count)")
    base.update(from: other.base, count: count)
  }

  /// Replaces the floats from `offset` on by `numbers`.
  public mutating func write(_ numbers: [Float], at offset: Int = 0) {
    let target = pointer(offset, numbers.count)
    for index in numbers.indices {
      target[index] = numbers[index]
    }
  }

  /// Replaces all floats by the first of `numbers`, and takes those away from it.
  mutating func write(taking numbers: inout ArraySlice<Float>) {
    write(Array(numbers.prefix(count)))
    numbers = numbers.dropFirst(count)
  }

  /// The `length` floats from `offset` on, as an array: for tests and files, not for the loop.
  public func array(_ offset: Int = 0, _ length: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: pointer(offset, length), count: length))
  }

  /// The address of the `length` floats from `offset` on, for a kernel; valid while the buffer lives.
  func pointer(_ offset: Int = 0, _ length: Int) -> UnsafeMutablePointer<Float> {
    precondition(
      offset >= 0 && length >= 0 && offset + length <= count, "\(offset)+\(length) is beyond \(count)")
    return base + offset
  }
}
