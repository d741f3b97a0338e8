public import AVGCore
public import AVGSystem
public import AVGTraining

/// The metrics of a run for other tools: a line of JSON and TensorBoard's scalars for every episode; now and then the
/// camera's view, what the encoder makes of it, and histograms of weights and actions.
///
/// A step costs a few additions and no memory; pictures are taken at the end of an episode and drawn by another thread.
public final class RunMetrics {
  private let files: MetricsFiles
  private let pictureInterval: Int
  private let measures: [Measure]
  private var episode = EpisodeMetrics()
  private var actions = ActionCounts()
  private var progress = TrainingProgress()
  private var latencies: [Metric] = []
  private var nextPicture = 0
  private var lastEnd: (instant: MonotonicInstant, step: Int)?

  /// Begins the files in a run's folder.
  ///
  /// - Parameters:
  ///   - resumption: where a run goes on; nil for one that begins.
  ///   - measures: what the task measures; each is a metric of its own.
  ///   - pictureInterval: the least number of steps between two sets of pictures and histograms; 0 makes none.
  ///   - onFailure: is called by another thread, as soon as the disk refuses something; the next `end` or `finish` throws.
  public init(
    in folder: RunFolder, resuming resumption: MetricsResumption? = nil, measures: [Measure] = [],
    pictureInterval: Int, onFailure: @escaping @Sendable () -> Void = {}
  ) throws(FileError) {
    files = try MetricsFiles(in: folder, resuming: resumption, onFailure: onFailure)
    self.measures = measures
    self.pictureInterval = pictureInterval
  }

  /// Takes in a step, as `TrainingHooks.onInspection` hands it out.
  public func inspect(
    _ agent: borrowing some InspectableAgent & ~Copyable, _ transition: borrowing Transition,
    _ step: TrainingStep, _ stepLatencies: borrowing StepLatencies
  ) {
    if lastEnd == nil { lastEnd = (.now, step.progress.steps - 1) }
    if let update = step.update { episode.add(update) }
    actions.add(transition.action)
    guard transition.outcome.isLast else { return }
    progress = step.progress
    guard pictureInterval > 0, progress.steps >= nextPicture, !files.isBusy else { return }
    nextPicture = progress.steps + pictureInterval
    latencies = stepLatencies.metrics
    let portrait =
      step.isAnswered ? portrait(of: agent, transition.next) : portrait(of: agent, transition.state)
    files.append(portrait, step: progress.steps)
    actions.clear()
  }

  /// Writes down the episode whose last step has been taken in.
  public func end(_ record: EpisodeRecord) throws(MetricsError) {
    let now = MonotonicInstant.now
    let rate = lastEnd.map { Double(record.step - $0.step) / max($0.instant.duration(to: now).seconds, 1e-9) }
    lastEnd = (now, record.step)
    try files.append(
      episode.named(record, measures, progress, stepsPerSecond: rate) + latencies, step: record.step)
    latencies = []
    episode = EpisodeMetrics()
  }

  /// Waits until everything is on its way to the disk.
  public func finish() throws(MetricsError) { try files.finish() }

  private func portrait(
    of agent: borrowing some InspectableAgent & ~Copyable, _ observation: borrowing Observation
  ) -> AgentPortrait {
    var portrait = AgentPortrait(actions: actions)
    if let frame = observation.frames.last {
      var points = [Float](repeating: 0, count: 2 * agent.imagePointCount)
      agent.writeImagePoints(into: &points)
      // A copy: sharing the pixels would make the loop's next image allocate.
      var view = Frame(shape: frame.shape)
      view.copy(from: frame)
      portrait.view = (view, points)
    }
    portrait.featureMaps = agent.featureMaps()
    agent.forEachTensor { name, entries in portrait.tensors.append((name, entries)) }
    return portrait
  }
}
