public import AVGCore
public import AVGImaging
import AVGTraining

/// The properties of a run that a dashboard needs before it starts.
public struct DashboardSettings: Codable, Sendable {
  /// The run's name.
  public var title: String
  /// The colour criteria of the target.
  public var target: ColorCriteria
  /// What an action of 1 corresponds to; nil if that has no unit.
  public var actionScale: ActionScale?
  /// The length of a control cycle, for the scale of the latencies.
  public var cycleMilliseconds: Double
  /// The planned number of steps; 0 if the run continues until it is stopped.
  public var totalSteps: Int
  /// Whether the task has a goal that episodes can reach.
  public var hasGoal: Bool
  /// The path of the run's `metrics.jsonl` with earlier episodes; nil if there is none.
  public var metricsPath: String?
  /// The pen, to draw the robot from above; nil if its position is unknown.
  public var pen: PenOutline?

  /// Describes a run.
  public init(
    title: String, target: ColorCriteria, actionScale: ActionScale? = nil,
    cycleMilliseconds: Double, totalSteps: Int, hasGoal: Bool = true, metricsPath: String? = nil,
    pen: PenOutline? = nil
  ) {
    self.title = title
    self.target = target
    self.actionScale = actionScale
    self.cycleMilliseconds = cycleMilliseconds
    self.totalSteps = totalSteps
    self.hasGoal = hasGoal
    self.metricsPath = metricsPath
    self.pen = pen
  }
}

/// The dimensions of the pen, seen from above. The target is in the middle of the far wall.
public struct PenOutline: Codable, Sendable {
  /// The distance between the near and the far wall.
  public var lengthMeters: Double
  /// The distance between the right and the left wall.
  public var widthMeters: Double
  /// The width of the target; 0 if there is none.
  public var targetWidthMeters: Double
  /// The radius of the round robot.
  public var robotRadiusMeters: Double

  /// Describes a pen, in metres.
  public init(lengthMeters: Double, widthMeters: Double, targetWidthMeters: Double, robotRadiusMeters: Double)
  {
    self.lengthMeters = lengthMeters
    self.widthMeters = widthMeters
    self.targetWidthMeters = targetWidthMeters
    self.robotRadiusMeters = robotRadiusMeters
  }
}

/// The pose of the robot in the pen.
public struct RobotPlace: BitwiseCopyable, Sendable {
  /// The distance from the near wall in metres.
  public var x: Float
  /// The distance from the right wall in metres.
  public var y: Float
  /// The angle from the direction of the far wall in radians, positive to the left.
  public var heading: Float

  /// Makes a pose.
  public init(x: Float, y: Float, heading: Float) {
    self.x = x
    self.y = y
    self.heading = heading
  }

  /// An unknown pose.
  static let unknown = RobotPlace(x: .nan, y: .nan, heading: .nan)
}

/// The first message to the server process.
struct ServerSettings: Codable, Sendable {
  var run: DashboardSettings
  var address: DashboardAddress
  var token: String?
}

/// A snapshot of a run.
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
  var place = RobotPlace.unknown
  var actions: [Float] = []
  /// The agent's image points, x₀ y₀ x₁ y₁ … in pixels of the newest frame.
  var points: [Float] = []
  /// The robot's path in this episode, x₀ y₀ x₁ y₁ … in metres.
  var path: [Float] = []
  /// The histograms of capture age, decoding, acting and learning.
  var latencies: [[UInt32]] = []
  var height: Int32 = 0
  var width: Int32 = 0
  /// The stacked frames, oldest first.
  var pixels: [UInt8] = []

  /// Means over the updates since the last snapshot; NaN if there were none.
  struct LearningMeans: BitwiseCopyable, Sendable {
    var error = Float.nan
    var absoluteError = Float.nan
    var scale = Float.nan
    var entropy = Float.nan
    var value = Float.nan
  }

  /// The speed of the steps since the last snapshot.
  struct Pace: BitwiseCopyable, Sendable {
    var stepsPerSecond: Float = 0
    /// The processor time of a step on the thread that acts and learns.
    var processorMilliseconds: Float = 0
  }

  static let stageCount = 4
  /// The maximum number of coordinates of a path that are sent.
  static let longestPath = 2048

  /// Decodes a message without its kind; nil if it is malformed.
  init?(_ bytes: ArraySlice<UInt8>) {
    var reader = MessageReader(bytes)
    sequence = reader.number(sequence)
    for path in Self.counts { self[keyPath: path] = reader.number(0) }
    pace = reader.number(pace)
    for path in Self.numbers { self[keyPath: path] = reader.number(0) }
    learning = reader.number(learning)
    let actionCount = Int(reader.number(UInt32(0)))
    let pointCount = Int(reader.number(UInt32(0)))
    let pathCount = Int(reader.number(UInt32(0)))
    place = reader.number(place)
    height = reader.number(0)
    width = reader.number(0)
    guard actionCount <= 64, pointCount <= 4096, pathCount <= Self.longestPath, height >= 0, width >= 0 else {
      return nil
    }
    actions = reader.numbers(Float(0), count: actionCount)
    points = reader.numbers(Float(0), count: pointCount)
    path = reader.numbers(Float(0), count: pathCount)
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
  /// The pace between two samples of the loop.
  init(
    from last: (instant: MonotonicInstant, processorTime: Duration, step: Int),
    to now: (instant: MonotonicInstant, processorTime: Duration, step: Int)
  ) {
    let steps = Double(now.step - last.step)
    stepsPerSecond = Float(steps / max(last.instant.duration(to: now.instant).seconds, 1e-9))
    processorMilliseconds = Float((now.processorTime - last.processorTime).milliseconds / max(steps, 1))
  }
}
