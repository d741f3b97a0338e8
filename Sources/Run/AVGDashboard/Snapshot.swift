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
  /// Whether episodes reach a goal or not.
  public var hasGoal: Bool
  /// The run's `metrics.jsonl`, which tells of what was before the page; nil where there is none.
  public var metricsPath: String?
  /// The pen in which the robot is seen from above; nil where nobody knows where it is.
  public var pen: PenOutline?

  /// Describes a run.
  public init(
    title: String, target: ColorCriteria, maximumWheelSpeedMillimetersPerSecond: Double,
    cycleMilliseconds: Double, totalSteps: Int, hasGoal: Bool = true, metricsPath: String? = nil,
    pen: PenOutline? = nil
  ) {
    self.title = title
    self.target = target
    self.maximumWheelSpeedMillimetersPerSecond = maximumWheelSpeedMillimetersPerSecond
    self.cycleMilliseconds = cycleMilliseconds
    self.totalSteps = totalSteps
    self.hasGoal = hasGoal
    self.metricsPath = metricsPath
    self.pen = pen
  }
}

/// The pen from above. The target is in the middle of the far wall.
public struct PenOutline: Codable, Sendable {
  /// From the near wall to the far one.
  public var lengthMeters: Double
  /// From the right wall to the left one.
  public var widthMeters: Double
  /// Of the target; 0 where there is none.
  public var targetWidthMeters: Double
  /// Of the round robot.
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

/// Where the robot is in the pen.
public struct RobotPlace: BitwiseCopyable, Sendable {
  /// Metres from the near wall.
  public var x: Float
  /// Metres from the right wall.
  public var y: Float
  /// Radians from the direction of the far wall, to the left positive.
  public var heading: Float

  /// Makes a place.
  public init(x: Float, y: Float, heading: Float) {
    self.x = x
    self.y = y
    self.heading = heading
  }

  /// Where nobody knows.
  static let unknown = RobotPlace(x: .nan, y: .nan, heading: .nan)
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
  var place = RobotPlace.unknown
  var actions: [Float] = []
  /// In pixels of the newest frame.
  var points: [Float] = []
  /// The robot's way in this episode, x₀ y₀ x₁ y₁ … in metres.
  var path: [Float] = []
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
  /// The most numbers of a path that are told.
  static let longestPath = 2048

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
