import AVGConfiguration
import AVGCore
import AVGLearning
package import AVGRemote
import AVGRunFolder
import AVGSystem
import AVGTasks
import AVGTraining
import Logging

/// A learner whose robot is on another computer.
package struct RemoteLearning {
  /// Where to listen.
  package var address: RemoteAddress
  /// What robots must show; empty for nothing.
  package var token: String
  /// What they are shown; nil for connections that are not encrypted.
  package var identity: (any ListenerSecurity)?
  /// Reads the learner's own sections over those of a robot.
  package var configure: (_ robot: ExperimentConfiguration) throws -> ExperimentConfiguration
  /// The steps to come to; nil for no end.
  package var steps: Int?
  /// The end of the robot's run is the end.
  package var endsWithRobot: Bool

  /// Describes one.
  package init(
    _ address: RemoteAddress, token: String, identity: (any ListenerSecurity)?, steps: Int?,
    endsWithRobot: Bool,
    configure: @escaping (ExperimentConfiguration) throws -> ExperimentConfiguration
  ) {
    self.address = address
    self.token = token
    self.identity = identity
    self.steps = steps
    self.endsWithRobot = endsWithRobot
    self.configure = configure
  }

  /// What is known once a robot is there.
  private struct Meeting: ~Copyable {
    var specification: EnvironmentSpecification
    var configuration: ExperimentConfiguration
    var agent: Learner
  }

  /// Learns from the steps of a robot, or goes on with `origin`, whose folder's lock is held.
  ///
  /// - Returns: nil if no robot came before the flag was raised.
  package func run(_ options: TrainingOptions, from origin: RunOrigin?) throws -> TrainingResult? {
    // Before a robot is waited for.
    if let origin { _ = try RunSegments(reading: Self.segmentsPath(origin.folder), taken: 0) }
    let stream = try RobotStream(
      at: address, token: token, as: identity, program: "avg-vision \(Product.version)", logger: logger)
    logger.notice("learner      listens on port \(stream.port) of \(address.host); it waits for a robot")
    guard let meeting = try meet(stream, origin, options.stop) else { return nil }
    let configuration = meeting.configuration
    let specification = meeting.specification
    let recorder = try RunRecorder<RemoteTransitions, Learner>(
      configuration, defaults: ExperimentConfiguration(configuration.task.kind), for: specification,
      timeLimitSteps: configuration.task.timeLimitSteps, name: "learn", resuming: origin,
      output: options.output, steps: steps, frameLog: nil,
      stop: options.stop)
    let state = try origin?.checkpoint?.trainingState(
      of: specification, signalLimit: .greatestFiniteMagnitude)
    let taken = state.map { $0.progress.steps + $0.progress.staleSteps } ?? 0
    let path = Self.segmentsPath(recorder.folder)
    let segments = origin == nil ? RunSegments() : try RunSegments(reading: path, taken: taken)
    try segments.write(to: path)
    let acting = ActingLearner(
      Learner(configuration.agent, for: specification, seed: configuration.training.seed))
    acting.follow(meeting.agent)
    stream.open(
      segments, taken: taken, specification, configuration: StrictYAML.dump(configuration),
      policy: try Self.policy(of: meeting.agent)
    ) { acting.act(on: $0, into: &$1) }
    let source = RemoteTransitions(
      stream, specification, segments: segments, segmentsPath: path, taken: taken,
      isUnderWay: state.map { !$0.loop.isStarting } ?? false, endsWithRobot: endsWithRobot, stop: options.stop
    )
    defer { stream.close() }
    return try learn(source, meeting, state, recorder, stream, acting, options)
  }

  private static func segmentsPath(_ folder: RunFolder) -> String { folder.path + "/remote.json" }

  private func learn(
    _ source: consuming RemoteTransitions, _ meeting: consuming Meeting, _ state: TrainingState?,
    _ recorder: RunRecorder<RemoteTransitions, Learner>, _ stream: RobotStream, _ acting: ActingLearner,
    _ options: TrainingOptions
  ) throws -> TrainingResult {
    let training = meeting.configuration.training
    var clock = PolicyClock(meeting.configuration.remote)
    var hooks = recorder.hooks()
    hooks.onInspection = { [inspect = hooks.onInspection] world, agent, transition, step, latencies in
      inspect?(world, agent, transition, step, latencies)
      acting.follow(agent)
      guard clock.isDue(), let policy = try? Self.policy(of: agent) else { return }
      stream.publish(policy)
    }
    var trainer = Trainer(source: source, learner: meeting.agent, resuming: state)
    let plan = TrainingPlan(steps: steps ?? .max, checkpointInterval: training.checkpointIntervalSteps)
    do { try trainer.run(plan, hooks: hooks, stop: options.stop) } catch { throw recorder.failure(error) }
    try recorder.finish(trainer.progress, trainer.latencies)
    if stream.discarded > 0 {
      logger.warning(
        "learner      \(stream.discarded) steps were not learned from, for those before them are missing")
    }
    return TrainingResult(folder: recorder.folder, progress: trainer.progress)
  }

  /// Waits for a robot whose run this learner can learn.
  private func meet(_ stream: RobotStream, _ origin: RunOrigin?, _ stop: StopFlag) throws -> Meeting? {
    while let robot = stream.awaitRobot(stop) {
      do {
        let own: ExperimentConfiguration =
          try origin?.configuration()
          ?? configure(ExperimentConfiguration.load(robot.configuration, file: "the robot's configuration"))
        var agent = try own.makeAgent(
          for: robot.specification, seed: own.training.seed, workers: try own.training.makeWorkers())
        if origin?.checkpoint != nil { try origin?.restore(&agent) }
        agent.mode = .following
        try agent.prepare()
        return Meeting(specification: robot.specification, configuration: own, agent: agent)
      } catch {
        // A stranger must not end the learner.
        stream.turnAway("\(error)")
      }
    }
    return nil
  }

  private static func policy(of agent: borrowing Learner) throws -> [UInt8] {
    [UInt8](try agent.policy().encoded())
  }
}

/// Acts by the newest policy for a robot that asks, beside the learning.
private final class ActingLearner: @unchecked Sendable {
  private let monitor = Monitor()
  // Held by `monitor`.
  private var learner: Learner
  private var isAsked = true

  init(_ learner: consuming Learner) {
    self.learner = learner
    self.learner.mode = .exploring
  }

  /// Takes over the policy, for a robot that has asked since.
  func follow(_ other: borrowing Learner) {
    monitor.lock()
    defer { monitor.unlock() }
    guard isAsked else { return }
    isAsked = false
    learner.copyPolicy(from: other)
  }

  func act(on observation: borrowing Observation, into answer: inout ActionAnswer) {
    monitor.lock()
    defer { monitor.unlock() }
    isAsked = true
    learner.act(on: observation, into: &answer.action)
    answer.logProbability = learner.explain(into: &answer.noise)
  }
}

/// When the policy is to be sent again.
private struct PolicyClock {
  private let updates: Int
  private let time: Duration
  private var count = 0
  private var sent = MonotonicInstant.now

  init(_ settings: RemoteSettings) {
    updates = settings.policyIntervalUpdates
    time = .milliseconds(settings.policyIntervalMilliseconds)
  }

  /// After an update.
  mutating func isDue() -> Bool {
    count += 1
    guard count >= updates || sent.duration(to: .now) >= time else { return false }
    count = 0
    sent = .now
    return true
  }
}
