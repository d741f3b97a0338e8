import AVGCore
import AVGExperiment
import AVGRemote
import AVGTasks

/// What a step costs the control loop of a robot that learns on another computer: raw frames of 160×90, each step with a
/// new one, written as a message and put into the queue. Another thread sends it.
final class SendingUnderTest {
  private let outbox: StepOutbox
  private var transition: Transition
  private var count: Int64 = 0

  init() {
    let specification = TaskConfiguration().specification
    outbox = StepOutbox(for: specification, megabytes: 1)
    transition = Transition(for: specification)
  }

  /// Puts a step in.
  func run() {
    count += 1
    for index in transition.next.frames.indices.dropLast() {
      transition.next.frames[index].copy(from: transition.state.frames[index + 1])
    }
    let newest = transition.next.frames.count - 1
    transition.next.frames[newest].pixels[0] = UInt8(truncatingIfNeeded: count)
    transition.next.frames[newest].stamp = FrameStamp(
      captured: MonotonicInstant(nanoseconds: count), sequence: UInt32(truncatingIfNeeded: count))
    transition.outcome = Outcome(reward: -1)
    outbox.put(transition)
    transition.advance()
  }
}
