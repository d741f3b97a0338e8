public import AVGCore

/// An environment of somebody else's, in another process, as something to learn in.
public struct GymnasiumEnvironment<Link: EnvironmentLink & ~Copyable>: Environment, ~Copyable {
  /// What can go wrong in it.
  public typealias Failure = GymnasiumError

  /// Of what the environment tells of itself, as the settings take it.
  public let specification: EnvironmentSpecification
  /// What the last step measured.
  public private(set) var measurements: [Double]
  /// The way to the environment.
  public var link: Link
  private let settings: GymnasiumSettings
  private let observations: ObservationMapping
  private let actions: ActionMapping
  private var actionBytes: [UInt8]
  /// The seed of the next episode; nil to go on with the environment's random numbers.
  private var seed: UInt64?
  /// An answer is still to come.
  private var isAwaiting = false
  private var frameNumber: UInt32 = 0

  /// Joins an environment to the settings.
  ///
  /// - Parameter seed: of the first episode; all that follow go on with the environment's random numbers.
  public init(_ link: consuming Link, _ settings: GymnasiumSettings, seed: UInt64) throws(GymnasiumError) {
    let description = link.description
    let observations = try ObservationMapping(description.observationSpace, settings)
    let actions = try ActionMapping(description.actionSpace, settings)
    let measures = (description.measures ?? []).map { measure in
      Measure(measure.name, unit: .init(measure.unit, symbol: measure.symbol))
    }
    let period =
      settings.periodSeconds > 0
      ? Duration.seconds(settings.periodSeconds)
      : .nanoseconds(description.periodNanoseconds.map { max(1, $0) } ?? Self.usualPeriodNanoseconds)
    specification = EnvironmentSpecification(
      frames: observations.frames, signalCount: observations.signalCount, actionCount: actions.count,
      controlPeriod: period, measures: measures, score: .return)
    measurements = [Double](repeating: 0, count: measures.count)
    actionBytes = [UInt8](repeating: 0, count: actions.byteCount)
    self.link = link
    self.settings = settings
    self.observations = observations
    self.actions = actions
    self.seed = seed
  }

  /// What a step is taken to stand for where nobody knows.
  private static var usualPeriodNanoseconds: Int64 { 45_000_000 }

  /// Whether its steps are steps of real time.
  public var isReal: Bool { settings.isReal(link.description) }

  /// Whether the same seed gives the same start, to the bit, which is found out by two starts; true of a real world, which
  /// is not asked.
  public mutating func repeatsStarts() throws(GymnasiumError) -> Bool {
    guard !isReal, let seed else { return true }
    var starts: [[UInt8]] = []
    for _ in 0..<2 {
      _ = try start(seed)
      starts.append(Array(link.observation))
    }
    return starts[0] == starts[1]
  }

  /// Asks for the start of an episode, and waits for it.
  private mutating func start(_ seed: UInt64?) throws(GymnasiumError) -> StepResult {
    try link.reset(seed: seed)
    let result = try receive()
    guard result.flags.isDisjoint(with: [.terminated, .truncated]) else {
      throw .overAtOnce(name: settings.name)
    }
    return result
  }

  /// Starts an episode; an answer that nobody has waited for is let go.
  public mutating func reset(into observation: inout Observation) throws(GymnasiumError) {
    if isAwaiting {
      isAwaiting = false
      try link.discard()
    }
    let result = try start(seed)
    seed = nil
    try take(result, into: &observation)
    if observation.frames.count > 1, !observations.isStacked { observation.repeatNewestFrame() }
  }

  /// Sends the action, unless it is under way already.
  public mutating func begin(_ action: [Float]) throws(GymnasiumError) {
    guard !isAwaiting else { return }
    let actions = actions
    actionBytes.withUnsafeMutableBytes { actions.write(action, to: $0) }
    isAwaiting = true
    try send()
  }

  private mutating func send() throws(GymnasiumError) {
    // Another name for the same bytes: reading them must not hold the whole environment.
    let bytes = actionBytes
    try bytes.withUnsafeBufferPointer { bytes throws(GymnasiumError) in
      try link.step(UnsafeRawBufferPointer(bytes))
    }
  }

  /// Waits for what came of the action.
  public mutating func finish(
    from current: borrowing Observation, into next: inout Observation
  ) throws(GymnasiumError) -> Outcome {
    if next.frames.count > 1, !observations.isStacked { next.shiftFrames(from: current) }
    let result = try receive()
    try take(result, into: &next)
    let missedCycles = Int(result.missedCycles)
    let flags = result.flags
    let isTimeOut = flags.contains(.truncated) && !flags.contains(.terminated)
    let terminates = settings.timeLimit == .terminates
    return Outcome(
      reward: Float(result.reward),
      terminated: flags.contains(.terminated) || isTimeOut && terminates,
      truncated: isTimeOut && !terminates, reachedGoal: flags.contains(.success),
      missedCycles: missedCycles, isStale: flags.contains(.stale))
  }

  /// Has what moves stopped.
  public mutating func stop() throws(GymnasiumError) { try link.stop() }

  private mutating func receive() throws(GymnasiumError) -> StepResult {
    isAwaiting = false
    return try link.receive(&measurements)
  }

  private mutating func take(
    _ result: StepResult, into observation: inout Observation
  ) throws(GymnasiumError) {
    guard Float(result.reward).isFinite else {
      throw .notFinite(name: settings.name, part: "its reward", value: result.reward)
    }
    try observations.read(link.observation, into: &observation)
    frameNumber &+= 1
    guard let newest = observation.frames.indices.last else { return }
    observation.frames[newest].stamp = FrameStamp(captured: captured(result), sequence: frameNumber)
  }

  /// When the observation was taken; the beginning of time in a world without a time, so that the same seed gives the same
  /// bytes.
  private func captured(_ result: StepResult) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: isReal ? result.captured : 0)
  }
}
