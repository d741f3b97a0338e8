import AVGCore
public import AVGImaging
public import AVGSystem
import Glibc
public import Logging
import Synchronization

/// The file `metrics.jsonl` and the TensorBoard event file, written by a thread of their own, so that no step waits for
/// the disk.
final class MetricsFiles: Sendable {
  private let queue: WorkQueue
  private let files: Mutex<Files>
  private let failure = Mutex<MetricsError?>(nil)
  private let isDrawing = Atomic(false)
  private let onFailure: @Sendable () -> Void

  private struct Files: ~Copyable {
    let lines: OutputFile
    let events: EventFile
    var clock: RisingClock
  }

  /// Opens the files in `folder`.
  ///
  /// - Parameters:
  ///   - resumption: the point at which a run is resumed, after which the files are cut, because the run repeats it;
  ///     nil for a new run.
  ///   - onFailure: called on the writer's thread when writing fails.
  init(
    in folder: RunFolder, resuming resumption: MetricsResumption?, onFailure: @escaping @Sendable () -> Void
  ) throws(FileError) {
    self.onFailure = onFailure
    do throws(ThreadError) {
      queue = try WorkQueue(for: "the thread that writes the metrics")
    } catch {
      errno = error.code
      throw FileError(path: folder.metricsPath, action: "start the thread that writes it")
    }
    var lastTime = try EventFile.lastTime(in: folder.path)
    if let resumption {
      let lines = try Self.keep(folder.metricsPath, upTo: resumption)
      lastTime = max(lastTime, lines.last?.time ?? 0)
    }
    let lines = try OutputFile(path: folder.metricsPath, flags: O_CREAT | O_APPEND)
    var clock = RisingClock(notBefore: lastTime)
    let events = try EventFile(in: folder.path, at: clock.now())
    if let resumption { try events.restart(at: min(resumption.step, .max - 1) + 1, time: clock.now()) }
    files = Mutex(Files(lines: lines, events: events, clock: clock))
  }

  /// Cuts `metrics.jsonl` to the part before the resumption point. A file with lines that are not metrics, or not in
  /// order, is kept under another name.
  private static func keep(
    _ path: String, upTo resumption: MetricsResumption
  ) throws(FileError) -> [MetricsTable.Line] {
    let table = try MetricsTable(reading: path)
    let rows = table.rows.prefix { $0.line.step <= resumption.step }.prefix(max(0, resumption.episodeCount))
    if let line = table.damagedLine, let aside = try AtomicFile.setAside(path) {
      (resumption.logger ?? AVGSystem.logger).warning(
        "\(path): line \(line) is not metrics; the original file is now \(aside)")
    }
    try AtomicFile.write(rows.map { $0.text + "\n" }.joined(), to: path)
    return rows.map(\.line)
  }

  /// Whether pictures are still being drawn; new ones would pile up if the disk is slow.
  var isBusy: Bool { isDrawing.load(ordering: .relaxed) }

  /// Appends metrics of a step to both files.
  ///
  /// - Throws: the error of an earlier call, because writing happens later.
  func append(_ metrics: [Metric], step: Int) throws(MetricsError) {
    try throwFailure()
    queue.async { [self] in
      attempt { files throws(MetricsError) in
        let time = files.clock.now()
        do throws(FileError) {
          try files.lines.write(Array(Self.line(metrics, step: step, time: time).utf8))
          try files.events.append(metrics.map { .scalar($0.name, $0.value) }, step: step, time: time)
        } catch { throw .file(error) }
      }
    }
  }

  /// Draws the pictures of `portrait` and appends them to the event file.
  func append(_ portrait: AgentPortrait, step: Int) {
    isDrawing.store(true, ordering: .relaxed)
    queue.async { [self] in
      attempt { files throws(MetricsError) in
        let summaries: [Summary]
        do throws(PNGError) { summaries = try portrait.summaries() } catch { throw .picture(error) }
        let time = files.clock.now()
        do throws(FileError) { try files.events.append(summaries, step: step, time: time) } catch {
          throw .file(error)
        }
      }
      isDrawing.store(false, ordering: .relaxed)
    }
  }

  /// Waits until everything is written.
  func finish() throws(MetricsError) {
    queue.finish()
    try throwFailure()
  }

  private func attempt(_ write: (inout Files) throws(MetricsError) -> Void) {
    guard failure.withLock({ $0 == nil }) else { return }
    do throws(MetricsError) {
      try files.withLock { files throws(MetricsError) in try write(&files) }
    } catch {
      failure.withLock { $0 = error }
      onFailure()
    }
  }

  private func throwFailure() throws(MetricsError) {
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  /// A line of JSON, with null for numbers that are not finite.
  static func line(_ metrics: [Metric], step: Int, time: Double) -> String {
    let fields = metrics.map { metric in
      "\"\(metric.name)\":" + (metric.value.isFinite ? "\(metric.value)" : "null")
    }
    return "{\"step\":\(step),\"time\":\(time)" + fields.map { "," + $0 }.joined() + "}\n"
  }
}

/// The point at which the metrics of a run are resumed.
public struct MetricsResumption {
  /// The number of completed episodes.
  public var episodeCount: Int
  /// The step at which the last of them ended.
  public var step: Int
  /// Receives a line about any damage found; nil for the program's.
  public var logger: Logger?

  /// Makes a resumption point.
  public init(episodeCount: Int, step: Int, logger: Logger? = nil) {
    self.episodeCount = episodeCount
    self.step = step
    self.logger = logger
  }
}

/// An error of writing metrics.
public enum MetricsError: Error, Hashable, CustomStringConvertible {
  /// A file could not be read or written.
  case file(FileError)
  /// A picture could not be made.
  case picture(PNGError)

  /// The file or picture, what failed, and what to do.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .picture(let error): error.description
    }
  }
}

/// A snapshot of an agent, copied quickly and drawn later.
struct AgentPortrait: Sendable {
  /// The newest frame and the policy's image points; nil without a camera.
  var view: (frame: Frame, points: [Float])?
  var featureMaps: FeatureMaps?
  var tensors: [(name: String, entries: [Float])] = []
  var actions = ActionCounts()

  /// The pictures and histograms for TensorBoard.
  func summaries() throws(PNGError) -> [Summary] {
    var summaries: [Summary] = []
    if let view {
      summaries.append(try .image("camera/view", view.frame))
      summaries.append(
        try .image("camera/imagePoints", AgentPictures.view(view.frame, points: view.points)))
    }
    if let featureMaps { summaries.append(try .image("camera/features", AgentPictures.mosaic(featureMaps))) }
    for tensor in tensors {
      if let histogram = ValueHistogram(tensor.entries) {
        summaries.append(.histogram("weights/\(tensor.name)", histogram))
      }
    }
    for (index, counts) in actions.counts.enumerated() {
      if let histogram = ValueHistogram(counts: counts, in: ActionCounts.range) {
        summaries.append(.histogram("actions/\(index)", histogram))
      }
    }
    return summaries
  }
}
