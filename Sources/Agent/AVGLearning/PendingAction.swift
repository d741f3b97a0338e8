/// What a learner is still to learn from, between two of its calls.
///
///     act          → .action                       learn → .none
///     anticipate   → .answered, whatever was       learn → .action, A′ being the A of the next step
enum PendingAction: Hashable, Sendable {
  /// Nothing: no action has been chosen, it has been learned from, or a number on the way to it was not finite.
  case none
  /// A has been chosen for S; S′ has not come yet.
  case action
  /// A′ has answered S′ before the update: whether A can be learned from, and whether every number of S′ and A′ is
  /// finite.
  case answered(canLearn: Bool, isFinite: Bool)

  /// Whether A can be learned from.
  var canLearn: Bool {
    switch self {
    case .none: false
    case .action: true
    case .answered(let canLearn, _): canLearn
    }
  }
}
