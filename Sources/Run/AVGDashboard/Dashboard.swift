public import AVGCore
public import AVGSystem
public import AVGTraining

/// A live page about a run, served by a separate process.
///
/// The run sends a snapshot of itself to a socket ten times a second. It never blocks on a full socket, and polls the
/// same socket for commands. Everything that browsers do, or do wrong, happens in the other process, which runs at the
/// lowest priority.
public final class Dashboard {
  /// The addresses at which the page can be opened, with the token if one is needed.
  public let urls: [String]

  private let server: ServerProcess
  private let stop: StopFlag
  private let cycle = Duration.milliseconds(100)
  /// The interval at which the state is sent, changed or not.
  private static let repetition = Duration.seconds(1)
  private var writer = ByteBuffer(capacity: 0)
  private var points: [Float] = []
  private var path: [Float] = []
  private var sequence: UInt64 = 0
  private var due: MonotonicInstant
  private var lastSample: (instant: MonotonicInstant, processorTime: Duration, step: Int)?
  private var means = MeansBuilder()
  private var episodeReturn: Float = 0
  private var episodeLength: Int64 = 0
  private var isPaused = false
  private var savesNext = false
  private var listensNext: MonotonicInstant
  private var repeatsNext: MonotonicInstant

  /// Starts the server process and waits until the page can be opened.
  ///
  /// - Parameters:
  ///   - program: the executable to start with `arguments`; it must call `DashboardServer.serve`.
  ///   - stop: the flag to raise when a browser asks to stop the run.
  public init(
    _ settings: DashboardSettings, at address: DashboardAddress, program: String = "/proc/self/exe",
    arguments: [String], stop: StopFlag
  ) throws(DashboardError) {
    let token = address.isLoopback ? nil : ServerProcess.makeToken()
    server = try ServerProcess(
      program: program, arguments: arguments,
      settings: ServerSettings(run: settings, address: address, token: token))
    let rest = ":\(server.port)/" + (token.map { "?token=\($0)" } ?? "")
    urls = address.urlHosts.map { "http://" + $0 + rest }
    self.stop = stop
    due = .now
    (listensNext, repeatsNext) = (due, due)
    path.reserveCapacity(Snapshot.longestPath)
  }

  /// Records a step from `TrainingHooks.onInspection`; allocates nothing after the first call.
  ///
  /// - Parameter place: the robot's pose; nil if it is unknown.
  public func inspect(
    _ agent: borrowing some InspectableAgent & ~Copyable, _ transition: borrowing Transition,
    _ step: TrainingStep, _ latencies: borrowing StepLatencies, at place: RobotPlace? = nil
  ) {
    if let place, path.count + 2 <= Snapshot.longestPath {
      path.append(place.x)
      path.append(place.y)
    }
    if let update = step.update { means.add(update) }
    episodeReturn += transition.outcome.reward
    episodeLength += 1
    defer {
      if transition.outcome.isLast {
        (episodeReturn, episodeLength) = (0, 0)
        path.removeAll(keepingCapacity: true)
      }
    }
    let now = MonotonicInstant.now
    guard now >= due else { return }
    due = now.advanced(by: cycle)
    let sample = (instant: now, processorTime: ProcessorTime.ofThread, step: step.progress.steps)
    let pace = lastSample.map { Snapshot.Pace(from: $0, to: sample) } ?? Snapshot.Pace()
    lastSample = sample
    if points.count != 2 * agent.imagePointCount {
      points = [Float](repeating: 0, count: 2 * agent.imagePointCount)
    }
    agent.writeImagePoints(into: &points)
    write(transition, step, latencies, pace, place ?? .unknown)
    if step.isAnswered { write(transition.next) } else { write(transition.state) }
    server.send(writer.bytes)
    means = MeansBuilder()
  }

  /// Records the end of an episode.
  public func end(_ episode: EpisodeRecord) {
    writer.begin(.episode)
    writer.put(Int64(episode.step))
    writer.put(Int64(episode.episode))
    writer.put(Int64(episode.length))
    writer.put(Float(episode.return))
    writer.put(UInt8(episode.success ? 1 : 0))
    server.send(writer.bytes)
  }

  /// Sends an event to the page, such as a lost camera or a checkpoint.
  public func note(_ text: String) {
    writer.begin(.event)
    writer.put(Array(text.utf8))
    server.send(writer.bytes)
  }

  /// The request of the page before the next step, for `TrainingHooks.request`.
  public func request() -> RunRequest {
    let now = MonotonicInstant.now
    if now >= listensNext {
      listensNext = now.advanced(by: .milliseconds(20))
      while let kind = server.receive() { handle(kind) }
    }
    // Sent repeatedly, because a message may have been dropped, or the server restarted without knowing the state.
    if now >= repeatsNext { sendState(now) }
    if savesNext {
      savesNext = false
      return .save
    }
    return isPaused ? .pause : .none
  }

  private func handle(_ kind: MessageKind) {
    switch kind {
    case .pause: set(isPaused: true)
    case .resume: set(isPaused: false)
    case .save:
      savesNext = true
      note("checkpoint requested")
    case .stop:
      note("stop requested")
      stop.raise()
    default: break
    }
  }

  private func set(isPaused: Bool) {
    if isPaused != self.isPaused { note(isPaused ? "paused" : "resumed") }
    self.isPaused = isPaused
    sendState(.now)
  }

  private func sendState(_ now: MonotonicInstant) {
    repeatsNext = now.advanced(by: Self.repetition)
    writer.begin(.state)
    writer.put(UInt8(isPaused ? 1 : 0))
    server.send(writer.bytes)
  }

  /// Tells the page that the run has ended, and ends the server process.
  public func close() {
    writer.begin(.end)
    server.close(writer.bytes)
  }

  /// Encodes a snapshot but for its frames; `Snapshot.init` decodes it in the same order.
  private func write(
    _ transition: borrowing Transition, _ step: TrainingStep, _ latencies: borrowing StepLatencies,
    _ pace: Snapshot.Pace, _ place: RobotPlace
  ) {
    sequence += 1
    let progress = step.progress
    writer.begin(.snapshot)
    writer.put(sequence)
    writer.put(Int64(progress.steps))
    writer.put(Int64(progress.episodes))
    writer.put(Int64(progress.missedCycles))
    writer.put(Int64(progress.staleSteps))
    writer.put(Int64(progress.refusedUpdates))
    writer.put(Int64(progress.nonFiniteActions))
    writer.put(episodeLength)
    writer.put(pace)
    writer.put(progress.recent.successRate.map(Float.init) ?? .nan)
    writer.put(progress.recent.meanLength.map(Float.init) ?? .nan)
    writer.put(transition.outcome.reward)
    writer.put(episodeReturn)
    writer.put(means.means)
    writer.put(UInt32(transition.action.count))
    writer.put(UInt32(points.count))
    writer.put(UInt32(path.count))
    writer.put(place)
    let shape = transition.state.frames.first?.shape
    writer.put(Int32(shape?.height ?? 0))
    writer.put(Int32(shape?.width ?? 0))
    writer.put(transition.action)
    writer.put(points)
    writer.put(path)
    writer.put(latencies.captureAge.coarse)
    writer.put(latencies.decode.coarse)
    writer.put(latencies.act.coarse)
    writer.put(latencies.learn.coarse)
  }

  private func write(_ observation: borrowing Observation) {
    for index in observation.frames.indices { writer.put(observation.frames[index].pixels) }
  }
}

/// Accumulates means over the updates since the last snapshot.
private struct MeansBuilder {
  private var count: Float = 0
  private var sums = Snapshot.LearningMeans(error: 0, absoluteError: 0, scale: 0, entropy: 0, value: 0)

  mutating func add(_ update: Update) {
    guard !update.isRefused else { return }
    count += 1
    sums.error += update.temporalDifferenceError
    sums.absoluteError += abs(update.temporalDifferenceError)
    sums.scale += update.temporalDifferenceScale
    sums.entropy -= update.logProbability
    sums.value += update.value
  }

  var means: Snapshot.LearningMeans {
    guard count > 0 else { return Snapshot.LearningMeans() }
    return Snapshot.LearningMeans(
      error: sums.error / count, absoluteError: sums.absoluteError / count, scale: sums.scale / count,
      entropy: sums.entropy / count, value: sums.value / count)
  }
}
