/// Divides rewards by the running deviation of a decaying sum of them (Engstrom et al. 2020; Elsayed et al. 2024,
/// algorithm 5, as the published code has it).
///
/// The sum is cut *before* the last reward of an episode is added, so that this one reaches into the next episode.
struct RewardScaler: Sendable {
  /// u, the decaying sum.
  private var sum = 0.0
  private var count = 0.0
  private var mean = 0.0
  /// Σ(u − mean)².
  private var squares = 0.0

  /// Takes a reward into the statistics.
  ///
  /// - Parameter ends: whether the reward is the last of its episode.
  /// - Returns: the reward, divided.
  mutating func scale(_ reward: Double, discount: Double, ends: Bool) -> Double {
    sum = (ends ? 0 : discount * sum) + reward
    count += 1
    let difference = sum - mean
    mean += difference / count
    squares += difference * (sum - mean)
    return reward / deviation
  }

  /// The running standard deviation of the sum; 1 before there are two.
  var deviation: Double {
    let variance = count < 2 ? 1 : squares / (count - 1)
    return (variance + 1e-8).squareRoot()
  }

  /// Whether numbers can have led to these.
  var isPossible: Bool { count >= 0 && squares >= 0 }

  /// The whole state, for a file.
  var numbers: [Double] {
    get { [sum, count, mean, squares] }
    set { (sum, count, mean, squares) = (newValue[0], newValue[1], newValue[2], newValue[3]) }
  }
}
