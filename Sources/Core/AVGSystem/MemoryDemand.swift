package import Synchronization

/// A large piece of memory that is being asked for, where Swift ends the program if it cannot be had.
///
/// Whoever handles that end can tell it from a crash for another reason by asking for as much.
package enum MemoryDemand {
  /// Its bytes; 0 while none is being asked for.
  package static let bytes = Atomic<Int>(0)

  /// Asks for so much by `allocate`.
  package static func asking<Memory>(for count: Int, _ allocate: () -> Memory) -> Memory {
    bytes.store(count, ordering: .relaxed)
    defer { bytes.store(0, ordering: .relaxed) }
    return allocate()
  }
}
