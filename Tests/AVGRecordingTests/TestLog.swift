import AVGCore
import AVGCreate2
import AVGTestSupport
import Foundation

@testable import AVGRecording

/// A body that senses numbered frames, of which two in three are fresh, and feels their number.
struct CountingBody: Body, ~Copyable {
  typealias Failure = Never
  static let shape = FrameShape(height: 3, width: 4)
  private var readings = 0
  /// What the source of each image is said to have sent.
  var jpeg: [UInt8]?

  var sourceImage: SourceImage? { jpeg.map { .compressed($0, format: "jpeg") } }

  mutating func drive(_ speeds: WheelSpeeds) {}

  mutating func awaitCycle() -> Int { readings % 5 == 4 ? 2 : 0 }

  mutating func reset() -> Bool { readings % 2 == 0 }

  mutating func sense(into observation: inout Observation, _ senses: inout Create2Senses) -> Freshness {
    readings += 1
    senses.lightBumps[2] = Float(readings) / 3
    senses.leftBump = readings % 2 == 0
    senses.distanceMillimeters = -Double(readings) / 3
    guard readings % 3 != 0 else { return .stale }
    for index in observation.newestFrame.pixels.indices {
      observation.newestFrame.pixels[index] = UInt8(truncatingIfNeeded: readings &* 7 &+ index)
    }
    observation.newestFrame.stamp = FrameStamp(
      captured: MonotonicInstant(nanoseconds: Int64(readings) * 45_000_000), sequence: UInt32(readings),
      decodeTime: .microseconds(readings), sourceByteCount: readings)
    return .fresh
  }
}

/// A body that sees moving stripes.
struct StripedBody: Body, ~Copyable {
  typealias Failure = Never
  private var readings = 0

  mutating func drive(_ speeds: WheelSpeeds) {}

  mutating func awaitCycle() -> Int { 0 }

  mutating func reset() -> Bool { true }

  mutating func sense(into observation: inout Observation, _ senses: inout Create2Senses) -> Freshness {
    readings += 1
    let width = observation.newestFrame.shape.width
    for index in observation.newestFrame.pixels.indices {
      let (row, column) = (index / (3 * width), index / 3 % width)
      observation.newestFrame.pixels[index] = UInt8(128 + 60 * ((row + column + readings) / 16 % 2))
    }
    observation.newestFrame.stamp = FrameStamp(
      captured: MonotonicInstant(nanoseconds: Int64(readings) * 45_000_000), sequence: UInt32(readings))
    return .fresh
  }
}

/// The data written to a log, to compare with what is read.
struct TestLog {
  var frames: [[UInt8]?] = []
  var senses: [Create2Senses] = []
  var steps: [LoggedStep] = []

  static let metadata = [(key: "configuration", value: "agent:\n"), (key: "version", value: "0.1.0")]

  /// Writes a log of `count` cycles.
  init(writing path: String, count: Int, jpeg: [UInt8]? = nil, closes: Bool = true) throws {
    let log = try FrameLogWriter(creating: path, program: "avg-vision test")
    var counting = CountingBody()
    counting.jpeg = jpeg
    var body = RecordingBody(counting, log: log)
    try log.begin(metadata: Self.metadata, checkpoint: [1, 2, 3])
    var frame = Frame(shape: CountingBody.shape)
    var felt = Create2Senses()
    for index in 0...count {
      if index % 10 == 0 { _ = try body.reset() }
      if index > 0 {
        try body.drive(
          WheelSpeeds(left: .millimetersPerSecond(Double(index)), right: .millimetersPerSecond(-0.5)))
        _ = try body.awaitCycle()
      }
      let isFresh = try body.sense(into: &frame, &felt) == .fresh
      frames.append(isFresh ? frame.pixels : nil)
      senses.append(felt)
      guard index > 0 else { continue }
      steps.append(Self.step(index, isStale: !isFresh))
      try log.write(steps[index - 1])
    }
    try log.close(checkpoint: closes ? [4, 5, 6, 7] : nil)
  }

  static func step(_ index: Int, isStale: Bool) -> LoggedStep {
    var step = LoggedStep()
    step.step = index
    step.episode = index / 10 + 1
    step.chosen = [Float(index) / 7, -0.25]
    step.sent = [Float(index), -0.5]
    step.logProbability = -1.5
    step.noise = [0.1, -Float(index)]
    step.observed = [Float(index)]
    step.outcome = Outcome(
      reward: -1, terminated: index % 10 == 9, truncated: index % 7 == 0, reachedGoal: index % 20 == 19,
      missedCycles: index % 5, isStale: isStale)
    step.distanceMillimeters = Double(index) / 7
    guard !isStale else { return step }
    var update = Update(
      temporalDifferenceError: 0.5 / Float(index), temporalDifferenceScale: 2, value: -3, logProbability: 0,
      isRefused: index % 4 == 0)
    update.actorLoss = 0.25
    update.actorGradientNorm = 1
    update.criticGradientNorm = 1e-20
    update.encoderGradientNorm = 3e20
    step.update = update
    return step
  }

  /// Reads the events of a log to its end.
  static func events(
    _ reader: inout FrameLogReader
  ) throws(LogError) -> (sights: [LoggedSight], steps: [LoggedStep]) {
    var (sights, steps): ([LoggedSight], [LoggedStep]) = ([], [])
    while let event = try reader.next() {
      switch event {
      case .sight(let sight): sights.append(sight)
      case .result: break
      case .step(let step): steps.append(step)
      }
    }
    return (sights, steps)
  }
}
