public import AVGCore
import Glibc

/// A lock and a condition variable with deadlines on the monotonic clock: setting the computer's clock makes no wait
/// longer or shorter.
public final class Monitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// Makes it, unlocked.
  public init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Takes the lock, once nobody else has it.
  public func lock() { pthread_mutex_lock(mutex) }

  /// Gives the lock back.
  public func unlock() { pthread_mutex_unlock(mutex) }

  /// Gives the lock back until `broadcast` is called, or sooner.
  public func wait() { pthread_cond_wait(condition, mutex) }

  /// The same, to an instant at the latest.
  ///
  /// - Returns: false once the instant has come.
  public func wait(until instant: MonotonicInstant) -> Bool {
    var time = timespec()
    time.tv_sec = time_t(instant.nanoseconds / 1_000_000_000)
    time.tv_nsec = Int(instant.nanoseconds % 1_000_000_000)
    return pthread_cond_timedwait(condition, mutex, &time) == 0
  }

  /// Wakes all who wait.
  public func broadcast() { pthread_cond_broadcast(condition) }

  /// Does something while nobody else has the lock.
  public func withLock<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    lock()
    defer { unlock() }
    return try body()
  }
}

/// Work done one piece after the other by a thread of its own.
public final class WorkQueue: Sendable {
  private let monitor = Monitor()
  private let state: State

  /// What is under way; held by `monitor`.
  private final class State: @unchecked Sendable {
    var work: [@Sendable () -> Void] = []
    var isBusy = false
    var isEnding = false
  }

  /// Starts the thread.
  ///
  /// - Parameter purpose: what it is for, as in "the thread that writes the log".
  public init(for purpose: String) throws(ThreadError) {
    let state = State()
    self.state = state
    // Not `self`, so that the thread ends with the queue.
    try SystemThread.start(for: purpose) { [monitor] in WorkQueue.run(state, monitor) }
  }

  deinit {
    monitor.withLock {
      state.isEnding = true
      monitor.broadcast()
    }
  }

  /// Has something done after all that was given before; does not wait.
  public func async(_ work: @escaping @Sendable () -> Void) {
    monitor.withLock {
      state.work.append(work)
      monitor.broadcast()
    }
  }

  /// Waits until all that was given has been done.
  public func finish() {
    monitor.withLock {
      while state.isBusy || !state.work.isEmpty { monitor.wait() }
    }
  }

  /// The thread: does what comes, to the end.
  private static func run(_ state: State, _ monitor: Monitor) {
    monitor.lock()
    while true {
      while state.work.isEmpty, !state.isEnding { monitor.wait() }
      guard !state.work.isEmpty else { break }
      var work: (@Sendable () -> Void)? = state.work.removeFirst()
      state.isBusy = true
      monitor.unlock()
      work?()
      // Before the lock is taken: what it held may be this queue's last owner.
      work = nil
      monitor.lock()
      state.isBusy = false
      monitor.broadcast()
    }
    monitor.unlock()
  }
}
