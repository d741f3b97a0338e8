// The environment is a global variable of C; nobody here changes it.
@preconcurrency import Glibc

/// Starts the two guard processes.
enum GuardLauncher {
  /// The descriptor that a guard finds its first socket at: the first guard's to the learner, the second one's to the
  /// first.
  static let socket: Int32 = 3
  /// The descriptor that the first guard finds its socket to the second one at.
  static let peerSocket: Int32 = 4
  /// The descriptor that the first guard finds its socket to the learner's watch at.
  static let watchSocket: Int32 = 5

  /// Not visible to Swift: POSIX_SPAWN_SETSID.
  private static let ownSession: Int16 = 0x80
  /// Above every descriptor that a child is given, so that none is in another's way.
  private static let lowestDescriptor: Int32 = 10

  /// Both guards, and the learner's ends of the two sockets to the first.
  struct Guards {
    var first: GuardChild
    var second: GuardChild
    var socket: Int32
    var watchSocket: Int32
  }

  /// Starts the guards, each in a session of its own: no key and no terminal's end reaches them.
  static func launch(_ configuration: RobotLink.Configuration) throws(RobotError) -> Guards {
    let learner = try pair(configuration)
    defer { close(learner.1) }
    do throws(RobotError) {
      let watch = try pair(configuration)
      defer { close(watch.1) }
      do throws(RobotError) {
        let (first, second) = try launch(configuration, learner.1, watch.1)
        GuardGroup.take([first.process, second.process])
        return Guards(first: first, second: second, socket: learner.0, watchSocket: watch.0)
      } catch {
        close(watch.0)
        throw error
      }
    } catch {
      close(learner.0)
      throw error
    }
  }

  private static func launch(
    _ configuration: RobotLink.Configuration, _ socket: Int32, _ watchSocket: Int32
  ) throws(RobotError) -> (GuardChild, GuardChild) {
    let peers = try pair(configuration)
    defer {
      close(peers.0)
      close(peers.1)
    }
    var first = GuardChild(
      process: try spawn(configuration, configuration.firstCommandLine, [socket, peers.0, watchSocket]))
    do throws(RobotError) {
      let second = try spawn(configuration, configuration.secondCommandLine, [peers.1])
      return (first, GuardChild(process: second))
    } catch {
      first.kill()
      throw error
    }
  }

  private static func pair(_ configuration: RobotLink.Configuration) throws(RobotError) -> (Int32, Int32) {
    guard let (one, other) = Datagram.pair() else {
      throw .noGuard(port: configuration.port, code: errno)
    }
    let high = (raised(one), raised(other))
    guard high.0 >= 0, high.1 >= 0 else {
      let code = errno
      for descriptor in [high.0, high.1] where descriptor >= 0 { close(descriptor) }
      throw .noGuard(port: configuration.port, code: code)
    }
    return high
  }

  private static func raised(_ descriptor: Int32) -> Int32 {
    defer { close(descriptor) }
    return fcntl(descriptor, F_DUPFD_CLOEXEC, lowestDescriptor)
  }

  private static func spawn(
    _ configuration: RobotLink.Configuration, _ commandLine: [String], _ sockets: [Int32]
  ) throws(RobotError) -> pid_t {
    var process: pid_t = 0
    var code = spawn(commandLine, sockets, configuration.startPriority, &process)
    // Where real time is not permitted, an ordinary process has to do.
    if code == EPERM { code = spawn(commandLine, sockets, nil, &process) }
    guard code == 0 else { throw .noGuard(port: configuration.port, code: code) }
    return process
  }

  /// - Parameter priority: the real-time priority that the process begins with: on a busy computer an ordinary one may take
  ///   seconds to come to its first word.
  private static func spawn(
    _ commandLine: [String], _ sockets: [Int32], _ priority: Int32?, _ process: inout pid_t
  ) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (place, descriptor) in sockets.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, socket + Int32(place))
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    var flags = ownSession | Int16(POSIX_SPAWN_SETSIGMASK)
    if let priority {
      var parameters = sched_param()
      parameters.sched_priority = priority
      posix_spawnattr_setschedpolicy(&attributes, SCHED_FIFO)
      posix_spawnattr_setschedparam(&attributes, &parameters)
      flags |= Int16(POSIX_SPAWN_SETSCHEDULER)
    }
    posix_spawnattr_setflags(&attributes, flags)
    var words: [UnsafeMutablePointer<CChar>?] = commandLine.map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    guard let program = words[0] else { return ENOENT }
    return posix_spawn(&process, program, &actions, &attributes, words, environ)
  }
}
