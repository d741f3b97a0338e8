/// What one step came to: S, A, R, whether and how the episode ended, S′.
///
/// A loop has one of them for all its steps. A source, or an environment that is acted in, writes each step into it;
/// sinks borrow it; `advance` makes S′ the next step's S. So no frame is copied and nothing is allocated.
public struct Transition: ~Copyable, Sendable {
  /// S.
  public var state: Observation
  /// A, each number in −1…1.
  public var action: [Float]
  /// R and the end; how late the step was, and whether it was stale.
  public var outcome = Outcome(reward: 0)
  /// S′.
  public var next: Observation
  /// What the step measured, in the order of the specification's measures; without a meaning if it was stale.
  public var measurements: [Double]
  /// The step came late, and its owner wants nothing to be learned from late ones.
  public var isSkipped = false

  /// Makes one to write steps into.
  public init(for specification: EnvironmentSpecification) {
    state = Observation(for: specification)
    action = [Float](repeating: 0, count: specification.actionCount)
    next = Observation(for: specification)
    measurements = [Double](repeating: 0, count: specification.measures.count)
  }

  /// Whether there is something to learn from it.
  public var isLearnable: Bool { !outcome.isStale && !isSkipped }

  /// Makes S′ the S of the step to come; what was S is S′'s memory then.
  public mutating func advance() { swap(&state, &next) }
}

/// What takes transitions as they come: a learner that learns at once, a ring that keeps them, a sender, a log.
///
/// It is called in the control loop, so it neither waits nor throws: where a disk or a network lies behind it, it keeps
/// an error for its owner.
public protocol TransitionSink: ~Copyable {
  /// Takes the next transition, whose S is the S′ of the one before unless that was the episode's last.
  ///
  /// Stale and skipped ones come too, for the order's sake: nobody learns from them.
  ///
  /// - Parameter transition: the caller's again when this returns.
  /// - Returns: the update that was made at once; nil if there was none. A refused one has changed no weight.
  @discardableResult
  mutating func take(_ transition: borrowing Transition) -> Update?
}

/// What gives transitions that somebody else made: a log, another computer.
public protocol TransitionSource: ~Copyable {
  /// What can go wrong in reading.
  associatedtype Failure: Error

  /// What the environment is like that they come from.
  var specification: EnvironmentSpecification { get }

  /// Gives the next transition.
  ///
  /// - Parameter transition: has the right S already, the S′ of the one before, unless an episode begins: its S is
  ///   written too.
  /// - Returns: false at the end; what is in `transition` then has no meaning.
  mutating func next(into transition: inout Transition) throws(Failure) -> Bool
}
