import AVGCore

/// The noise ε that actions are drawn with: an autoregressive process of order one in each number of the action
/// (Korenkevych, Mahmood, Vasan and Bergstra, *Autoregressive Policies for Continuous Control Deep Reinforcement
/// Learning*, IJCAI 2019).
///
/// εₜ = αεₜ₋₁ + √(1 − α²)·ξₜ with ξₜ ~ N(0, 1). Whatever α, each ε by itself is drawn from N(0, 1): the distribution
/// of a single action, and its log π, are those of the policy. Only successive actions are correlated. With α = 0 the
/// noise is white, as published.
struct ExplorationNoise: Sendable {
  /// A magnitude that ε never reaches: 64 random bits cannot give a normal number that large.
  static let greatest: Float = 40

  /// ε, one number for each of the action's.
  private(set) var values: [Float]
  private let correlation: Float
  private let innovation: Float

  /// Makes a process in its stationary distribution, with a first ε drawn from `random`.
  ///
  /// - Parameter correlation: α, 0 ..< 1.
  init(count: Int, correlation: Double, random: inout RandomSource) {
    self.correlation = Float(correlation)
    innovation = Float((1 - correlation * correlation).squareRoot())
    values = (0..<count).map { _ in Float(random.normal()) }
  }

  /// Advances by one step.
  mutating func advance(_ random: inout RandomSource) {
    for index in values.indices {
      values[index] = correlation * values[index] + innovation * Float(random.normal())
    }
  }

  /// Continues from `past`, the `values` of an earlier process.
  mutating func restore(_ past: [Float]) {
    precondition(past.count == values.count, "\(values.count) numbers of noise needed, not \(past.count)")
    values = past
  }
}
