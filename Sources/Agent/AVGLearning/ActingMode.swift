/// Who chooses the actions, how, and whether anything is learned.
public enum ActingMode: Hashable, Sendable {
  /// Samples the policy; the running statistics learn from each observation.
  case learning
  /// Somebody else acts, as in a log or on another computer: each transition's action is taken for its own.
  case following
  /// Explores as a learner does, with a policy that is learned on another computer: nothing changes but the noise.
  case exploring
  /// Samples the policy with noise of its own seed; nothing that is learned changes.
  case sampling(seed: UInt64)
  /// Takes tanh μ, the sample without noise; nothing changes.
  case greedy

  /// Whether anything is learned.
  var isLearning: Bool { self == .learning || self == .following }
}
