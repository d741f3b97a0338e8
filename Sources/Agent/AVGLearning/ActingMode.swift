/// What `act` chooses and whether it learns.
public enum ActingMode: Hashable, Sendable {
  /// Samples the policy; the running statistics learn from each observation.
  case learning
  /// Samples the policy with noise of its own seed; nothing that is learned changes.
  case sampling(seed: UInt64)
  /// Takes tanh μ, the sample without noise; nothing changes.
  case greedy
}
