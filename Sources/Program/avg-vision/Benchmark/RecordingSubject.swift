import AVGCore
import AVGCreate2
import AVGRecording
import AVGSystem
import Foundation
import Logging

/// The cost of recording a control cycle: a frame of 160×90, sensor values, action, outcome and update.
final class RecordingUnderTest {
  /// A body with a still image.
  private struct StillBody: Body, ~Copyable {
    typealias Failure = Never
    private var count: Int64 = 0

    mutating func drive(_ speeds: WheelSpeeds) {}
    mutating func awaitCycle() -> Int { 0 }
    mutating func reset() -> Bool { false }

    mutating func sense(into observation: inout Observation, _ senses: inout Create2Senses) -> Freshness {
      count += 1
      observation.newestFrame.stamp = FrameStamp(
        captured: MonotonicInstant(nanoseconds: count * 45_000_000),
        sequence: UInt32(truncatingIfNeeded: count))
      return .fresh
    }
  }

  private let log: FrameLogWriter
  private var body: RecordingBody<StillBody>
  private var observation = Observation(frames: FrameStack(count: 1))
  private var senses = Create2Senses()
  private var step = LoggedStep()

  /// Creates a log that disappears with the program.
  init() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "avg-vision-\(UUID().uuidString).mcap")
      .path
    log = try FrameLogWriter(creating: path, program: "benchmark")
    unlink(path)
    body = RecordingBody(StillBody(), log: log)
    try log.begin(metadata: [], checkpoint: [])
    step.chosen = [0.5, -0.5]
    step.noise = [1, -1]
    step.observed = [Float](repeating: 0.5, count: 8)
    step.update = Update(
      temporalDifferenceError: 1, temporalDifferenceScale: 1, value: 1, logProbability: 1, isRefused: false)
  }

  /// Records a step.
  func run() {
    do {
      try body.drive(.stopped)
      _ = try body.awaitCycle()
      _ = try body.sense(into: &observation, &senses)
      step.step += 1
      try log.write(step)
    } catch {
      // Later rows would measure something else.
      logger.error("\(error)")
      exit(1)
    }
  }
}
