import AVGCamera
import AVGCore
import AVGTraining

/// What became of a camera's frames, in words.
enum CaptureReport {
  /// - Parameter processorTime: what the program used while it ran.
  static func text<Source: FrameSource & ~Copyable>(
    _ camera: borrowing RecoveringCamera<Source>, _ progress: TrainingProgress, processorTime: Duration
  ) -> String {
    let statistics = camera.statistics
    let damaged = statistics.damaged
    let used = statistics.framesUsed
    let perFrame = used > 0 ? (processorTime.milliseconds / Double(used) * 100).rounded() / 100 : 0
    return """
      camera       \(camera.path): \(camera.format)
      frames       \(used) used, \(statistics.framesReturnedUnread) given back unread, \
      \(statistics.framesTooOld) too old
      numbered     \(statistics.framesNumbered) by the driver, \(numbers(statistics)) in the last stream; stamps of \
      \(words(statistics.stampSource))
      lost         \(statistics.sequenceGaps) in sequence gaps, \(statistics.duplicates) duplicates
      damaged      \(damaged.flagged) flagged, \(damaged.empty) empty, \(damaged.truncated) truncated, \
      \(damaged.undecodable) undecodable
      missed       \(progress.missedCycles) control cycles, \(progress.staleSteps) without sight, \
      \(progress.cutEpisodes) episodes cut off
      recoveries   \(statistics.recoveries)
      processor    \(perFrame) ms per frame used
      """
  }

  private static func numbers(_ statistics: CaptureStatistics) -> String {
    guard let first = statistics.firstNumber, let last = statistics.lastNumber else { return "none" }
    return "\(first) to \(last)"
  }

  private static func words(_ source: StampSource?) -> String {
    switch source {
    case .startOfExposure: "the start of exposure"
    case .endOfFrame: "the end of the frame"
    case .program: "the program's clock"
    case nil: "nothing"
    }
  }
}
