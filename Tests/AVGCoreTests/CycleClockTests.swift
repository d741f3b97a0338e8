import Testing

@testable import AVGCore

@Suite("Cycle clock")
struct CycleClockTests {
  static let start = MonotonicInstant(nanoseconds: 1_000)

  /// A clock of 45 ns periods, whose deadlines are 1045, 1090, 1135 …
  static func clock() -> CycleClock {
    CycleClock(period: .nanoseconds(45), startingAt: start)
  }

  @Test(
    "a late cycle skips whole periods and stays on the grid",
    arguments: [
      (1_000, 0, 1_045), (1_044, 0, 1_045), (1_045, 0, 1_045), (1_046, 1, 1_090), (1_090, 1, 1_090),
      (1_091, 2, 1_135), (1_135, 2, 1_135), (46_000, 999, 46_000), (46_001, 1_000, 46_045),
    ] as [(Int64, Int, Int64)])
  func skips(now: Int64, missed: Int, deadline: Int64) {
    var clock = Self.clock()
    #expect(clock.skipMissed(at: MonotonicInstant(nanoseconds: now)) == missed)
    #expect(clock.deadline.nanoseconds == deadline)
  }

  @Test("a new start is no lateness")
  func restarts() {
    var clock = Self.clock()
    clock.start(at: MonotonicInstant(nanoseconds: 500_000))
    #expect(clock.deadline.nanoseconds == 500_045)
    #expect(clock.skipMissed(at: MonotonicInstant(nanoseconds: 500_010)) == 0)
  }

  @Test("waiting moves the deadline on by one period more than was missed, and not before it has passed")
  func waits() {
    var clock = CycleClock(period: .milliseconds(2))
    let first = clock.deadline
    var missed = 0
    for _ in 0..<5 {
      missed += clock.awaitDeadline()
      #expect(MonotonicInstant.now >= clock.deadline.advanced(by: .milliseconds(-2)))
    }
    #expect(first.duration(to: clock.deadline) == .milliseconds(2) * (5 + missed))
  }
}
