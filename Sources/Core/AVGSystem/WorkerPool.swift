internal import AVGCore
import Glibc
import Synchronization

/// Threads that do the pieces of one piece of work together, for work of some hundred microseconds.
///
/// Between `begin` and `end` they spin, so that the next pieces are taken up within a microsecond; a moment after it they
/// sleep. Which thread does which piece is chance: pieces must not depend on each other, and what they come to must not
/// depend on who does them.
///
/// A thread that another program keeps from running holds up everybody. Once that happens the pool does without its
/// threads for a while, for longer each time.
public final class WorkerPool: Sendable {
  /// One piece of what `context` points to.
  public typealias Piece = @convention(c) (_ context: UnsafeRawPointer, _ piece: Int) -> Void

  /// The threads, the calling one included.
  public let threadCount: Int
  private let shared = Shared()

  /// Starts the threads.
  ///
  /// - Parameter threads: how many, the calling one included.
  public init(threads: Int) throws(ThreadError) {
    threadCount = threads
    for _ in 1..<max(1, threads) {
      // Not `self`, so that the threads end with the pool.
      try SystemThread.start(for: "a thread that shares the learning") { [shared] in shared.work() }
    }
  }

  deinit { shared.finish() }

  /// Wakes the threads: work comes in a moment.
  public func begin() {
    guard threadCount > 1, !shared.isResting else { return }
    shared.wake()
  }

  /// Lets the threads sleep.
  public func end() {
    if threadCount > 1 { shared.isAwake.store(false, ordering: .relaxed) }
  }

  /// Does the pieces 0 ..< `pieces` of `context`, and returns when all are done.
  ///
  /// Before `begin`, and from a second thread while a first one's pieces are being done, the caller does all of them.
  public func run(pieces: Int, _ context: UnsafeRawPointer, _ piece: Piece) {
    precondition(pieces < Shared.most, "\(pieces) pieces are too many")
    guard pieces > 1, shared.isAwake.load(ordering: .relaxed), shared.take() else {
      for index in 0..<pieces { piece(context, index) }
      return
    }
    shared.run(pieces: pieces, context, piece)
  }
}

/// What the threads of a pool know.
private final class Shared: @unchecked Sendable {
  // Unchecked: `context` and `piece` are written by the owner of the work before `ticket` offers pieces of it, and read by
  // a thread that has taken one, before it says that it is done; until then the owner waits.
  private var context: UnsafeRawPointer?
  private var piece: WorkerPool.Piece?

  /// How often there has been work (32 bits), and of the pieces that nobody has taken the end (16) and the first (16).
  ///
  /// The owner takes the first, the others the last: in the next work on the same numbers each meets what it wrote
  /// itself, which lies in its own core's cache.
  private let ticket = Atomic<UInt64>(0)
  private let done = Atomic<Int>(0)
  private let isTaken = Atomic<Bool>(false)
  let isAwake = Atomic<Bool>(false)
  private let isEnding = Atomic<Bool>(false)
  private let monitor = Monitor()
  /// The scheduling of the thread that hands out work: policy (32 bits) and priority.
  private let scheduling = Atomic<Int>(0)

  // The owner's alone, while it has the pool.
  private var restsUntil = MonotonicInstant(nanoseconds: 0)
  private var rest = Duration.zero
  private var goodRuns = 0

  static let most = 1 << 16
  /// A wait for others that is not called being held up, however little the caller has done itself.
  private static let patience = Duration.microseconds(300)
  /// How long a thread looks for more work before it sleeps.
  private static let grace = Duration.microseconds(50)
  private static let shortestRest = Duration.milliseconds(500)
  private static let longestRest = Duration.seconds(10)

  var isResting: Bool { rest > .zero && MonotonicInstant.now < restsUntil }

  func wake() {
    var parameters = sched_param()
    sched_getparam(0, &parameters)
    let policy = Int(sched_getscheduler(0) & ~Self.resetOnFork)
    scheduling.store(policy << 32 | Int(parameters.sched_priority), ordering: .relaxed)
    monitor.withLock {
      isAwake.store(true, ordering: .relaxed)
      monitor.broadcast()
    }
  }

  func finish() {
    monitor.withLock {
      isEnding.store(true, ordering: .relaxed)
      isAwake.store(false, ordering: .relaxed)
      monitor.broadcast()
    }
  }

  /// Becomes the owner of the pool, unless somebody is.
  func take() -> Bool {
    isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
  }

  func run(pieces: Int, _ context: UnsafeRawPointer, _ piece: WorkerPool.Piece) {
    let start = MonotonicInstant.now
    self.context = context
    self.piece = piece
    done.store(0, ordering: .relaxed)
    let generation = (ticket.load(ordering: .relaxed) >> 32) &+ 1
    ticket.store(generation << 32 | UInt64(pieces) << 16, ordering: .releasing)
    while doPiece(isOwner: true) {}
    if done.load(ordering: .acquiring) < pieces { awaitOthers(pieces, since: start) }
    isTaken.store(false, ordering: .releasing)
  }

  /// Waits for the others; notes when that takes longer than all that the caller has done.
  private func awaitOthers(_ pieces: Int, since start: MonotonicInstant) {
    let end = MonotonicInstant.now
    while done.load(ordering: .acquiring) < pieces {}
    let waited = end.duration(to: .now)
    guard waited > max(Self.patience, start.duration(to: end)) else {
      goodRuns += 1
      if goodRuns > 1000 { rest = .zero }
      return
    }
    goodRuns = 0
    rest = min(Self.longestRest, max(Self.shortestRest, rest * 2))
    restsUntil = MonotonicInstant.now.advanced(by: rest)
    isAwake.store(false, ordering: .relaxed)
  }

  /// Does a piece, if there is one.
  private func doPiece(isOwner: Bool) -> Bool {
    let offer = ticket.load(ordering: .acquiring)
    let (first, end) = (Int(offer & 0xffff), Int(offer >> 16 & 0xffff))
    guard first < end else { return false }
    let rest = isOwner ? offer + 1 : offer - 1 << 16
    guard ticket.compareExchange(expected: offer, desired: rest, ordering: .acquiringAndReleasing).exchanged
    else { return true }
    if let context, let piece { piece(context, isOwner ? first : end - 1) }
    done.add(1, ordering: .releasing)
    return true
  }

  /// A thread's life.
  func work() {
    var adopted = 0
    while true {
      monitor.lock()
      while !isAwake.load(ordering: .relaxed), !isEnding.load(ordering: .relaxed) { monitor.wait() }
      monitor.unlock()
      if isEnding.load(ordering: .relaxed) { return }
      let scheduling = scheduling.load(ordering: .relaxed)
      if scheduling != adopted {
        adopted = scheduling
        var parameters = sched_param()
        parameters.sched_priority = Int32(truncatingIfNeeded: scheduling)
        // The owner was permitted it, so this thread is too; without it, the thread only starts later.
        _ = sched_setscheduler(0, Int32(truncatingIfNeeded: scheduling >> 32), &parameters)
      }
      repeat {
        while isAwake.load(ordering: .relaxed) { _ = doPiece(isOwner: false) }
      } while isWokenSoon()
    }
  }

  /// Waits a moment for the next work: learning and acting follow each other, and waking takes as long as a layer.
  private func isWokenSoon() -> Bool {
    let end = MonotonicInstant.now.advanced(by: Self.grace)
    while MonotonicInstant.now < end {
      if isAwake.load(ordering: .relaxed) { return true }
    }
    return false
  }

  /// Not visible to Swift, from sched.h.
  private static let resetOnFork: Int32 = 0x4000_0000
}
