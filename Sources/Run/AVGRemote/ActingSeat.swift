import AVGCore
import AVGSystem

/// Acts for a robot that leaves its actions to the learner: follows what it sees, and answers its questions.
///
/// A robot that asks has sent the step that led to its observation: the frames of that are here and are not sent again.
final class ActingSeat: @unchecked Sendable {
  // Unchecked: `monitor` is held around everything.
  private let monitor = Monitor()
  private let act: @Sendable (borrowing Observation, inout ActionAnswer) -> Void
  private var reader = SightReader()
  private var state: Observation
  private var next: Observation
  private var answer: ActionAnswer
  /// The step whose S′ is `next`; nil where it is not known what the robot sees.
  private var step: UInt64?

  init(
    for specification: EnvironmentSpecification,
    act: @escaping @Sendable (borrowing Observation, inout ActionAnswer) -> Void
  ) {
    self.act = act
    state = Observation(for: specification)
    next = Observation(for: specification)
    answer = ActionAnswer(actionCount: specification.actionCount)
  }

  /// Follows a step, of a robot that has asked.
  func see(_ step: RemoteStep) {
    monitor.lock()
    defer { monitor.unlock() }
    guard self.step != nil else { return }
    if let sight = step.state {
      _ = reader.write(sight, into: &state)
    } else {
      swap(&state, &next)
    }
    _ = reader.write(next: step.next, after: state, into: &next)
    self.step = step.sequence
  }

  /// The action for an observation; nil where that is not known.
  func answer(_ question: ActionQuestion) -> ActionAnswer? {
    monitor.lock()
    defer { monitor.unlock() }
    if let sight = question.sight {
      guard reader.write(sight, into: &next) else { return nil }
      step = 0
    }
    guard step == question.step else { return nil }
    answer.number = question.number
    act(next, &answer)
    return answer
  }
}
