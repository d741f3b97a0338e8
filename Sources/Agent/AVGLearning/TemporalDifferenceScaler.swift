/// The scale σ_δ of TD errors from running statistics of reward, discount and return (Vasan et al. 2024, §3.2;
/// Schaul et al. 2021).
///
/// σ_δ² = max(Var[r̃] + Var[γ]·E[G²], 10⁻⁴), where r̃ is the reward with its entropy bonus and G the undiscounted
/// return of an episode.
public struct TemporalDifferenceScaler: Codable, Hashable, Sendable {
  /// Welford's running mean and variance.
  public struct Statistics: Codable, Hashable, Sendable {
    /// The number of numbers.
    public var count = 0.0
    /// Their mean.
    public var mean = 0.0
    /// Σ (x − mean)².
    public var squares = 0.0

    /// Adds a number.
    mutating func push(_ x: Double) {
      count += 1
      let difference = x - mean
      mean += difference / count
      squares += difference * (x - mean)
    }

    /// The variance (divided by the count); 0 while empty.
    var variance: Double { count > 0 ? squares / count : 0 }
  }

  /// Statistics of r̃.
  public var rewards = Statistics()
  /// Statistics of γ, which counts as 0 on termination.
  public var discounts = Statistics()
  /// Statistics of G² at terminations.
  public var squaredReturns = Statistics()
  /// G, the sum (of IAC the discounted sum) of r̃ since the last termination; a time-out does not reset it.
  public var runningReturn = 0.0

  /// Makes a scaler that has seen nothing.
  public init() {}

  /// Adds one transition.
  ///
  /// - Parameter returnDecay: the factor of the previous G: 1, or γ for IAC, whose code discounts it.
  mutating func update(reward: Double, discount: Double, terminated: Bool, returnDecay: Double = 1) {
    runningReturn = returnDecay * runningReturn + reward
    if terminated {
      squaredReturns.push(runningReturn * runningReturn)
      runningReturn = 0
    }
    rewards.push(reward)
    discounts.push(terminated ? 0 : discount)
  }

  /// σ_δ; 1 while the variance is tiny and no return has been seen.
  public var scale: Double {
    let variance = max(rewards.variance + discounts.variance * squaredReturns.mean, 1e-4)
    return variance <= 0.01 && squaredReturns.count == 0 ? 1 : variance.squareRoot()
  }
}
