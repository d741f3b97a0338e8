/// The transitions that PPO learns from in an update, in the order of time, and what is known of each before it.
struct Rollout: Sendable {
  /// Their numbers in the replay ring.
  var transitions: [Int]
  /// The places of transitions, in the order in which they are learned from.
  var order: [Int]
  /// R, scaled.
  var rewards: [Float]
  /// γ, or 0 at a termination.
  var discounts: [Float]
  /// Whether the next transition begins where this one ended.
  var continues: [Bool]
  /// V(S) and V(S′).
  var values: [Float]
  var followingValues: [Float]
  /// log π(A|S).
  var logProbabilities: [Float]
  /// Â, and Â + V(S).
  private(set) var advantages: [Float]
  private(set) var returns: [Float]

  init(steps: Int) {
    transitions = [Int](repeating: 0, count: steps)
    order = transitions
    rewards = [Float](repeating: 0, count: steps)
    discounts = rewards
    continues = [Bool](repeating: false, count: steps)
    values = rewards
    followingValues = rewards
    logProbabilities = rewards
    advantages = rewards
    returns = rewards
  }

  var count: Int { transitions.count }

  /// Goes through the transitions in the order of time.
  mutating func orderByTime() {
    for place in order.indices { order[place] = place }
  }

  /// Computes the advantages: Âₜ = δₜ + γλÂₜ₊₁ with δ = R + γV(S′) − V(S), which at the end of an episode, and where a step
  /// was left out, is δₜ alone (Schulman et al. 2016, arXiv 1506.02438). After a time-out V(S′) counts, which CleanRL leaves
  /// out.
  ///
  /// - Parameter traceDecay: λ.
  mutating func estimateAdvantages(traceDecay: Float) {
    var advantage: Float = 0
    for step in advantages.indices.reversed() {
      let delta = rewards[step] + discounts[step] * followingValues[step] - values[step]
      advantage = delta + (continues[step] ? discounts[step] * traceDecay * advantage : 0)
      advantages[step] = advantage
      returns[step] = advantage + values[step]
    }
  }

  /// The mean of the advantages of a batch that begins at `first` of the order, and their standard deviation.
  func spread(from first: Int, count: Int) -> (mean: Float, deviation: Float) {
    var sum: Float = 0
    for place in first..<first + count { sum += advantages[order[place]] }
    let mean = sum / Float(count)
    var squares: Float = 0
    for place in first..<first + count {
      let difference = advantages[order[place]] - mean
      squares += difference * difference
    }
    return (mean, (squares / Float(max(1, count - 1))).squareRoot())
  }
}
