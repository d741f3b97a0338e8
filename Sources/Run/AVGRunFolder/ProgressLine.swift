public import AVGCore
import AVGPlots
public import AVGTraining
import Glibc

/// A run's progress on standard error: a live line on a terminal, otherwise a new line from time to time.
public struct ProgressLine: ~Copyable {
  private let totalSteps: Int?
  private let score: EpisodeScore
  private let isTerminal: Bool
  private let isShown: Bool
  private let print: (String) -> Void
  private var start: (instant: MonotonicInstant, steps: Int)?
  private var due = MonotonicInstant(nanoseconds: 0)

  /// Makes the line of a run that ends at `totalSteps`, or is stopped manually if that is nil.
  ///
  /// - Parameters:
  ///   - score: the measure by which the task's episodes are judged.
  ///   - isShown: whether to print anything.
  public init(totalSteps: Int?, score: EpisodeScore = .success, isShown: Bool = true) {
    self.init(
      totalSteps: totalSteps, score: score, isTerminal: isatty(STDERR_FILENO) == 1, isShown: isShown
    ) { text in
      var text = text
      text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
  }

  init(
    totalSteps: Int?, score: EpisodeScore = .success, isTerminal: Bool, isShown: Bool = true,
    print: @escaping (String) -> Void
  ) {
    self.isShown = isShown
    self.totalSteps = totalSteps
    self.score = score
    self.isTerminal = isTerminal
    self.print = print
  }

  /// Shows the progress if enough time has passed: a fifth of a second on a terminal, otherwise 5 s.
  ///
  /// - Parameter note: further text, evaluated only when the line is shown.
  public mutating func update(
    _ progress: TrainingProgress, now: MonotonicInstant = .now, note: @autoclosure () -> String = ""
  ) {
    guard let start else {
      // The rate is measured from the first call on; the time before it was setup.
      self.start = (now, progress.steps)
      due = now.advanced(by: interval)
      return
    }
    guard now >= due else { return }
    due = now.advanced(by: interval)
    show(progress, elapsed: start.instant.duration(to: now), from: start.steps, note: note(), isLast: false)
  }

  /// Shows the final progress and ends the line.
  public mutating func finish(_ progress: TrainingProgress, now: MonotonicInstant = .now) {
    let start = start ?? (now, progress.steps)
    show(progress, elapsed: start.instant.duration(to: now), from: start.steps, note: "", isLast: true)
  }

  private var interval: Duration { isTerminal ? .milliseconds(200) : .seconds(5) }

  private func show(
    _ progress: TrainingProgress, elapsed: Duration, from first: Int, note: String, isLast: Bool
  ) {
    guard isShown else { return }
    let rate = elapsed > .zero ? Double(progress.steps - first) / elapsed.seconds : 0
    var text = Self.text(progress, totalSteps: totalSteps, stepsPerSecond: rate, score: score)
    if !note.isEmpty { text += "  " + note }
    if isTerminal {
      // Disable wrapping (?7l), because a wrapped line cannot be overwritten; K erases the rest of a longer previous
      // text.
      print("\r\u{1B}[?7l\(text)\u{1B}[K\u{1B}[?7h" + (isLast ? "\n" : ""))
    } else {
      print(text + "\n")
    }
  }

  /// The text of the line.
  static func text(
    _ progress: TrainingProgress, totalSteps: Int?, stepsPerSecond: Double, score: EpisodeScore = .success
  ) -> String {
    let total = totalSteps.map { "/" + grouped(Double($0)) } ?? ""
    var parts = [
      "step \(grouped(Double(progress.steps)))\(total)",
      "\(grouped(stepsPerSecond)) steps/s",
    ]
    if let rate = progress.recent.successRate, let length = progress.recent.meanLength {
      let achieved =
        switch score {
        case .success: "success \(grouped(100 * rate)) %"
        case .return: "return \(grouped(progress.recent.meanReturn ?? 0, decimals: 1))"
        case .total(let measure):
          "\(measure.name) \(grouped(progress.recent.meanTotal(of: measure) ?? 0)) \(measure.unit.symbol)"
        }
      parts.append("\(achieved) (last \(progress.recent.count))")
      parts.append("steps \(grouped(length, decimals: 1))")
    }
    if stepsPerSecond > 0, let totalSteps {
      parts.append("time left \(clock(Double(totalSteps - progress.steps) / stepsPerSecond))")
    }
    for (name, count) in [
      ("missed cycles", progress.missedCycles), ("stale steps", progress.staleSteps),
      ("skipped updates", progress.skippedUpdates),
      ("refused updates", progress.refusedUpdates),
      ("refused actions", progress.nonFiniteActions),
    ] where count > 0 {
      parts.append("\(name) \(grouped(Double(count)))")
    }
    return parts.joined(separator: "  ")
  }

  /// Seconds as 0:21, 12:34 or 1:02:03.
  public static func clock(_ seconds: Double) -> String {
    let total = Int(min(max(0, seconds.rounded(.up)), 1e9))
    func two(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
    let minutes = total / 60
    return minutes < 60
      ? "\(minutes):\(two(total % 60))" : "\(minutes / 60):\(two(minutes % 60)):\(two(total % 60))"
  }
}
