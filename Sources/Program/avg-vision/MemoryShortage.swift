import AVGSystem
import Glibc
import Synchronization

/// What the program says where the system has no more memory for it.
enum MemoryShortage {
  private static let words: StaticString = """
    error: memory: the system has no more of it. End other programs, raise the limit (ulimit -v), or use smaller \
    settings; a run goes on from its last checkpoint with --resume.

    """

  /// How Swift's runtime and Foundation end where they get no memory, after a line that says how many bytes they wanted; and
  /// how a thread ends whose stack finds no room to grow.
  private static let ends = [SIGABRT, SIGILL, SIGTRAP, SIGSEGV]
  /// What each of these signals does otherwise: the runtime prints a backtrace.
  nonisolated(unsafe) private static var crashes = ends.map { _ in sigaction() }

  /// Has an end for want of memory be an error with advice, and no crash.
  static func handle() {
    // A handler must not be the first to use a global variable.
    _ = words.utf8CodeUnitCount
    _ = MemoryDemand.bytes.load(ordering: .relaxed)
    var action = sigaction()
    action.sa_flags = SA_SIGINFO | SA_ONSTACK
    // Only what a signal handler may do: system calls. Nothing here may need memory.
    action.__sigaction_handler.sa_sigaction = { number, information, _ in
      // What was being asked for, or more than a step of a run asks for, and so little that few crashes for another reason
      // are taken for this one.
      let size = max(64 << 20, MemoryDemand.bytes.load(ordering: .relaxed))
      let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      if memory == MAP_FAILED {
        write(STDERR_FILENO, MemoryShortage.words.utf8Start, MemoryShortage.words.utf8CodeUnitCount)
        _exit(1)
      }
      for index in MemoryShortage.ends.indices where MemoryShortage.ends[index] == number {
        sigaction(number, &MemoryShortage.crashes[index], nil)
      }
      // What trapped traps again when this returns; a signal that was sent, as abort sends one, does not.
      if (information?.pointee.si_code ?? 0) <= 0 { raise(number) }
    }
    for index in ends.indices { sigaction(ends[index], &action, &crashes[index]) }
  }
}
