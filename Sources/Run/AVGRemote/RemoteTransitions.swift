package import AVGCore
package import AVGSystem

/// The transitions of a robot elsewhere, as they come.
///
/// A step is given once the next one is here, or the word that none follows: only then is it known whether its episode was
/// cut off behind it, as a log of the same run would tell.
package struct RemoteTransitions: TransitionSource, ~Copyable {
  package let specification: EnvironmentSpecification
  private let stream: RobotStream
  private let stop: StopFlag
  private let endsWithRobot: Bool
  private let segmentsPath: String
  private var segments: RunSegments
  private var taken: Int
  private var reader = SightReader()
  private var held: (step: RemoteStep, session: String)?
  /// The last transition that was given did not end its episode.
  private var isUnderWay: Bool
  private var given: (sequence: UInt64, session: String)?

  /// - Parameters:
  ///   - segmentsPath: where it is kept which steps were taken.
  ///   - taken: the steps that were taken before.
  ///   - isUnderWay: those ended within an episode.
  ///   - endsWithRobot: the end of the robot's run is the end.
  package init(
    _ stream: RobotStream, _ specification: EnvironmentSpecification, segments: RunSegments,
    segmentsPath: String,
    taken: Int, isUnderWay: Bool, endsWithRobot: Bool, stop: StopFlag
  ) {
    self.stream = stream
    self.specification = specification
    self.segments = segments
    self.segmentsPath = segmentsPath
    self.taken = taken
    self.isUnderWay = isUnderWay
    self.endsWithRobot = endsWithRobot
    self.stop = stop
  }

  package mutating func next(into transition: inout Transition) throws(RemoteError) -> Bool {
    // The caller has learned from what it got last.
    if let given { stream.note(learned: given.sequence, of: given.session, segments, taken: taken) }
    given = nil
    while held == nil {
      guard let arrival = stream.next(stop, endsWithRobot: endsWithRobot) else { return false }
      if case .step(let step, let session) = arrival { held = (step, session) }
    }
    guard let (step, session) = held else { return false }
    if step.state != nil, isUnderWay {
      giveCut(&transition)
      return true
    }
    if step.state == nil, !isUnderWay {
      // A run that goes on from between two episodes begins with one.
      held = nil
      return try next(into: &transition)
    }
    var isCut = false
    held = nil
    if !step.outcome.isLast {
      switch stream.next(stop, endsWithRobot: endsWithRobot) {
      case .step(let next, let nextSession)?:
        held = (next, nextSession)
        isCut = next.state != nil
      case .cut?: isCut = true
      case nil:
        // It comes again when the run goes on.
        guard !stop.isRaised else { return false }
        isCut = true
      }
    }
    if segments.note(step.sequence, of: session, taken: taken) { try segments.write(to: segmentsPath) }
    fill(&transition, from: step, isCut: isCut)
    taken += 1
    given = (step.sequence, session)
    isUnderWay = !transition.outcome.isLast
    return true
  }

  /// Ends the episode at hand, whose other steps nobody has: nothing is learned from this.
  private mutating func giveCut(_ transition: inout Transition) {
    for index in transition.action.indices { transition.action[index] = 0 }
    transition.next.copyFrames(from: transition.state)
    for index in transition.next.proprioception.indices {
      transition.next.proprioception[index] = transition.state.proprioception[index]
    }
    transition.outcome = Outcome(reward: 0, truncated: true, isStale: true)
    taken += 1
    isUnderWay = false
  }

  private mutating func fill(_ transition: inout Transition, from step: RemoteStep, isCut: Bool) {
    if let state = step.state {
      _ = reader.write(state, into: &transition.state)
    }
    for index in transition.action.indices { transition.action[index] = step.action[index] }
    transition.outcome = step.outcome
    // What cannot be seen here is nothing to learn from.
    if !reader.write(next: step.next, after: transition.state, into: &transition.next) {
      transition.outcome.isStale = true
    }
    for index in step.measurements.indices { transition.measurements[index] = step.measurements[index] }
    if isCut, !transition.outcome.terminated { transition.outcome.truncated = true }
  }
}
