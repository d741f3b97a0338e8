import Glibc

/// Threads of the system, whose start can fail: with too little memory for a stack, or with too many threads.
///
/// Foundation's `Thread` and Dispatch's queues have no word for that: what they were given never runs, and who waits for
/// it waits for ever.
public enum SystemThread {
  /// Starts a thread that nobody waits for.
  ///
  /// - Parameter purpose: what it is for, as in "the thread that writes the log".
  public static func start(
    for purpose: String, _ work: @escaping @Sendable () -> Void
  ) throws(ThreadError) {
    pthread_detach(try create(for: purpose, work))
  }

  /// Runs `work` on a thread of its own and waits for its end.
  public static func run(for purpose: String, _ work: () -> Void) throws(ThreadError) {
    var failure: ThreadError?
    withoutActuallyEscaping(work) { work in
      do throws(ThreadError) {
        let thread = try create(for: purpose, work)
        pthread_join(thread, nil)
      } catch { failure = error }
    }
    if let failure { throw failure }
  }

  private static func create(for purpose: String, _ work: @escaping () -> Void) throws(ThreadError)
    -> pthread_t
  {
    let box = Unmanaged.passRetained(Work(work))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { box in
        if let box { Unmanaged<Work>.fromOpaque(box).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      throw ThreadError(purpose: purpose, code: code)
    }
    return thread
  }

  private final class Work {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }
}

/// A thread that the system did not start.
public struct ThreadError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What it was for.
  public var purpose: String
  /// The system's error number.
  public var code: Int32

  /// What could not be started and why, and what to do.
  public var description: String {
    "\(purpose): cannot be started: \(String(cString: strerror(code))). \(Self.advice)"
  }

  /// What to do.
  public static let advice =
    "There is too little memory for another thread, or there are too many: end other programs, or raise the limits "
    + "(ulimit -v, ulimit -u)."
}
