import AVGSystem
import AVGTraining
import Logging
import Synchronization

/// What the parts of a run tell each other.
struct RunWatch {
  let stop: StopFlag
  let news = DeviceNews()
  let latencies = LoopLatencies()

  init(stop: StopFlag) { self.stop = stop }
}

/// The devices' changes of state and the way back from them, on standard error.
struct DeviceNews {
  /// Where a camera or a robot says what became of it.
  let logger: Logger
  private let answer = Answer()

  /// Whether something has been said that is not answered yet.
  final class Answer: Sendable {
    fileprivate let isDue = Atomic(false)
  }

  init() {
    logger = Logger(label: "devices") { [answer] _ in NotedLog(inner: AVGSystem.logger, answer: answer) }
  }

  /// What has been said until now was the start.
  func isStarted() { answer.isDue.store(false, ordering: .relaxed) }

  /// Says that the run goes on, once after each change.
  func tellOfStep(_ step: TrainingStep) {
    guard answer.isDue.exchange(false, ordering: .relaxed) else { return }
    AVGSystem.logger.notice(
      "run: \(step.update == nil ? "acting" : "learning") goes on with step \(step.progress.steps)")
  }
}

/// Hands on what is said, and notes that something was.
private struct NotedLog: LogHandler {
  var inner: Logger
  let answer: DeviceNews.Answer
  var metadata: Logger.Metadata = [:]

  var logLevel: Logger.Level {
    get { inner.logLevel }
    set { inner.logLevel = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    answer.isDue.store(true, ordering: .relaxed)
    inner.log(level: event.level, event.message)
  }
}
