/// Goals that grow with what has been learned: the share of the image that the target must fill to end an episode
/// begins small, and each episode that gets there asks for a little more of the next, up to the task's own goal.
///
/// For worlds so large that the untrained policy never meets the goal itself (a curriculum; Bengio et al., ICML 2009).
/// It never eases: where success fails, the goal stays.
struct TargetCurriculum: Hashable, Sendable {
  /// The share of the image that ends an episode now.
  var area: Double {
    didSet { area = min(goal, max(0, area)) }
  }
  private let goal: Double
  private let growth: Double

  /// Begins at `first`, or at the goal if `first` is 0.
  init(first: Double, goal: Double, growth: Double) {
    area = first > 0 ? min(first, goal) : goal
    self.goal = goal
    self.growth = growth
  }

  /// Asks for more: an episode got there.
  mutating func advance() {
    area *= 1 + growth
  }
}
