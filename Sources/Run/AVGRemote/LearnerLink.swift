package import AVGCore
package import AVGSystem
import Foundation
package import Logging

/// A robot's link to the learner on another computer: steps go there, policies come back.
///
/// Two threads keep it, so that the control loop waits for nobody: one connects and receives, the other sends. Where the
/// network or the learner is gone, the first tries again twice a second, for as long as the robot runs.
package final class LearnerLink: Sendable {
  /// What a robot tells its learner of itself.
  package struct Robot: Sendable {
    package var address: RemoteAddress
    package var token: String
    /// What the learner must show; nil for a connection that is not encrypted.
    package var certificate: (any ConnectionSecurity)?
    package var program: String
    package var specification: EnvironmentSpecification
    package var configuration: String
    package var settings: RemoteSettings
    /// The world waits for the learner, as one in software can; the steps of others are dropped where it is too slow.
    package var waits: Bool

    package init(
      address: RemoteAddress, token: String, certificate: (any ConnectionSecurity)?, program: String,
      specification: EnvironmentSpecification, configuration: String, settings: RemoteSettings, waits: Bool
    ) {
      self.address = address
      self.token = token
      self.certificate = certificate
      self.program = program
      self.specification = specification
      self.configuration = configuration
      self.settings = settings
      self.waits = waits
    }
  }

  /// How long a connection may be silent: the learner speaks four times a second.
  private static let silence = Duration.seconds(5)
  private static let connectTime = Duration.seconds(3)
  private static let pause = Duration.milliseconds(500)
  /// Steps that a world in software may be ahead of its learner.
  private static let longestLead: UInt64 = 64
  /// How long the end of a run waits for a learner that learns nothing more.
  private static let farewell = Duration.seconds(20)

  private let robot: Robot
  private let session: String
  private let outbox: StepOutbox
  private let monitor = Monitor()
  private let state: State
  private let questions = Questions()
  private let logger: Logger
  private let onPolicy: @Sendable ([UInt8]) throws -> Void

  private final class State: @unchecked Sendable {
    // Held by `monitor`.
    var connection: MessageConnection?
    var run = ""
    var heard = MonotonicInstant.now
    var problem: String?
    var hasPolicy = false
    var isEnding = false
    var hasSaidBye = false
    var isOver = false
    var isStale = false
    var policies = 0
    /// The connections that there have been.
    var connections = 0
    var question: [UInt8] = []
    var hasQuestion = false
    var answer: ActionAnswer
    init(actionCount: Int) { answer = ActionAnswer(actionCount: actionCount) }
  }

  /// What the control loop knows of its questions.
  private final class Questions: @unchecked Sendable {
    // Unchecked: the control thread's alone.
    var asked: UInt64 = 0
    var late: UInt64 = 0
    /// The connection on which the learner has followed everything.
    var connection = 0
  }

  /// Connects, and waits until the learner has answered.
  ///
  /// - Parameters:
  ///   - prepare: gets the configuration of both, before the first policy comes.
  ///   - onPolicy: gets each policy, on another thread.
  package init(
    _ robot: Robot, logger: Logger, prepare: (String) throws -> Void,
    onPolicy: @escaping @Sendable ([UInt8]) throws -> Void
  ) throws {
    self.robot = robot
    self.logger = logger
    self.onPolicy = onPolicy
    session = UUID().uuidString
    state = State(actionCount: robot.specification.actionCount)
    outbox = StepOutbox(
      for: robot.specification, megabytes: robot.settings.queueMegabytes, monitor: monitor)
    let (connection, welcome) = try connect()
    state.run = welcome.run
    try prepare(welcome.configuration)
    do {
      try SystemThread.start(for: "the thread that hears the learner") { [self] in
        keepConnected(connection, welcome)
      }
      try SystemThread.start(for: "the thread that sends steps") { [self] in sendSteps() }
    } catch { throw RemoteError.thread(error) }
    try awaitPolicy()
  }

  /// Nothing moves before there is a policy to move by.
  private func awaitPolicy() throws(RemoteError) {
    let deadline = MonotonicInstant.now.advanced(by: .seconds(30))
    monitor.lock()
    defer { monitor.unlock() }
    while !state.hasPolicy {
      guard monitor.wait(until: deadline) else {
        throw .refused(address: "\(robot.address)", reason: state.problem ?? "no policy came in 30 s")
      }
    }
  }
}

// The control loop's side.
extension LearnerLink {
  private var queue: StepQueue { outbox.queue }

  /// The camera's own bytes, to be told of each image.
  package var images: SourceImages { outbox.images }

  /// Sends a step as soon as it can be; in the control loop.
  package func send(_ transition: borrowing Transition, stop: StopFlag) {
    while robot.waits, queue.open >= Self.longestLead, !stop.isRaised {
      tellOfSilence()
      monitor.lock()
      _ = monitor.wait(until: .now.advanced(by: .milliseconds(20)))
      monitor.unlock()
    }
    outbox.put(transition)
  }

  /// Asks what to do for an observation, if the learner is to act; in the control loop.
  ///
  /// - Parameter answer: receives what to do.
  /// - Returns: false if no answer came in time.
  package func ask(_ observation: borrowing Observation, into answer: inout ActionAnswer) -> Bool {
    guard robot.settings.acting == .learner else { return false }
    // The world in software stands still meanwhile.
    let time = robot.waits ? Self.silence : .seconds(robot.settings.longestActionMilliseconds / 1000)
    let deadline = MonotonicInstant.now.advanced(by: time)
    questions.asked += 1
    let number = questions.asked
    let connection = monitor.withLock { state.connection == nil ? 0 : state.connections }
    if connection > 0 {
      outbox.ask(number, observation, isKnown: questions.connection == connection) { message in
        monitor.withLock {
          state.question.removeAll(keepingCapacity: true)
          state.question.append(contentsOf: message)
          state.hasQuestion = true
          monitor.broadcast()
        }
      }
      monitor.lock()
      defer { monitor.unlock() }
      while state.answer.number != number, state.connections == connection, state.connection != nil {
        guard monitor.wait(until: deadline) else { break }
      }
      state.hasQuestion = false
      if state.answer.number == number {
        questions.connection = connection
        swap(&answer, &state.answer)
        return true
      }
    }
    questions.connection = 0
    questions.late += 1
    return false
  }

  /// Says so where the world stands still because nothing is learned.
  private func tellOfSilence() { _ = isStale }

  /// Whether nothing new has been heard of the policy for too long: nobody should act by it.
  package var isStale: Bool {
    let age = monitor.withLock { state.heard.duration(to: .now) }
    let isStale = age > .seconds(robot.settings.longestStalePolicySeconds)
    guard isStale != state.isStale else { return isStale }
    state.isStale = isStale
    let problem = monitor.withLock { state.problem } ?? "it says nothing new"
    if isStale {
      logger.warning(
        "learner \(robot.address): no policy for \(robot.settings.longestStalePolicySeconds) s: the robot stands still: \(problem)"
      )
    } else {
      logger.notice("learner \(robot.address): is back; the robot goes on")
    }
    return isStale
  }

  /// Ends the link, after the learner has what there is.
  ///
  /// - Returns: what came of the link, in a line.
  package func finish() -> String {
    var deadline = MonotonicInstant.now.advanced(by: Self.farewell)
    var open = queue.open
    monitor.withLock { state.isEnding = true }
    var word: MonotonicInstant? = .now.advanced(by: .seconds(1))
    while !(queue.isLearned && monitor.withLock { state.hasSaidBye }), MonotonicInstant.now < deadline {
      monitor.lock()
      monitor.broadcast()
      _ = monitor.wait(until: .now.advanced(by: .milliseconds(20)))
      monitor.unlock()
      if queue.open < open {
        open = queue.open
        deadline = .now.advanced(by: Self.farewell)
      }
      guard let due = word, MonotonicInstant.now > due else { continue }
      word = nil
      logger.notice(
        "learner \(robot.address): \(open) steps are not learned from yet; waiting, \(Int(Self.farewell.seconds)) s at most"
      )
    }
    let (connection, policies) = monitor.withLock {
      state.isOver = true
      return (state.connection, state.policies)
    }
    connection?.close()
    let count = queue.nextSequence - 1
    let actions = questions.asked > 0 ? ", \(questions.late) of \(questions.asked) actions late" : ""
    return
      "learner      \(robot.address): \(count) steps, \(queue.dropped) dropped, \(queue.open) not learned from, "
      + "\(policies) policies" + actions
  }
}

// The threads' side.
extension LearnerLink {
  /// Connects and greets.
  private func connect() throws(RemoteError) -> (MessageConnection, Welcome) {
    var greeting = Greeting(program: robot.program, token: robot.token)
    greeting.run = monitor.withLock { state.run }
    greeting.session = session
    greeting.specification = robot.specification
    greeting.configuration = robot.configuration
    return try MessageConnection.introduced(
      to: robot.address, showing: robot.certificate, greeting, connectingWithin: Self.connectTime,
      answeringWithin: .seconds(30))
  }

  private func keepConnected(_ first: MessageConnection, _ welcome: Welcome) {
    hear(first, welcome)
    while !monitor.withLock({ state.isOver }) {
      // Also after a connection that came about: a learner may end each one at once.
      MonotonicInstant.now.advanced(by: Self.pause).sleepUntil()
      do throws(RemoteError) {
        let (connection, welcome) = try connect()
        hear(connection, welcome)
      } catch {
        note(problem: error)
      }
    }
  }

  /// Takes what comes until the connection ends.
  private func hear(_ connection: MessageConnection, _ welcome: Welcome) {
    queue.rewind(to: welcome.next)
    monitor.withLock {
      state.connection = connection
      state.connections += 1
      state.run = welcome.run
      state.hasSaidBye = false
      monitor.broadcast()
    }
    do {
      while let message = try connection.receive(until: .now.advanced(by: Self.silence)) {
        try take(try FromLearner(message))
      }
      throw RemoteError.ended(reason: "the learner has been silent for \(Self.silence.seconds) s")
    } catch {
      connection.close()
      monitor.withLock {
        state.connection = nil
        monitor.broadcast()
      }
      note(problem: error)
    }
  }

  /// Keeps why there is no connection; a refusal is said, once, for it does not end by waiting.
  private func note(problem error: any Error) {
    let isNew = monitor.withLock {
      defer { state.problem = "\(error)" }
      return state.problem != "\(error)" && !state.isOver
    }
    if isNew, case RemoteError.refused = error { logger.warning("\(error)") }
  }

  private func take(_ message: FromLearner) throws {
    switch message {
    case .policy(_, let bytes):
      try onPolicy(bytes)
      monitor.withLock {
        state.hasPolicy = true
        state.policies += 1
        state.heard = .now
        monitor.broadcast()
      }
    case .status(let status):
      queue.note(learned: status.learned)
      if status.isIdle { monitor.withLock { state.heard = .now } }
    case .answer(let answer):
      guard answer.fits(robot.specification.actionCount) else {
        throw RemoteError.invalid(what: "an action of another environment")
      }
      monitor.withLock {
        state.answer = answer
        monitor.broadcast()
      }
    case .refusal(let reason): throw RemoteError.refused(address: "\(robot.address)", reason: reason)
    case .welcome, .probe: throw RemoteError.invalid(what: "an answer that nobody asked for")
    }
  }

  /// Takes the question that is open; only then is every step sent that it rests on.
  private func takeQuestion(into message: inout [UInt8]) -> Bool {
    monitor.withLock {
      guard state.hasQuestion else { return false }
      state.hasQuestion = false
      swap(&message, &state.question)
      return true
    }
  }

  private func sendSteps() {
    var message: [UInt8] = []
    var spoken = MonotonicInstant.now
    while true {
      guard let connection = monitor.withLock({ state.connection }) else {
        if monitor.withLock({ state.isOver }) { return }
        MonotonicInstant.now.advanced(by: .milliseconds(20)).sleepUntil()
        continue
      }
      do throws(RemoteError) {
        if queue.take(into: &message) {
          try connection.send(message)
          spoken = .now
        } else if takeQuestion(into: &message) {
          try connection.send(message)
          spoken = .now
        } else if monitor.withLock({ state.isEnding && !state.hasSaidBye }) {
          try connection.send(FromRobot.byeMessage)
          monitor.withLock { state.hasSaidBye = true }
        } else {
          if spoken.duration(to: .now) > .seconds(1) {
            try connection.send(FromRobot.pulseMessage)
            spoken = .now
          }
          monitor.lock()
          _ = monitor.wait(until: .now.advanced(by: .milliseconds(20)))
          monitor.unlock()
        }
      } catch {
        connection.close()
        // The other thread hears of it too, and connects again.
        MonotonicInstant.now.advanced(by: .milliseconds(20)).sleepUntil()
      }
    }
  }
}
