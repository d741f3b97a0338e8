package import AVGCore
package import AVGSystem
package import Logging

/// The learner's end: listens for the robot, takes its steps in and sends it policies.
///
/// One robot at a time. Each connection has two threads; the learner itself takes steps out on its own.
package final class RobotStream: Sendable {
  /// Steps that wait to be learned from; beyond that the robot's own queue fills.
  static let capacity = 256
  static let greetingTime = Duration.seconds(5)
  /// How long a robot may be silent before another one may take its place.
  static let silence = Duration.seconds(5)
  /// How long another one waits for the place of a robot whose steps still come: some hundred of one that is gone may be
  /// on their way.
  static let patience = Duration.seconds(20)
  static let heartbeat = Duration.milliseconds(250)
  /// Connections that are looked at at once.
  static let mostConnections = 8
  /// Lines a minute that are said of connections.
  static let mostLines = 20

  /// What comes to the learner.
  enum Arrival: Sendable {
    case step(RemoteStep, session: String)
    /// The steps before and after do not follow each other, or nothing follows.
    case cut
  }

  let listener: MessageListener
  let token: String
  let program: String
  let logger: Logger
  let monitor = Monitor()
  let state = State()

  final class State: @unchecked Sendable {
    // Held by `monitor`.
    var connections = 0
    var lines = 0
    var linesSince = MonotonicInstant.now
    var visitor: Greeting?
    var run: RunSegments?
    var taken = 0
    var specification: EnvironmentSpecification?
    var configuration = ""
    var current: MessageConnection?
    var session = ""
    var heard = MonotonicInstant.now
    var arrivals: [Arrival] = []
    /// The last step that has come.
    var received: UInt64 = 0
    var awaitsStart = false
    var learned: UInt64 = 0
    var isIdle = false
    var hasSaidBye = false
    var policy: [UInt8] = []
    var version: UInt64 = 0
    var discarded = 0
    var isOver = false
    var rejected: String?
    var rejection = ""
    var seat: ActingSeat?
  }

  /// Listens.
  ///
  /// - Parameters:
  ///   - token: what a robot must show; empty for nothing.
  ///   - identity: what it is shown, and what encrypts the connections; nil for none that are encrypted.
  package init(
    at address: RemoteAddress, token: String, as identity: (any ListenerSecurity)?, program: String,
    logger: Logger
  ) throws(RemoteError) {
    guard address.isLoopback || !token.isEmpty else { throw .needsToken(address: "\(address)") }
    self.token = token
    self.program = program
    self.logger = logger
    listener = try MessageListener(at: address, as: identity)
    do throws(ThreadError) {
      try SystemThread.start(for: "the thread that listens for robots") { [self] in listen() }
    } catch { throw .thread(error) }
  }

  /// The port that it listens on.
  package var port: Int { listener.port }
}

// The learner's side.
extension RobotStream {
  /// Waits for the first robot.
  ///
  /// - Returns: its environment and its configuration; nil if the flag was raised before.
  package func awaitRobot(_ stop: StopFlag) -> (
    specification: EnvironmentSpecification, configuration: String
  )? {
    while !stop.isRaised {
      monitor.lock()
      defer { monitor.unlock() }
      if let visitor = state.visitor, let specification = visitor.specification {
        return (specification, visitor.configuration)
      }
      _ = monitor.wait(until: .now.advanced(by: .milliseconds(100)))
    }
    return nil
  }

  /// Sends the first robot away: this learner cannot learn its run.
  package func turnAway(_ reason: String) {
    logger.warning("robot        refused: \(reason.printable(limit: 300))")
    monitor.withLock {
      state.rejected = state.visitor?.session
      state.rejection = reason
      state.visitor = nil
      monitor.broadcast()
    }
  }

  /// Lets robots of this environment in.
  ///
  /// - Parameters:
  ///   - run: the run that their steps belong to.
  ///   - taken: the steps that it has taken before.
  ///   - configuration: that of both.
  ///   - act: acts for a robot that asks; on another thread.
  package func open(
    _ run: RunSegments, taken: Int, _ specification: EnvironmentSpecification, configuration: String,
    policy: [UInt8], act: @escaping @Sendable (borrowing Observation, inout ActionAnswer) -> Void
  ) {
    monitor.withLock {
      state.seat = ActingSeat(for: specification, act: act)
      state.run = run
      state.taken = taken
      state.specification = specification
      state.configuration = configuration
      state.policy = policy
      state.version = 1
      monitor.broadcast()
    }
  }

  /// Sends a policy, in place of any that is still waiting.
  package func publish(_ policy: [UInt8]) {
    monitor.withLock {
      state.policy = policy
      state.version += 1
      monitor.broadcast()
    }
  }

  /// Waits for the next arrival.
  ///
  /// - Returns: nil once the flag is raised, or when a robot is done and none is waited for.
  func next(_ stop: StopFlag, endsWithRobot: Bool) -> Arrival? {
    monitor.lock()
    defer { monitor.unlock() }
    while state.arrivals.isEmpty {
      if stop.isRaised || (endsWithRobot && state.hasSaidBye) { return nil }
      state.isIdle = true
      _ = monitor.wait(until: .now.advanced(by: .milliseconds(100)))
    }
    state.isIdle = false
    if state.arrivals.count == Self.capacity { monitor.broadcast() }
    return state.arrivals.removeFirst()
  }

  /// Notes that a step has been learned from.
  func note(learned sequence: UInt64, of session: String, _ run: RunSegments, taken: Int) {
    monitor.withLock {
      state.run = run
      state.taken = taken
      guard session == state.session else { return }
      state.learned = sequence
      if sequence.isMultiple(of: 8) || state.arrivals.isEmpty { monitor.broadcast() }
    }
  }

  /// Steps that came and could not be learned from, for those before them are missing.
  package var discarded: Int { monitor.withLock { state.discarded } }

  /// Ends every connection.
  package func close() {
    // What was learned last is told before.
    let connection = monitor.withLock {
      monitor.broadcast()
      return state.current
    }
    MonotonicInstant.now.advanced(by: .milliseconds(300)).sleepUntil()
    monitor.withLock {
      state.isOver = true
      monitor.broadcast()
    }
    connection?.close()
  }
}
