import Glibc

/// Memory that an environment shares, mapped to be read.
struct SharedSlots: ~Copyable {
  /// The slots.
  let count: Int
  private let slotBytes: Int
  private let memory: UnsafeRawBufferPointer

  /// Not visible to Swift: F_GET_SEALS and F_SEAL_SHRINK of linux/fcntl.h.
  private static let (getSeals, sealShrink): (Int32, Int32) = (1034, 2)

  /// Maps the memory at `descriptor`, which stays the caller's.
  ///
  /// - Returns: nil, with what is wrong in `problem`, unless it is as described and can never become smaller: reading
  ///   beyond its end would end this program.
  init?(
    _ description: SharedMemoryDescription, observationBytes: Int, descriptor: Int32, problem: inout String
  ) {
    let (bytes, overflows) = description.slots.multipliedReportingOverflow(by: description.slotBytes)
    guard description.slots >= 1, description.slotBytes >= observationBytes, !overflows else {
      problem = "\(description.slots) slots of \(description.slotBytes) bytes hold no observation"
      return nil
    }
    var file = stat()
    guard descriptor >= 0, fstat(descriptor, &file) == 0 else {
      problem = "no descriptor of the shared memory came with the specification"
      return nil
    }
    guard fcntl(descriptor, Self.getSeals) & Self.sealShrink != 0 else {
      problem = "the shared memory is not sealed against shrinking"
      return nil
    }
    guard file.st_size >= bytes, let address = mmap(nil, bytes, PROT_READ, MAP_SHARED, descriptor, 0),
      address != MAP_FAILED
    else {
      problem = "the shared memory has \(file.st_size) bytes, not \(bytes)"
      return nil
    }
    count = description.slots
    slotBytes = description.slotBytes
    memory = UnsafeRawBufferPointer(start: address, count: bytes)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: memory.baseAddress), memory.count) }

  /// The first `count` bytes of a slot.
  func bytes(of slot: Int, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: memory[slot * slotBytes..<slot * slotBytes + count])
  }
}
