public import AVGCore
public import AVGCreate2
public import AVGImaging

/// The task of two wheels that a configuration names.
///
/// A structure of both and not an enumeration: taking a task out of a case to change it would copy its mask.
public struct ConfiguredTask: ControlTask, Sendable {
  /// Which of the two it is.
  public let kind: TaskConfiguration.Kind
  private var reacher: CreateReacher
  private var mover: CreateMover

  /// Makes the task for frames of one shape.
  ///
  /// - Parameter colors: what the target's colours become, in the order of the steps after which the next episode has
  ///   them.
  /// - Throws: `InvalidSetting`, naming the key of `configuration` that is out of range; `task.kind` for a task of another body
  ///   than two wheels.
  public init(
    _ configuration: TaskConfiguration, colors: [(step: Int, ColorCriteria)] = [],
    frameShape: FrameShape = .standard
  ) throws(InvalidSetting) {
    kind = configuration.kind
    guard kind == .createReacher || kind == .createMover else {
      throw InvalidSetting(
        key: "task.kind", value: kind.rawValue,
        allowed: "a task of two wheels here: create-reacher or create-mover")
    }
    reacher = try CreateReacher(configuration, colors: colors, frameShape: frameShape)
    mover = try CreateMover(configuration)
  }

  /// That of both.
  public var signalCount: Int { CreateProprioception.count }

  /// Those of the task.
  public var measures: [Measure] { kind == .createReacher ? reacher.measures : mover.measures }

  /// Those of the task.
  public var measurements: [Double] { kind == .createReacher ? reacher.measurements : mover.measurements }

  /// That of the task.
  public var score: EpisodeScore { kind == .createReacher ? reacher.score : mover.score }

  /// As configured.
  public var controlPeriod: Duration { mover.controlPeriod }

  /// As configured.
  public var timeLimitSteps: Int { mover.timeLimitSteps }

  /// The speeds of two wheels.
  public var actionCount: Int { 2 }

  /// The greatest wheel speed, as configured.
  public var actionScale: ActionScale? { mover.actionScale }

  /// The left and the right wheel's share of the greatest speed.
  public func command(for action: [Float]) -> WheelSpeeds { mover.command(for: action) }

  /// That of the target in the image; a task without one has none.
  public var curriculumPosition: Double {
    get { reacher.curriculumPosition }
    set { reacher.curriculumPosition = newValue }
  }

  /// That of the task.
  public var rewardOfLostCycle: Float {
    kind == .createReacher ? reacher.rewardOfLostCycle : mover.rewardOfLostCycle
  }

  /// That of the target's colours.
  public mutating func beginEpisode(atStep step: Int) { reacher.beginEpisode(atStep: step) }

  /// Judges a step as the task does.
  public mutating func judge(_ observation: borrowing Observation, _ senses: borrowing Create2Senses)
    -> Judgement
  {
    kind == .createReacher ? reacher.judge(observation, senses) : mover.judge(observation, senses)
  }

  /// Whether an episode that starts here would be over (nearly) at once.
  public mutating func isAtGoal(_ observation: borrowing Observation, _ senses: borrowing Create2Senses)
    -> Bool
  {
    kind == .createReacher ? reacher.isAtGoal(observation, senses) : mover.isAtGoal(observation, senses)
  }

  /// Writes six light-bump signals, from the left to the right, and the previous action [8].
  public func writeProprioception(
    _ senses: borrowing Create2Senses, previousAction: [Float], into proprioception: inout [Float]
  ) {
    CreateProprioception.write(senses, previousAction: previousAction, into: &proprioception)
  }
}
