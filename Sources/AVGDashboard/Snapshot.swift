import AVGCore
public import AVGImaging
import AVGTraining

/// What a dashboard has to know of a run before it begins.
public struct DashboardSettings: Codable, Sendable {
  /// The run's name.
  public var title: String
  /// The colours of the target.
  public var target: ColorCriteria
  /// The wheel speed that an action of 1 stands for.
  public var maximumWheelSpeedMillimetersPerSecond: Double
  /// The length of a control cycle, for the latencies' scale.
  public var cycleMilliseconds: Double
  /// The steps that the run is to have; 0 where it goes on until it is stopped.
  public var totalSteps: Int

  /// Describes a run.
  public init(
    title: String, target: ColorCriteria, maximumWheelSpeedMillimetersPerSecond: Double,
    cycleMilliseconds: Double, totalSteps: Int
  ) {
    self.title = title
    self.target = target
    self.maximumWheelSpeedMillimetersPerSecond = maximumWheelSpeedMillimetersPerSecond
    self.cycleMilliseconds = cycleMilliseconds
    self.totalSteps = totalSteps
  }
}

/// What the server's process is told first.
struct ServerSettings: Codable, Sendable {
  var run: DashboardSettings
  var address: DashboardAddress
  var token: String?
}

/// One look at a run.
struct Snapshot: Sendable {
  var sequence: UInt64 = 0
  var steps: Int64 = 0
  var episodes: Int64 = 0
  var missedCycles: Int64 = 0
  var staleSteps: Int64 = 0
  var refusedUpdates: Int64 = 0
  var nonFiniteActions: Int64 = 0
  var pace = Pace()
  var successRate: Float = .nan
  var meanLength: Float = .nan
  var reward: Float = 0
  var episodeReturn: Float = 0
  var episodeLength: Int64 = 0
  var learning = LearningMeans()
  var actions: [Float] = []
  /// In pixels of the newest frame.
  var points: [Float] = []
  /// Counts of capture age, decode, act and learn.
  var latencies: [[UInt32]] = []
  var height: Int32 = 0
  var width: Int32 = 0
  /// The stacked frames, oldest first.
  var pixels: [UInt8] = []

  /// Means over the updates since the last snapshot; not numbers where there was none.
  struct LearningMeans: BitwiseCopyable, Sendable {
    var error = Float.nan
    var absoluteError = Float.nan
    var scale = Float.nan
    var entropy = Float.nan
    var value = Float.nan
  }

  /// What the steps since the last snapshot took.
  struct Pace: BitwiseCopyable, Sendable {
    var stepsPerSecond: Float = 0
    /// Of the thread that acts and learns, for each step.
    var processorMilliseconds: Float = 0
  }

  static let stageCount = 4

  /// Takes a message without its kind apart; nil if it is none.
  init?(_ bytes: ArraySlice<UInt8>) {
    var reader = MessageReader(bytes)
    sequence = reader.number(sequence)
    for path in Self.counts { self[keyPath: path] = reader.number(0) }
    pace = reader.number(pace)
    for path in Self.numbers { self[keyPath: path] = reader.number(0) }
    learning = reader.number(learning)
    let actionCount = Int(reader.number(UInt32(0)))
    let pointCount = Int(reader.number(UInt32(0)))
    height = reader.number(0)
    width = reader.number(0)
    guard actionCount <= 64, pointCount <= 4096, height >= 0, width >= 0 else { return nil }
    actions = reader.numbers(Float(0), count: actionCount)
    points = reader.numbers(Float(0), count: pointCount)
    latencies = (0..<Self.stageCount).map { _ in
      reader.numbers(UInt32(0), count: LatencyHistogram.coarseCount)
    }
    pixels = reader.remaining()
    guard !reader.isDamaged else { return nil }
  }

  private static var counts: [WritableKeyPath<Snapshot, Int64>] {
    [
      \.steps, \.episodes, \.missedCycles, \.staleSteps, \.refusedUpdates, \.nonFiniteActions,
      \.episodeLength,
    ]
  }

  private static var numbers: [WritableKeyPath<Snapshot, Float>] {
    [\.successRate, \.meanLength, \.reward, \.episodeReturn]
  }
}

extension Snapshot.Pace {
  /// The pace between two looks at the loop.
  init(
    from last: (instant: MonotonicInstant, processorTime: Duration, step: Int),
    to now: (instant: MonotonicInstant, processorTime: Duration, step: Int)
  ) {
    let steps = Double(now.step - last.step)
    stepsPerSecond = Float(steps / max(last.instant.duration(to: now.instant).seconds, 1e-9))
    processorMilliseconds = Float((now.processorTime - last.processorTime).milliseconds / max(steps, 1))
  }
}
