public import AVGCore
import AVGRunFolder
import AVGSystem
public import AVGTraining

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// How long a training goes on, and what it keeps; `keys` describes each property.
public struct TrainingSettings: ConfigurationSection {
  public var steps = 60_000
  public var seed: UInt64 = 1
  public var checkpointIntervalSteps = 10_000
  public var pictureIntervalSteps = 2_000
  public var checkpointsKept = 3
  public var order = StepOrder.learnThenAct
  public var lateSteps = LateSteps.skip
  public var threads = 1

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("steps", \.steps, 1...1_000_000_000, "Control steps to do (`train` only; `run` has --steps)."),
    Key("seed", \.seed, "The seed of all random numbers."),
    Key(
      "checkpointIntervalSteps", \.checkpointIntervalSteps, 0...1_000_000_000,
      "Control steps between two checkpoints; 0 keeps the one at the end only."),
    Key(
      "pictureIntervalSteps", \.pictureIntervalSteps, 0...1_000_000_000,
      """
      Minimum number of control steps between two sets of pictures and histograms in TensorBoard's file; 0
      writes none.
      """),
    Key(
      "checkpointsKept", \.checkpointsKept, 1...CheckpointHistory.maximumCapacity,
      "Checkpoints kept, the newest included; a run can be resumed from each."),
    Key("order", \.order, "What happens first when a new observation arrives."),
    Key("lateSteps", \.lateSteps, "How to treat a step that a late cycle made longer."),
    Key(
      "threads", \.threads, 1...64,
      """
      Threads that share an update, with the loop's priority; they change no number. More than one pay for large encoders
      (ReLoD's) and for batches, as far as cores are free.
      """),
  ]

  /// Starts the threads; nil for the calling one alone.
  func makeWorkers() throws(ThreadError) -> WorkerPool? {
    try threads > 1 ? WorkerPool(threads: threads) : nil
  }
}
