public import AVGCore
public import AVGCreate2

/// Move forward as far as possible: the reward is the distance, and a bump ends the episode.
///
/// Source: Mahmood et al., *Benchmarking Reinforcement Learning Algorithms on Real-World Robots*, CoRL 2018 (SenseAct),
/// `create2_mover_env.py`. There the distance packets of a cycle, in millimetres and backward negative, are summed
/// and multiplied by 0.15; here the distance is that of the wheel encoders, which packet 19 is made from.
public struct CreateMover: ControlTask, Sendable {
  /// The settings.
  public let configuration: TaskConfiguration

  /// Makes the task.
  ///
  /// - Throws: `InvalidSetting`, naming the key of `configuration` that is out of range.
  public init(
    _ configuration: TaskConfiguration = TaskConfiguration(.createMover)
  ) throws(InvalidSetting) {
    try configuration.validate()
    self.configuration = configuration
  }

  /// The distance moved forward.
  public static let distance = Measure("distance", unit: .millimeters)

  /// The distance of the step last judged.
  public private(set) var measurements = [0.0]

  /// The distance.
  public var measures: [Measure] { [Self.distance] }

  /// The distance.
  public var score: EpisodeScore { .total(of: Self.distance) }

  /// Six light-bump signals and the previous action.
  public var signalCount: Int { CreateProprioception.count }

  /// As configured: 600 steps of 150 ms are 90 s.
  public var timeLimitSteps: Int { configuration.timeLimitSteps }

  /// As configured.
  public var controlPeriod: Duration { configuration.controlPeriod }

  /// The speeds of two wheels.
  public var actionCount: Int { 2 }

  /// The greatest wheel speed, as configured.
  public var actionScale: ActionScale? { configuration.actionScale }

  /// The left and the right wheel's share of the greatest speed.
  public func command(for action: [Float]) -> WheelSpeeds { configuration.wheelSpeeds(for: action) }

  /// Without a curriculum.
  public var curriculumPosition: Double {
    get { 0 }
    set {}
  }

  /// Rewards the distance moved forward; a bump, a wheel drop, a cliff or the dock is the end, and no goal.
  public mutating func judge(_ observation: borrowing Observation, _ senses: borrowing Create2Senses)
    -> Judgement
  {
    measurements[0] = senses.distanceMillimeters
    return Judgement(
      reward: Float(configuration.rewardPerMillimeter * senses.distanceMillimeters),
      terminated: isStopped(senses))
  }

  /// Whether the episode would be over at once: the robot touches something already.
  public mutating func isAtGoal(_ observation: borrowing Observation, _ senses: borrowing Create2Senses)
    -> Bool
  {
    isStopped(senses)
  }

  /// Writes six light-bump signals, from the left to the right, and the previous action [8].
  public func writeProprioception(
    _ senses: borrowing Create2Senses, previousAction: [Float], into proprioception: inout [Float]
  ) {
    CreateProprioception.write(senses, previousAction: previousAction, into: &proprioception)
  }

  private func isStopped(_ senses: borrowing Create2Senses) -> Bool {
    senses.leftBump || senses.rightBump || senses.wheelDrop || senses.cliff || senses.isDocked
  }
}
