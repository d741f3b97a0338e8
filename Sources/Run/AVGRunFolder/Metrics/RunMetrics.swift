public import AVGCore
public import AVGSystem
public import AVGTraining

/// The metrics of a run for other tools: for every episode a line of JSON and TensorBoard scalars, and from time to
/// time the camera's view, the encoder's feature maps, and histograms of weights and actions.
///
/// A step costs a few additions and no allocation. Data for pictures are copied at the end of an episode and drawn on
/// another thread.
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

  /// Opens the files in a run's folder.
  ///
  /// - Parameters:
  ///   - resumption: the point at which a run is resumed; nil for a new run.
  ///   - measures: the task's measures; each is a metric.
  ///   - pictureInterval: the minimum number of steps between two sets of pictures and histograms; 0 for none.
  ///   - onFailure: called on another thread as soon as writing fails; the next `end` or `finish` then throws.
  public init(
    in folder: RunFolder, resuming resumption: MetricsResumption? = nil, measures: [Measure] = [],
    pictureInterval: Int, onFailure: @escaping @Sendable () -> Void = {}
  ) throws(FileError) {
    files = try MetricsFiles(in: folder, resuming: resumption, onFailure: onFailure)
    self.measures = measures
    self.pictureInterval = pictureInterval
  }

  /// Records a step from `TrainingHooks.onInspection`.
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

  /// Writes the metrics of the episode whose last step was recorded.
  public func end(_ record: EpisodeRecord) throws(MetricsError) {
    let now = MonotonicInstant.now
    let rate = lastEnd.map { Double(record.step - $0.step) / max($0.instant.duration(to: now).seconds, 1e-9) }
    lastEnd = (now, record.step)
    try files.append(
      episode.named(record, measures, progress, stepsPerSecond: rate) + latencies, step: record.step)
    latencies = []
    episode = EpisodeMetrics()
  }

  /// Waits until everything has been passed to the system.
  public func finish() throws(MetricsError) { try files.finish() }

  private func portrait(
    of agent: borrowing some InspectableAgent & ~Copyable, _ observation: borrowing Observation
  ) -> AgentPortrait {
    var portrait = AgentPortrait(actions: actions)
    if let frame = observation.frames.last {
      var points = [Float](repeating: 0, count: 2 * agent.imagePointCount)
      agent.writeImagePoints(into: &points)
      // A copy, because shared pixels would be copied, and so allocated, when the loop writes its next image.
      var view = Frame(shape: frame.shape)
      view.copy(from: frame)
      portrait.view = (view, points)
    }
    portrait.featureMaps = agent.featureMaps()
    agent.forEachTensor { name, entries in portrait.tensors.append((name, entries)) }
    return portrait
  }
}
