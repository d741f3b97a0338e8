/// Whether somebody wants a robot to stand still, or the run to end.
public struct RunHolds {
  /// The run is to end.
  public var isEnding: () -> Bool
  /// The robot is to stand, until this is over.
  public var isPaused: () -> Bool

  /// Makes holds of two questions, which are asked in every cycle.
  public init(isEnding: @escaping () -> Bool = { false }, isPaused: @escaping () -> Bool = { false }) {
    self.isEnding = isEnding
    self.isPaused = isPaused
  }
}
