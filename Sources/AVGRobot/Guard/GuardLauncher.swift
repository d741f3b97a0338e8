// The environment is a global variable of C; nobody here changes it.
@preconcurrency import Glibc

/// Starts guard processes.
enum GuardLauncher {
  /// The descriptor that the guard finds its socket at.
  static let socket: Int32 = 3

  /// Not visible to Swift: POSIX_SPAWN_SETSID.
  private static let ownSession: Int16 = 0x80
  /// Not visible to Swift: SCHED_RESET_ON_FORK.
  private static let resetOnFork: Int32 = 0x4000_0000

  /// Starts a guard, in a session of its own: no key and no terminal's end reaches it.
  ///
  /// - Returns: the process and this side's end of the socket pair.
  static func launch(_ configuration: RobotLink.Configuration) throws(RobotError) -> (pid_t, Int32) {
    guard let (own, other) = Datagram.pair() else {
      throw .noGuard(port: configuration.port, code: errno)
    }
    defer { close(other) }
    var process: pid_t = 0
    let code = spawn(configuration.commandLine, other, &process)
    guard code == 0 else {
      close(own)
      throw .noGuard(port: configuration.port, code: code)
    }
    return (process, own)
  }

  private static func spawn(_ commandLine: [String], _ descriptor: Int32, _ process: inout pid_t) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, descriptor, socket)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    let scheduling = keepRealTime(&attributes)
    posix_spawnattr_setflags(&attributes, ownSession | Int16(POSIX_SPAWN_SETSIGMASK) | scheduling)
    var words: [UnsafeMutablePointer<CChar>?] = commandLine.map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    guard let program = words[0] else { return ENOENT }
    return posix_spawn(&process, program, &actions, &attributes, words, environ)
  }

  /// Has a guard that takes another's place in the middle of a run begin with this thread's real-time priority: no
  /// ordinary program may delay it while the wheels turn.
  ///
  /// - Returns: the flag for it; none if this thread has no such priority.
  private static func keepRealTime(_ attributes: inout posix_spawnattr_t) -> Int16 {
    var parameters = sched_param()
    guard sched_getscheduler(0) & ~resetOnFork == SCHED_FIFO, sched_getparam(0, &parameters) == 0 else {
      return 0
    }
    posix_spawnattr_setschedpolicy(&attributes, SCHED_FIFO)
    posix_spawnattr_setschedparam(&attributes, &parameters)
    return Int16(POSIX_SPAWN_SETSCHEDULER)
  }
}
