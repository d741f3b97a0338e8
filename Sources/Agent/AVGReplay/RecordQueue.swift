internal import AVGCore
import Glibc

/// The newest of a stream of records of one length, numbered from 0 on: new ones come at the end, old ones go at the
/// beginning.
///
/// All address space is reserved at once, so that nothing is allocated later; the system gives memory as it is written
/// to. What old records leave is used again first, so that no more is ever resident than the most that were kept, but for
/// the two blocks at the ends.
struct RecordQueue: ~Copyable, @unchecked Sendable {
  // Unchecked: the memory belongs to this value alone, and only `mutating` members write to it.

  /// The bytes of a record.
  let stride: Int
  /// The bytes of a block, if a record is not larger.
  private static let blockBytes = 1 << 18
  /// The number of the oldest record that is kept.
  private(set) var first = 0
  /// The number that the next record gets.
  private(set) var end = 0

  private let blockRecords: Int
  private let base: UnsafeMutableRawPointer
  private let reserved: Int
  /// The block of each record, by the record's number over `blockRecords`, counted round.
  private var table: [Int32]
  /// Blocks that have been used and hold nothing now.
  private var free: [Int32] = []
  private var usedBlocks: Int32 = 0

  /// Reserves room for `capacity` records.
  ///
  /// - Throws: `noMemory`.
  init(stride: Int, capacity: Int) throws(ReplayError) {
    let blockRecords = max(1, Self.blockBytes / max(1, stride))
    let blocks = capacity / blockRecords + 2
    let (bytes, overflows) = blocks.multipliedReportingOverflow(by: blockRecords * max(1, stride))
    guard !overflows, blocks < Int(Int32.max) else { throw .noMemory(bytes: .max) }
    let memory = mmap(
      nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let memory, memory != MAP_FAILED else { throw .noMemory(bytes: bytes) }
    // What is promised is exact only in small pages; a system without large ones refuses, which is as good.
    _ = madvise(memory, bytes, MADV_NOHUGEPAGE)
    self.stride = stride
    self.blockRecords = blockRecords
    reserved = bytes
    base = memory
    table = [Int32](repeating: 0, count: blocks)
    free.reserveCapacity(blocks)
  }

  deinit { munmap(base, reserved) }

  /// How many are kept.
  var count: Int { end - first }

  /// The address of a record that is kept.
  func record(_ number: Int) -> UnsafeRawPointer {
    precondition(number >= first && number < end, "record \(number) is not in \(first)..<\(end)")
    return UnsafeRawPointer(address(number))
  }

  private func address(_ number: Int) -> UnsafeMutableRawPointer {
    let (block, place) = number.quotientAndRemainder(dividingBy: blockRecords)
    return base + (Int(table[block % table.count]) * blockRecords + place) * stride
  }

  /// Whether `append` will find a place.
  var hasRoom: Bool { count == 0 || end / blockRecords - first / blockRecords < table.count }

  /// Adds a record, whose bytes the caller writes.
  mutating func append() -> UnsafeMutableRawPointer {
    let block = end / blockRecords
    if end.isMultiple(of: blockRecords) || count == 0 {
      precondition(hasRoom, "the queue is full")
      table[block % table.count] = free.popLast() ?? newBlock()
    }
    end += 1
    return address(end - 1)
  }

  private mutating func newBlock() -> Int32 {
    precondition(usedBlocks < table.count, "the queue is full")
    usedBlocks += 1
    return usedBlocks - 1
  }

  /// Lets the records before `number` go.
  mutating func drop(before number: Int) {
    precondition(number >= first && number <= end)
    guard count > 0 else { return }
    let (old, new) = (first / blockRecords, number / blockRecords)
    for block in old..<new { free.append(table[block % table.count]) }
    // The last block goes with its last record; the next record begins another.
    if number == end, !number.isMultiple(of: blockRecords) { free.append(table[new % table.count]) }
    first = number
  }

  /// Lets all records go; the next one gets `number`.
  mutating func restart(at number: Int) {
    drop(before: end)
    first = number
    end = number
  }

  /// The bytes that the system holds for it at this moment.
  var residentBytes: Int {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let pages = (reserved + page - 1) / page
    var states = [UInt8](repeating: 0, count: pages)
    guard mincore(base, reserved, &states) == 0 else { return 0 }
    return states.count { $0 & 1 == 1 } * page
  }
}
