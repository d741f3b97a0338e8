import AVGCore
import AVGSystem
import Foundation
import Testing

@testable import AVGRemote

@Suite("what a robot keeps for its learner")
struct StepQueueTests {
  private func append(_ count: Int, to queue: StepQueue, startsEvery period: Int = 5) {
    for _ in 0..<count {
      let sequence = queue.nextSequence
      withUnsafeBytes(of: sequence.littleEndian) {
        queue.append($0, starts: (sequence - 1).isMultiple(of: UInt64(period)))
      }
    }
  }

  private func taken(_ queue: StepQueue) -> [UInt64] {
    var message: [UInt8] = []
    var all: [UInt64] = []
    while queue.take(into: &message) {
      all.append(message.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) })
    }
    return all
  }

  @Test("steps come out in order, and again for a learner that comes back")
  func order() {
    let queue = StepQueue(slotLength: 8, byteCount: 8 * 32, monitor: Monitor())
    append(10, to: queue)
    #expect(taken(queue) == Array(1...10))
    queue.rewind(to: 4)
    append(2, to: queue)
    #expect(taken(queue) == Array(4...12))
    #expect(queue.dropped == 0 && !queue.isLearned)
    queue.note(learned: 12)
    #expect(queue.isLearned)
  }

  @Test("the oldest that were not sent are dropped, to the next episode, and counted")
  func drops() {
    let queue = StepQueue(slotLength: 8, byteCount: 8 * 32, monitor: Monitor())
    append(40, to: queue)
    // 9 is the oldest that is left, and 11 begins an episode.
    #expect(taken(queue) == Array(11...40))
    #expect(queue.dropped == 10)
    append(3, to: queue)
    #expect(taken(queue) == [41, 42, 43])
  }

  @Test("what was learned from and is needed no more is not counted as dropped")
  func forgets() {
    let queue = StepQueue(slotLength: 8, byteCount: 8 * 32, monitor: Monitor())
    for _ in 0..<10 {
      append(20, to: queue)
      #expect(taken(queue).count == 20)
    }
    #expect(queue.dropped == 0)
  }

  @Test("a step that is too long for its place is dropped alone")
  func tooLong() {
    let queue = StepQueue(slotLength: 8, byteCount: 8 * 32, monitor: Monitor())
    append(1, to: queue)
    [UInt8](repeating: 0, count: 9).withUnsafeBytes { queue.append($0, starts: false) }
    append(1, to: queue)
    #expect(taken(queue) == [1, 3] && queue.dropped == 1)
  }

  @Test("a checkpoint's count of steps tells which step of which session is the next")
  func segments() throws {
    var segments = RunSegments()
    #expect(segments.last(of: "a", taken: 0) == 0)
    // Two were dropped after the third, and then the robot's program was started anew.
    let steps: [(number: UInt64, session: String, taken: Int)] = [
      (1, "a", 0), (2, "a", 1), (3, "a", 2), (6, "a", 3), (1, "b", 5),
    ]
    let begins = steps.map { segments.note($0.number, of: $0.session, taken: $0.taken) }
    #expect(begins == [true, false, false, true, true])
    #expect(segments.last(of: "b", taken: 9) == 4 && segments.last(of: "a", taken: 9) == 0)
    let folder = FileManager.default.temporaryDirectory.path + "/segments-\(UUID().uuidString).json"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try segments.write(to: folder)
    // A checkpoint of before the second session.
    let earlier = try RunSegments(reading: folder, taken: 4)
    #expect(earlier.last(of: "a", taken: 4) == 6 && earlier.run == segments.run)
    try Data("{}".utf8).write(to: URL(filePath: folder))
    #expect(throws: RemoteError.damaged(path: folder)) { try RunSegments(reading: folder, taken: 0) }
  }
}
