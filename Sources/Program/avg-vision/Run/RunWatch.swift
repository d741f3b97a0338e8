import AVGSystem
import AVGTraining
import Logging

/// What the parts of a run tell each other.
struct RunWatch {
  let stop: StopFlag
  let news = DeviceNews()
  let latencies = LoopLatencies()

  init(stop: StopFlag) { self.stop = stop }
}

/// The devices' changes of state and the way back from them, on standard error.
final class DeviceNews {
  private var isUnanswered = false

  /// A line from a camera or a robot.
  func tell(_ line: String) {
    isUnanswered = true
    logger.notice("\(line)")
  }

  /// What has been said until now was the start.
  func isStarted() { isUnanswered = false }

  /// Says that the run goes on, once after each change.
  func tellOfStep(_ step: TrainingStep) {
    guard isUnanswered else { return }
    isUnanswered = false
    logger.notice(
      "run: \(step.update == nil ? "acting" : "learning") goes on with step \(step.progress.steps)")
  }
}
