import AVGCore
import Testing

@testable import AVGCamera

@Suite("Capture statistics")
struct CaptureStatisticsTests {
  /// The statistics after buffers with these sequence numbers and timestamps, and which of the buffers were new.
  private func statistics(of arrivals: [(UInt32, Int64)]) -> (CaptureStatistics, [Bool]) {
    var statistics = CaptureStatistics()
    let isNew = arrivals.map {
      statistics.noteArrival(sequence: $0.0, captured: MonotonicInstant(nanoseconds: $0.1))
    }
    return (statistics, isNew)
  }

  @Test("skipped sequence numbers are gaps, also across the 32-bit overflow")
  func gaps() {
    let (statistics, isNew) = statistics(
      of: [(.max - 3, 0), (.max - 2, 1), (.max, 2), (0, 3), (4, 4), (5, 5)])
    #expect(statistics.sequenceGaps == 1 + 3)
    #expect(statistics.duplicates == 0)
    #expect(isNew == [true, true, true, true, true, true])
  }

  @Test("neither the first number nor a restarted stream counts as a gap")
  func restarts() {
    #expect(statistics(of: [(700, 0), (701, 1), (0, 2), (1, 3)]).0.sequenceGaps == 0)
  }

  @Test(
    "the same number with the same timestamp is a duplicate; frames of a driver that does not number them are not"
  )
  func duplicates() {
    let (doubled, isNew) = statistics(of: [(1, 10), (1, 10), (2, 20), (2, 20), (2, 20), (3, 30)])
    #expect(doubled.duplicates == 3)
    #expect(isNew == [true, false, true, false, false, true])
    let (unnumbered, allNew) = statistics(of: [(0, 10), (0, 20), (0, 30)])
    #expect(unnumbered.duplicates == 0)
    #expect(unnumbered.sequenceGaps == 0)
    #expect(allNew == [true, true, true])
  }

  @Test(
    "the counters agree with the driver's numbers, over restarts, gaps, duplicates and drivers without numbers",
    arguments: [
      ([(0, 0), (1, 1), (2, 2)], 3, 0, 2), ([(7, 0), (9, 1), (12, 2)], 6, 7, 12),
      ([(.max, 0), (1, 1)], 3, .max, 1), ([(5, 0), (6, 1), (0, 2), (3, 3)], 6, 0, 3),
      ([(4, 0), (4, 0), (5, 1)], 2, 4, 5), ([(0, 10), (0, 20), (0, 30)], 3, 0, 0),
    ] as [([(UInt32, Int64)], Int, UInt32, UInt32)])
  func agreement(arrivals: [(UInt32, Int64)], numbered: Int, first: UInt32, last: UInt32) {
    var (statistics, isNew) = statistics(of: arrivals)
    #expect(statistics.framesNumbered == numbered)
    #expect(statistics.firstNumber == first && statistics.lastNumber == last)
    #expect(isNew.count { $0 } + statistics.sequenceGaps == numbered)
    statistics.noteEnd()
    #expect(statistics.framesNumbered == numbered)
    let isNext = statistics.noteArrival(sequence: 100, captured: MonotonicInstant(nanoseconds: 99))
    #expect(isNext)
    #expect(statistics.framesNumbered == numbered + 1)
  }

  @Test("damage is counted by kind")
  func damage() {
    var damaged = DamagedFrames()
    for kind: FrameDamage in [.flagged, .empty, .empty, .truncated, .truncated, .truncated, .undecodable] {
      damaged.count(kind)
    }
    #expect(damaged == DamagedFrames(flagged: 1, empty: 2, truncated: 3, undecodable: 1))
    #expect(damaged.total == 7)
    #expect(
      damaged.since(DamagedFrames(flagged: 1, empty: 1))
        == DamagedFrames(empty: 1, truncated: 3, undecodable: 1))
  }
}
