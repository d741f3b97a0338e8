import AVGGymnasium
import CMemoryFile
import Glibc

/// Memory that a learner maps too, in which observations lie.
final class ObservationMemory {
  /// The memory as a file, to be sent to the learner.
  let descriptor: Int32
  /// How it is divided.
  let description: SharedMemoryDescription

  private let bytes: UnsafeMutableRawBufferPointer

  /// With two, a learner can look at an observation and the one before it.
  private static let slotCount = 2
  /// Slots begin on lines of the cache.
  private static let alignment = 64

  /// Makes memory for some environments' observations; nil where the system gives none.
  init?(environments: Int, observationByteCount: Int) {
    let slotBytes = (observationByteCount + Self.alignment - 1) / Self.alignment * Self.alignment
    description = SharedMemoryDescription(slots: Self.slotCount, slotBytes: slotBytes)
    let size = environments * Self.slotCount * slotBytes
    // A learner that reads beyond a file's end dies: the size of this one is sealed.
    let descriptor = avg_memory_file("avg-vision observations", size)
    guard descriptor >= 0 else { return nil }
    guard let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), start != MAP_FAILED
    else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    bytes = UnsafeMutableRawBufferPointer(start: start, count: size)
  }

  deinit {
    munmap(bytes.baseAddress, bytes.count)
    close(descriptor)
  }

  /// The bytes of a slot; both numbers are among those that it was made for.
  func slot(_ slot: Int, of environment: Int) -> UnsafeMutableRawBufferPointer {
    let start = (environment * description.slots + slot) * description.slotBytes
    return UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + description.slotBytes])
  }
}
