public import AVGCore
import AVGRunFolder
public import AVGTraining

/// How long a training goes on, and what it keeps.
public struct TrainingSettings: Codable, Hashable, Sendable {
  /// Control steps.
  public var steps = 60_000
  /// What every random number is drawn from.
  public var seed: UInt64 = 1
  /// Steps between two checkpoints; 0 keeps the one at the end only.
  public var checkpointIntervalSteps = 10_000
  /// The least number of steps between two sets of pictures and histograms in the event file; 0 makes none.
  public var pictureIntervalSteps = 2_000
  /// Checkpoints kept, the newest included.
  public var checkpointsKept = 3
  /// What comes first when a new observation is there.
  public var order = StepOrder.learnThenAct
  /// What becomes of steps that come late.
  public var lateSteps = LateSteps.skip

  /// Makes the default settings.
  public init() {}

  /// Checks every key.
  public func validate() throws(InvalidSetting) {
    try InvalidSetting.check("steps", steps, in: 1...1_000_000_000)
    try InvalidSetting.check("checkpointIntervalSteps", checkpointIntervalSteps, in: 0...1_000_000_000)
    try InvalidSetting.check("pictureIntervalSteps", pictureIntervalSteps, in: 0...1_000_000_000)
    try InvalidSetting.check("checkpointsKept", checkpointsKept, in: 1...CheckpointHistory.maximumCapacity)
  }
}
