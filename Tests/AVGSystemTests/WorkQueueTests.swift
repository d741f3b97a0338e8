import AVGCore
import AVGSystem
import Synchronization
import Testing

@Suite("Threads")
struct WorkQueueTests {
  @Test("a queue does its work in order, and is finished when all of it is done")
  func order() throws {
    let queue = try WorkQueue(for: "a test's thread")
    let done = Numbers()
    for number in 0..<200 { queue.async { done.value.withLock { $0.append(number) } } }
    queue.finish()
    #expect(done.value.withLock { $0 } == Array(0..<200))
    queue.finish()
  }

  @Test("a queue whose work holds its only owner ends with it")
  func lastOwner() throws {
    final class Owner: Sendable {
      let queue: WorkQueue
      let ended: Monitor
      let count: Counter
      init(_ ended: Monitor, _ count: Counter) throws {
        queue = try WorkQueue(for: "a test's thread")
        (self.ended, self.count) = (ended, count)
      }
      deinit {
        ended.withLock {
          count.value.add(1, ordering: .relaxed)
          ended.broadcast()
        }
      }
    }
    let (ended, count) = (Monitor(), Counter())
    var owner: Owner? = try Owner(ended, count)
    owner?.queue.async { [owner] in
      withExtendedLifetime(owner) { MonotonicInstant.now.advanced(by: .milliseconds(20)).sleepUntil() }
    }
    owner = nil
    let deadline = MonotonicInstant.now.advanced(by: .seconds(20))
    ended.withLock {
      while count.value.load(ordering: .relaxed) == 0, ended.wait(until: deadline) {}
    }
    #expect(count.value.load(ordering: .relaxed) == 1)
  }

  @Test("a wait ends at its instant on the monotonic clock")
  func waits() {
    let monitor = Monitor()
    let began = MonotonicInstant.now
    let instant = began.advanced(by: .milliseconds(30))
    monitor.withLock {
      while monitor.wait(until: instant) {}
    }
    #expect(began.duration(to: .now) >= .milliseconds(30))
  }

  @Test("work on a thread of its own is done when the call returns")
  func ownThread() throws {
    var sum = 0
    try SystemThread.run(for: "a test's thread") { sum = (1...10).reduce(0, +) }
    #expect(sum == 55)
  }

  private final class Counter: Sendable {
    let value = Atomic(0)
  }
}

/// Numbers that several threads add to.
private final class Numbers: Sendable {
  let value = Mutex<[Int]>([])
}
