import AVGCore
// The environment is a global variable of C; nobody here changes it.
@preconcurrency package import Glibc

/// A process that this one has started. Of copies of this value, only one may wait for the end.
///
/// Foundation's `Process` is not used: where it gets no thread, it waits for ever.
package struct ChildProcess: Sendable {
  /// Its number, which is its group's too.
  package let identifier: pid_t
  /// How it has ended; nil before that was seen.
  package private(set) var ending: Ending?

  /// How a process ends.
  package enum Ending: Hashable, Sendable {
    case status(CInt)
    case signal(CInt)
    /// The system does not know, since somebody else has waited for it.
    case unknown

    /// In words.
    package var words: String {
      switch self {
      case .status(let status): "ended with status \(status)"
      case .signal(let signal): "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
      case .unknown: "has ended"
      }
    }
  }

  /// Whether it has not ended yet.
  package var isRunning: Bool {
    mutating get { !hasEnded(WNOHANG) }
  }

  /// Waits for its end.
  ///
  /// - Returns: whether it has ended in time.
  package mutating func wait(upTo patience: Duration) -> Bool {
    let end = MonotonicInstant.now.advanced(by: patience)
    while isRunning {
      guard MonotonicInstant.now < end else { return false }
      usleep(2000)
    }
    return true
  }

  /// Waits for its end as long as that takes.
  package mutating func wait() { _ = hasEnded(0) }

  /// Ends it and all that it has started in its group at once, which a process that hangs or is stopped cannot prevent.
  package mutating func kill() {
    guard ending == nil else { return }
    send(SIGKILL)
    wait()
  }

  /// Sends a signal to it and all that it has started in its group, unless it was seen to end.
  package func send(_ signal: CInt) {
    if ending == nil { Glibc.kill(-identifier, signal) }
  }

  private mutating func hasEnded(_ options: CInt) -> Bool {
    guard ending == nil else { return true }
    var status: CInt = 0
    var result = waitpid(identifier, &status, options)
    while result < 0, errno == EINTR { result = waitpid(identifier, &status, options) }
    guard result != 0 else { return false }
    // As WIFSIGNALED and WEXITSTATUS have it, which Swift does not see.
    let signal = status & 0x7F
    ending = result < 0 ? .unknown : signal == 0 ? .status(status >> 8 & 0xFF) : .signal(signal)
    return true
  }
}

extension ChildProcess {
  /// What a process is started with.
  ///
  /// It begins with no signal blocked, in a group of its own, so that Ctrl-C means this process alone, and inherits the
  /// descriptors that are named here besides those that lack FD_CLOEXEC, of which this program has 0, 1 and 2.
  package struct Launch {
    /// The program, which is looked for in PATH unless there is a slash in it, and its arguments.
    package var words: [String]
    /// What the process finds at which descriptor.
    package var descriptors: [(place: CInt, source: Source)]
    /// Variables of its environment, as `NAME=value`, before those of this process.
    package var variables: [String] = []
    /// Whether it begins a session too: then no key and no terminal's end reaches it.
    package var hasOwnSession = false
    /// The real-time priority that it begins with (SCHED_FIFO); nil for that of this process.
    package var priority: CInt?

    /// What a descriptor leads to.
    package enum Source {
      /// A descriptor of this process.
      case descriptor(CInt)
      /// A file, which is opened with these flags.
      case file(String, flags: CInt)

      /// Reads nothing, and what is written is lost.
      package static let nothing = Source.file("/dev/null", flags: O_RDWR)
    }

    /// Names the program and its descriptors.
    package init(_ words: [String], _ descriptors: [(place: CInt, source: Source)]) {
      self.words = words
      self.descriptors = descriptors
    }
  }

  /// Not visible to Swift: POSIX_SPAWN_SETSID.
  private static let ownSession: Int16 = 0x80

  /// Starts a process; an ordinary one where the priority of `launch` is not permitted.
  package static func started(_ launch: Launch) throws(SystemError) -> ChildProcess {
    do throws(SystemError) { return try ChildProcess(launch) } catch {
      guard error.code == EPERM, launch.priority != nil else { throw error }
      var launch = launch
      launch.priority = nil
      return try ChildProcess(launch)
    }
  }

  /// Starts a process.
  package init(_ launch: Launch) throws(SystemError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    // Above every place, so that none of them is in another's way.
    let lowest = 1 + (launch.descriptors.map(\.place).max() ?? 0)
    var raised: [CInt] = []
    defer {
      posix_spawn_file_actions_destroy(&actions)
      for descriptor in raised { close(descriptor) }
    }
    for (place, source) in launch.descriptors {
      switch source {
      case .file(let path, let flags):
        posix_spawn_file_actions_addopen(&actions, place, path, flags, 0o644)
      case .descriptor(let descriptor):
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, lowest)
        guard copy >= 0 else { throw SystemError() }
        raised.append(copy)
        posix_spawn_file_actions_adddup2(&actions, copy, place)
      }
    }
    identifier = try Self.spawn(launch, &actions)
  }

  private static func spawn(
    _ launch: Launch, _ actions: inout posix_spawn_file_actions_t
  ) throws(SystemError) -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    var flags =
      Int16(POSIX_SPAWN_SETSIGMASK) | (launch.hasOwnSession ? ownSession : Int16(POSIX_SPAWN_SETPGROUP))
    if let priority = launch.priority {
      var parameters = sched_param()
      parameters.sched_priority = priority
      posix_spawnattr_setschedpolicy(&attributes, SCHED_FIFO)
      posix_spawnattr_setschedparam(&attributes, &parameters)
      flags |= Int16(POSIX_SPAWN_SETSCHEDULER)
    }
    posix_spawnattr_setflags(&attributes, flags)
    var words: [UnsafeMutablePointer<CChar>?] = launch.words.map { strdup($0) } + [nil]
    let own: [UnsafeMutablePointer<CChar>?] = launch.variables.map { strdup($0) }
    defer { for text in words + own { free(text) } }
    var variables = own
    var place = environ
    while let variable = place.pointee {
      variables.append(variable)
      place += 1
    }
    variables.append(nil)
    var process: pid_t = 0
    guard let program = words[0] else { throw SystemError(code: ENOENT) }
    let code = posix_spawnp(&process, program, &actions, &attributes, &words, &variables)
    guard code == 0 else { throw SystemError(code: code) }
    return process
  }
}
