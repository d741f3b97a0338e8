/// A learner's state between two calls: which action it has still to learn from.
///
///     act          leads to .action, from any state             learn then leads to .none
///     anticipate   leads to .answered, from any state           learn then leads to .action: A′ is the next A
///
/// A number that is not finite leads to `.none` instead of `.action`.
enum PendingAction: Hashable, Sendable {
  /// There is nothing to learn from: no action was chosen since the last update, or a number was not finite.
  case none
  /// A was chosen for S; S′ is still to come.
  case action
  /// A′ was chosen for S′ before the update. `canLearn` says whether there is an A to learn from, `isFinite` whether
  /// every number of S′ and A′ is finite.
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
