import AVGCore
import AVGSystem
import Synchronization
import Testing

@Suite("Workers")
struct WorkerPoolTests {
  @Test("every piece is done once, before, while and after the threads are awake", arguments: 1...4)
  func everyPiece(threads: Int) throws {
    let pool = try WorkerPool(threads: threads)
    for round in 0..<600 {
      if round == 200 { pool.begin() }
      if round == 400 { pool.end() }
      let pieces = round % 37
      var counts = [Int32](repeating: 0, count: 37)
      counts.withUnsafeMutableBufferPointer { counts in
        guard let base = counts.baseAddress else { return }
        pool.run(pieces: pieces, base) { context, piece in
          // Pieces write to places of their own.
          UnsafeMutableRawPointer(mutating: context).assumingMemoryBound(to: Int32.self)[piece] += 1
        }
      }
      #expect(counts == (0..<37).map { $0 < pieces ? 1 : 0 })
    }
  }

  @Test("pieces run at the same time: each of two waits for the other")
  func together() throws {
    let pool = try WorkerPool(threads: 2)
    pool.begin()
    let meeting = Meeting()
    // A pool whose thread came too late does without it for a while.
    let deadline = MonotonicInstant.now.advanced(by: .seconds(60))
    while meeting.met.load(ordering: .relaxed) < 2, MonotonicInstant.now < deadline {
      meeting.begun.store(0, ordering: .relaxed)
      meeting.met.store(0, ordering: .relaxed)
      pool.begin()
      pool.run(pieces: 2, Unmanaged.passUnretained(meeting).toOpaque()) { context, _ in
        Unmanaged<Meeting>.fromOpaque(context).takeUnretainedValue().meet()
      }
    }
    #expect(meeting.met.load(ordering: .relaxed) == 2)
  }

  @Test("a piece that has pieces itself does them alone")
  func nested() throws {
    let outer = Outer(pool: try WorkerPool(threads: 3))
    outer.pool.begin()
    outer.pool.run(pieces: 8, Unmanaged.passUnretained(outer).toOpaque()) { context, _ in
      Unmanaged<Outer>.fromOpaque(context).takeUnretainedValue().pool.run(pieces: 5, context) { context, _ in
        Unmanaged<Outer>.fromOpaque(context).takeUnretainedValue().done.add(1, ordering: .relaxed)
      }
    }
    #expect(outer.done.load(ordering: .relaxed) == 40)
  }
}

private final class Meeting: Sendable {
  let begun = Atomic<Int>(0)
  let met = Atomic<Int>(0)

  /// Waits until two have come, or for a second.
  func meet() {
    begun.add(1, ordering: .acquiringAndReleasing)
    let deadline = MonotonicInstant.now.advanced(by: .seconds(1))
    while begun.load(ordering: .acquiring) < 2, MonotonicInstant.now < deadline {}
    if begun.load(ordering: .acquiring) == 2 { met.add(1, ordering: .acquiringAndReleasing) }
  }
}

private final class Outer: Sendable {
  let pool: WorkerPool
  let done = Atomic<Int>(0)
  init(pool: consuming WorkerPool) { self.pool = pool }
}
