package import AVGCore
package import AVGSystem
package import Logging

/// The learner's end: listens for the robot, takes its steps in and sends it policies.
///
/// One robot at a time. Each connection has two threads; the learner itself takes steps out on its own.
package final class RobotStream: Sendable {
  /// Steps that wait to be learned from; beyond that the robot's own queue fills.
  private static let capacity = 256
  private static let greetingTime = Duration.seconds(5)
  /// How long a robot may be silent before another one may take its place.
  private static let silence = Duration.seconds(5)
  /// How long another one waits for the place of a robot whose steps still come: some hundred of one that is gone may be
  /// on their way.
  private static let patience = Duration.seconds(20)
  private static let heartbeat = Duration.milliseconds(250)
  /// Connections that are looked at at once.
  private static let mostConnections = 8

  /// What comes to the learner.
  enum Arrival: Sendable {
    case step(RemoteStep, session: String)
    /// The steps before and after do not follow each other, or nothing follows.
    case cut
  }

  private let listener: MessageListener
  private let token: String
  private let program: String
  private let logger: Logger
  private let monitor = Monitor()
  private let state = State()

  private final class State: @unchecked Sendable {
    // Held by `monitor`.
    var connections = 0
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
  }

  /// Listens.
  ///
  /// - Parameter token: what a robot must show; empty for nothing.
  package init(at address: RemoteAddress, token: String, program: String, logger: Logger) throws(RemoteError)
  {
    guard address.isLoopback || !token.isEmpty else { throw .needsToken(address: "\(address)") }
    self.token = token
    self.program = program
    self.logger = logger
    listener = try MessageListener(at: address)
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
  package func open(
    _ run: RunSegments, taken: Int, _ specification: EnvironmentSpecification, configuration: String,
    policy: [UInt8]
  ) {
    monitor.withLock {
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

// The connections' side.
extension RobotStream {
  private func listen() {
    while !monitor.withLock({ state.isOver }) {
      guard let connection = listener.accept(until: .now.advanced(by: .milliseconds(500))) else { continue }
      let isTooMany = monitor.withLock {
        guard state.connections < Self.mostConnections else { return true }
        state.connections += 1
        return false
      }
      guard !isTooMany else {
        connection.close()
        continue
      }
      do throws(ThreadError) {
        try SystemThread.start(for: "the thread of a robot's connection") { [self] in serve(connection) }
      } catch {
        connection.close()
        monitor.withLock { state.connections -= 1 }
      }
    }
  }

  private func serve(_ connection: MessageConnection) {
    do throws(RemoteError) {
      guard let first = try connection.receive(until: .now.advanced(by: Self.greetingTime)),
        case .greeting(let greeting) = try FromRobot(first)
      else { throw .invalid(what: "no greeting") }
      if let reason = refusal(of: greeting) {
        try? connection.send(FromLearner.refusal(reason).message())
        logger.warning("robot        refused (\(greeting.program.printable(limit: 60))): \(reason)")
      } else if greeting.probes {
        try answerProbes(connection)
      } else {
        try serve(connection, greeting)
      }
    } catch {
      logger.warning("robot        \(error)")
    }
    connection.close()
    monitor.withLock {
      if state.current === connection { state.current = nil }
      state.connections -= 1
      monitor.broadcast()
    }
  }

  /// Why a stranger is sent away; nil if he is not.
  private func refusal(of greeting: Greeting) -> String? {
    guard greeting.version == remoteProtocol else {
      return
        "this learner speaks protocol \(remoteProtocol), the robot \(greeting.version); install the same version of "
        + "avg-vision on both"
    }
    guard token.isEmpty || Token.areEqual(token, greeting.token) else {
      return greeting.token.isEmpty
        ? "this learner asks for a token: give the robot --token-file"
        : "the token is another one than this learner's"
    }
    guard greeting.probes || (greeting.specification != nil && (1...64).contains(greeting.session.utf8.count))
    else {
      return "the greeting tells of no environment"
    }
    return nil
  }

  private func answerProbes(_ connection: MessageConnection) throws(RemoteError) {
    connection.trust()
    try connection.send(
      FromLearner.welcome(Welcome(run: "", next: 0, configuration: "")).message(program: program))
    while let message = try connection.receive(until: .now.advanced(by: .seconds(10))) {
      guard case .probe(let probe) = try FromRobot(message) else { throw .invalid(what: "no probe") }
      let payload = [UInt8](repeating: 0, count: min(probe.wantedBytes, Probe.greatest))
      try connection.send(FromLearner.probe(Probe(number: probe.number, payload: payload)).message())
    }
  }

  private func serve(_ connection: MessageConnection, _ greeting: Greeting) throws(RemoteError) {
    guard let admission = try admit(connection, greeting) else { return }
    let welcome = admission.welcome
    connection.trust()
    try connection.send(FromLearner.welcome(welcome).message(program: program))
    logger.notice(
      "robot        \(greeting.program.printable(limit: 60)) is connected; its step \(welcome.next) is next")
    do throws(ThreadError) {
      try SystemThread.start(for: "the thread that sends policies") { [self] in sendPolicies(connection) }
    } catch { throw .thread(error) }
    while true {
      guard let message = try connection.receive(until: .now.advanced(by: .seconds(15))) else {
        throw .ended(reason: "the robot has been silent for 15 s")
      }
      switch try FromRobot(message) {
      case .step(let step):
        guard step.fits(admission.specification) else {
          throw .invalid(what: "a step of another environment")
        }
        guard take(step, from: connection) else { return }
      case .pulse: monitor.withLock { state.heard = .now }
      case .bye:
        monitor.withLock {
          state.hasSaidBye = true
          addCut()
        }
        logger.notice("robot        has ended its run")
      case .greeting, .probe: throw .invalid(what: "a message out of turn")
      }
    }
  }

  /// Waits until the learner is ready, and takes the robot's connection for the one whose steps count.
  private func admit(
    _ connection: MessageConnection, _ greeting: Greeting
  ) throws(RemoteError) -> Admission? {
    monitor.lock()
    defer { monitor.unlock() }
    func refuse(_ reason: String) -> Admission? {
      try? connection.send(FromLearner.refusal(reason).message())
      return nil
    }
    if state.rejected == greeting.session { state.rejected = nil }
    while state.run == nil {
      if state.isOver { return nil }
      if state.rejected == greeting.session { return refuse(state.rejection) }
      if state.visitor == nil {
        state.visitor = greeting
        monitor.broadcast()
      }
      _ = monitor.wait(until: .now.advanced(by: .milliseconds(100)))
    }
    guard let run = state.run, let specification = state.specification else { return nil }
    guard greeting.run.isEmpty || greeting.run == run.run else {
      return refuse(
        "the robot's steps belong to another run than this learner's; start the robot anew to begin with it")
    }
    guard greeting.specification == specification else {
      return refuse("this learner's run has another environment")
    }
    guard isFree(for: greeting.session) else { return refuse("another robot is connected") }
    state.current?.close()
    if greeting.session != state.session {
      if !state.session.isEmpty { addCut() }
      state.session = greeting.session
      state.received = run.last(of: greeting.session, taken: state.taken)
      state.learned = state.received
      state.awaitsStart = false
    }
    state.hasSaidBye = false
    state.current = connection
    state.heard = .now
    return Admission(
      welcome: Welcome(run: run.run, next: state.received + 1, configuration: state.configuration),
      specification: specification)
  }

  /// Waits for the place of a robot that is gone, whose last steps may still be waiting to be learned from; the monitor
  /// is held.
  ///
  /// - Returns: false if another robot holds the place.
  private func isFree(for session: String) -> Bool {
    let end = MonotonicInstant.now.advanced(by: Self.patience)
    while state.current != nil, session != state.session, state.heard.duration(to: .now) <= Self.silence {
      guard MonotonicInstant.now < end, !state.isOver else { return false }
      _ = monitor.wait(until: .now.advanced(by: .milliseconds(100)))
    }
    return true
  }

  /// Adds a step, once there is room.
  ///
  /// - Returns: false if the connection is no longer the one whose steps count.
  private func take(_ step: RemoteStep, from connection: MessageConnection) -> Bool {
    monitor.lock()
    defer { monitor.unlock() }
    state.heard = .now
    while state.arrivals.count >= Self.capacity, state.current === connection, !state.isOver {
      _ = monitor.wait(until: .now.advanced(by: .milliseconds(100)))
    }
    guard state.current === connection, !state.isOver else { return false }
    // What has come before is not learned twice.
    guard step.sequence > state.received else { return true }
    if step.sequence > state.received + 1 {
      addCut()
      state.awaitsStart = true
    }
    state.received = step.sequence
    if step.state != nil { state.awaitsStart = false }
    guard !state.awaitsStart else {
      state.discarded += 1
      state.learned = step.sequence
      return true
    }
    state.arrivals.append(.step(step, session: state.session))
    monitor.broadcast()
    return true
  }

  /// Notes a gap, unless there is one; the monitor is held.
  private func addCut() {
    if case .cut? = state.arrivals.last { return }
    state.arrivals.append(.cut)
    monitor.broadcast()
  }

  private func sendPolicies(_ connection: MessageConnection) {
    var sent: UInt64 = 0
    var told: LearnerStatus?
    var due = MonotonicInstant.now
    do throws(RemoteError) {
      while true {
        monitor.lock()
        var status = status()
        while state.current === connection, !state.isOver, sent == state.version, MonotonicInstant.now < due,
          told?.learned == status.learned
        {
          _ = monitor.wait(until: due)
          status = self.status()
        }
        let isCurrent = state.current === connection && !state.isOver
        let version = state.version
        let policy = version > sent ? state.policy : nil
        status.isIdle = status.isIdle && policy == nil
        monitor.unlock()
        guard isCurrent else { return }
        if let policy {
          try connection.send(FromLearner.policy(version: version, safetensors: policy).message())
          sent = version
        }
        try connection.send(FromLearner.status(status).message())
        told = status
        due = .now.advanced(by: Self.heartbeat)
      }
    } catch { connection.close() }
  }

  /// How far the learner is; the monitor is held.
  private func status() -> LearnerStatus {
    var status = LearnerStatus()
    status.received = state.received
    status.learned = state.learned
    status.isIdle = state.isIdle && state.arrivals.isEmpty
    return status
  }
}

/// A robot that was let in.
private struct Admission {
  var welcome: Welcome
  var specification: EnvironmentSpecification
}
