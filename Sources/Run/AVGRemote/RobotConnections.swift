import AVGCore
import AVGSystem
import Logging

// The connections' side.
extension RobotStream {
  func listen() {
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
        complain("refused (\(greeting.program.printable(limit: 60))): \(reason)")
      } else if greeting.probes {
        try answerProbes(connection)
      } else {
        try serve(connection, greeting)
      }
    } catch {
      // A robot of another version, or a fault of this one: it tells its owner why it is sent away.
      if case .invalid = error { try? connection.send(FromLearner.refusal("\(error)").message()) }
      complain("\(error)")
    }
    connection.close()
    monitor.withLock {
      if state.current === connection { state.current = nil }
      state.connections -= 1
      monitor.broadcast()
    }
  }

  /// Says what a connection came to.
  private func complain(_ text: String) { tell(text, as: .warning) }

  /// Says something of a connection; a few lines a minute, for a flood of strangers, or a robot that comes again and again,
  /// must not fill the disk.
  private func tell(_ text: String, as level: Logger.Level = .notice) {
    let untold: Int? = monitor.withLock {
      if state.linesSince.duration(to: .now) > .seconds(60) {
        state.linesSince = .now
        defer { state.lines = 1 }
        return max(0, state.lines - Self.mostLines)
      }
      state.lines += 1
      return state.lines > Self.mostLines ? nil : 0
    }
    guard let untold else { return }
    if untold > 0 { logger.warning("robot        \(untold) more lines about connections were left out") }
    logger.log(level: level, "robot        \(text)")
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
    tell("\(greeting.program.printable(limit: 60)) is connected; its step \(welcome.next) is next")
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
        admission.seat?.see(step)
        guard take(step, from: connection) else { return }
      case .question(let question):
        guard question.fits(admission.specification) else {
          throw .invalid(what: "a question about another environment")
        }
        monitor.withLock { state.heard = .now }
        guard let answer = admission.seat?.answer(question) else { continue }
        try connection.send(FromLearner.answer(answer).message())
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
      specification: specification, seat: state.seat)
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
  var seat: ActingSeat?
}
