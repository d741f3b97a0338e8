import AVGCore
package import AVGGymnasium
import AVGRecording
import AVGSystem
import Foundation

/// A link whose answers are recorded in a log, if there is one.
package struct RecordingLink<Inner: EnvironmentLink & ~Copyable>: EnvironmentLink, ~Copyable {
  /// The recorded link.
  private var inner: Inner
  /// The log to write; nil records nothing.
  var log: FrameLogWriter?
  private var isStart = false
  /// A payload of the protocol, with the observation in it.
  private var payload: [UInt8]

  /// Wraps a link; nothing is recorded before there is a log.
  init(_ inner: consuming Inner) {
    payload = [UInt8](
      repeating: 0,
      count: EnvironmentMessage.resultByteCount + 8 * (inner.description.measures?.count ?? 0)
        + inner.observation.count)
    self.inner = inner
  }

  package var description: EnvironmentDescription { inner.description }

  package var observation: UnsafeRawBufferPointer { inner.observation }

  package mutating func reset(seed: UInt64?) throws(GymnasiumError) {
    isStart = true
    try inner.reset(seed: seed)
  }

  package mutating func step(_ action: UnsafeRawBufferPointer) throws(GymnasiumError) {
    isStart = false
    try inner.step(action)
  }

  package mutating func receive(_ measurements: inout [Double]) throws(GymnasiumError) -> StepResult {
    let result = try inner.receive(&measurements)
    guard let log else { return result }
    let observation = inner.observation
    payload.withUnsafeMutableBytes { payload in
      result.write(to: payload)
      payload.store(0 as UInt32, at: EnvironmentMessage.resultByteCount - 4)
      for index in measurements.indices {
        payload.store(
          measurements[index].bitPattern, at: EnvironmentMessage.resultByteCount + 8 * index)
      }
      UnsafeMutableRawBufferPointer(rebasing: payload[(payload.count - observation.count)...])
        .copyMemory(from: observation)
    }
    do throws(LogError) {
      try log.write(result: payload, flags: result.flags.subtracting(.shared).rawValue, isStart: isStart)
    } catch { throw .notRecorded(words: error.description) }
    return result
  }

  package mutating func discard() throws(GymnasiumError) { try inner.discard() }

  package mutating func stop() throws(GymnasiumError) { try inner.stop() }
}

/// A link to what an environment answered when it was recorded.
struct LoggedLink: EnvironmentLink, ~Copyable {
  let description: EnvironmentDescription
  private let player: LogPlayer
  /// Is called with the last answer.
  private let end: () -> Void
  private let measureCount: Int
  private let payload: UnsafeMutableRawBufferPointer

  /// Plays the answers of a log.
  init(_ player: LogPlayer, end: @escaping () -> Void) throws {
    guard let text = player.metadata[ReplaySettings.environmentKey] else {
      throw LogError.missing(
        file: player.name, what: "environment", advice: "Only a log of a run in one can be replayed as such.")
    }
    let described = try JSONDecoder().decode(EnvironmentDescription.self, from: Data(text.utf8))
    let observationBytes = try SpaceLayout(described.observationSpace).byteCount
    description = described
    self.player = player
    self.end = end
    measureCount = described.measures?.count ?? 0
    payload = .allocate(
      byteCount: EnvironmentMessage.resultByteCount + 8 * measureCount + observationBytes, alignment: 16)
  }

  deinit { payload.deallocate() }

  var observation: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: payload[(EnvironmentMessage.resultByteCount + 8 * measureCount)...])
  }

  mutating func reset(seed: UInt64?) {}

  mutating func step(_ action: UnsafeRawBufferPointer) {}

  mutating func receive(_ measurements: inout [Double]) throws(GymnasiumError) -> StepResult {
    let next: LoggedResult?
    do throws(LogError) {
      next = try player.nextResult()
      if try player.peekResult() == nil { end() }
    } catch { throw .notRecorded(words: error.description) }
    guard let result = next else { throw .notRecorded(words: "\(player.name): the log ends here") }
    guard result.payload.count == payload.count else {
      throw .notRecorded(
        words: "\(player.name): a result has \(result.payload.count) bytes, not \(payload.count)")
    }
    payload.copyBytes(from: result.payload)
    for index in measurements.indices {
      measurements[index] = Double(
        bitPattern: UnsafeRawBufferPointer(payload).integer(
          at: EnvironmentMessage.resultByteCount + 8 * index))
    }
    return StepResult(
      reading: UnsafeRawBufferPointer(payload), flags: EnvironmentMessage.ResultFlags(rawValue: result.flags))
  }

  mutating func discard() {}

  mutating func stop() {}
}
