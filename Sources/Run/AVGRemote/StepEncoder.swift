package import AVGCore
import AVGSystem
import Glibc

/// Writes steps as messages, without asking for memory once it has written the first.
struct StepEncoder: ~Copyable {
  var step = ByteBuffer()
  var sight = ByteBuffer()
  var message = ByteBuffer()
  private let measurementCount: Int
  /// The S′ of the step before: where S is another, an episode begins.
  private(set) var last: Observation
  private(set) var hasLast = false

  init(for specification: EnvironmentSpecification) {
    last = Observation(for: specification)
    measurementCount = specification.measures.count
    let bytes = StepEncoder.greatestLength(specification)
    step = ByteBuffer(capacity: bytes)
    sight = ByteBuffer(capacity: bytes)
    message = ByteBuffer(capacity: bytes)
  }

  /// As long as a message may become that does not begin an episode with frames of no order.
  static func greatestLength(_ specification: EnvironmentSpecification) -> Int {
    let frame = specification.frames.map { $0.shape.byteCount } ?? 0
    return 2 * (frame + 4 * specification.signalCount + 64) + 4 * specification.actionCount
      + 8 * specification.measures.count + 128
  }

  /// Writes a step.
  ///
  /// - Parameter use: gets the message, which is the encoder's again afterwards.
  mutating func encode(
    _ transition: borrowing Transition, sequence: UInt64, images: SourceImages,
    _ use: (UnsafeRawBufferPointer, _ starts: Bool) -> Void
  ) {
    let starts = !hasLast || !Self.isSame(transition.state, last)
    step.clear()
    step.append(field: 1, sequence)
    if starts {
      write(transition.state, Self.isRepeated(transition.state) ? .repeated : .whole, images)
      step.append(field: 2, sight.bytes)
    }
    step.append(field: 3, transition.action)
    let outcome = transition.outcome
    step.append(field: 4, outcome.reward)
    step.append(field: 5, outcome.terminated)
    step.append(field: 6, outcome.truncated)
    step.append(field: 7, outcome.reachedGoal)
    step.append(field: 8, outcome.missedCycles)
    step.append(field: 9, outcome.isStale)
    write(transition.next, Self.stacking(of: transition), images)
    step.append(field: 10, sight.bytes)
    // What a stale step measured has no meaning.
    if !outcome.isStale, measurementCount > 0 {
      sight.clear()
      for index in 0..<measurementCount { sight.append(integer: transition.measurements[index].bitPattern) }
      step.append(field: 11, sight.bytes)
    }
    message.clear()
    message.append(field: FromRobot.Kind.step.rawValue, step.bytes)
    hasLast = !outcome.isLast
    if hasLast {
      last.copyFrames(from: transition.next)
      for index in last.proprioception.indices {
        last.proprioception[index] = transition.next.proprioception[index]
      }
    }
    message.bytes.withUnsafeBytes { use($0, starts) }
  }

  mutating func write(
    _ observation: borrowing Observation, _ stacking: FrameStacking, _ images: SourceImages
  ) {
    sight.clear()
    sight.append(field: 1, observation.proprioception)
    guard let newest = observation.frames.indices.last else {
      sight.append(field: 2, FrameStacking.unchanged.rawValue)
      return
    }
    sight.append(field: 2, stacking.rawValue)
    switch stacking {
    case .unchanged: break
    case .whole:
      var pixels: [UInt8] = []
      for index in observation.frames.indices { pixels += observation.frames[index].pixels }
      sight.append(field: 3, pixels)
    case .shifted, .repeated:
      if let jpeg = images.jpeg(of: observation.frames[newest].stamp) {
        sight.append(field: 4, jpeg)
      } else {
        sight.append(field: 3, observation.frames[newest].pixels)
      }
    }
    sight.append(field: 5, UInt64(bitPattern: observation.frames[newest].stamp.captured.nanoseconds))
    sight.append(field: 6, UInt64(observation.frames[newest].stamp.sequence))
  }
}

// How observations follow from each other.
extension StepEncoder {
  private static func stacking(of transition: borrowing Transition) -> FrameStacking {
    let count = transition.next.frames.count
    guard count > 0 else { return .unchanged }
    let newest = count - 1
    let isOld = transition.next.frames[newest].stamp == transition.state.frames[newest].stamp
    if isOld, follows(transition, count: count, by: 0) { return .unchanged }
    if follows(transition, count: newest, by: 1) { return .shifted }
    return isRepeated(transition.next) ? .repeated : .whole
  }

  /// Whether the first `count` frames of S′ are those of S, `shift` places later.
  private static func follows(_ transition: borrowing Transition, count: Int, by shift: Int) -> Bool {
    for index in 0..<count
    where !isSame(transition.next.frames[index].pixels, transition.state.frames[index + shift].pixels) {
      return false
    }
    return true
  }

  static func isRepeated(_ observation: borrowing Observation) -> Bool {
    for index in observation.frames.indices.dropFirst()
    where !isSame(observation.frames[index].pixels, observation.frames[0].pixels) {
      return false
    }
    return true
  }

  static func isSame(_ first: borrowing Observation, _ second: borrowing Observation) -> Bool {
    guard let newest = first.frames.indices.last else {
      return isSame(first.proprioception, second.proprioception)
    }
    return isSame(first.proprioception, second.proprioception)
      && isSame(first.frames[newest].pixels, second.frames[newest].pixels)
  }

  private static func isSame<Number>(_ first: [Number], _ second: [Number]) -> Bool {
    first.withUnsafeBytes { first in
      second.withUnsafeBytes { second in
        guard let start = first.baseAddress, let other = second.baseAddress else {
          return first.count == second.count
        }
        return first.count == second.count && memcmp(start, other, first.count) == 0
      }
    }
  }
}

/// The camera's own bytes of the last two images: S's and those of S′. The control thread's alone.
package final class SourceImages: @unchecked Sendable {
  // Unchecked: only the control thread uses it.
  private var images: [(stamp: FrameStamp, jpeg: [UInt8])] = []

  package init() {}

  /// Keeps the bytes that a frame was made from, if they are a JPEG image.
  package func note(_ frame: borrowing Frame, _ source: SourceImage) {
    guard case .compressed(let bytes, format: "jpeg") = source else { return }
    if images.count == 2 { images.removeFirst() }
    images.append((frame.stamp, bytes))
  }

  /// The bytes behind the frame of a stamp.
  func jpeg(of stamp: FrameStamp) -> [UInt8]? { images.last { $0.stamp == stamp }?.jpeg }
}
