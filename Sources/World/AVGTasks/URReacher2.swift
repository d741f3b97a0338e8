public import AVGArm
public import AVGCore

/// UR-Reacher-2: bring the tool of an arm to a target, with two joints, and hold it there.
///
/// The reward of a step is 5 (−d + exp(−d²/0.01)), d the tool's distance from the target in metres, in the plane of y and z.
/// Source: Mahmood et al., *Benchmarking Reinforcement Learning Algorithms on Real-World Robots*, CoRL 2018; SenseAct,
/// `ur/reacher_env.py` with the reward "precision". There a step counts 40/8 = 5 times.
///
/// With a camera d is the distance in the image of the mark on the tool from the target, and nothing else tells where that is.
public struct URReacher2: ControlTask, Sendable {
  private let settings: ArmSettings
  private let kinematics = ArmKinematics.ur5
  private var sight: MarkSight?
  private var lastDistance = 0.0

  /// As configured: 100 steps of 40 ms are 4 s.
  public let timeLimitSteps: Int
  /// As configured.
  public let controlPeriod: Duration
  /// None.
  public var curriculumPosition = 0.0

  /// The distance of the tool from its target.
  static let distance = Measure("distance", unit: .millimeters)
  /// Two angles, two speeds, the previous action and, unless it is seen, the way to the target in y and z.
  static func signalCount(sees: Bool) -> Int { sees ? 6 : 8 }
  /// A step's share of a second, in the controller's ticks.
  private static let rewardScale = 5.0

  /// Makes the task: with a camera for `visual-ur-reacher-2`.
  ///
  /// - Parameter frameShape: rows and columns of the camera's image.
  /// - Throws: `InvalidSetting`, naming the key of `configuration` that is out of range.
  public init(
    _ configuration: TaskConfiguration, _ settings: ArmSettings, frameShape: FrameShape = .standard
  ) throws(InvalidSetting) {
    try configuration.validate()
    try settings.validate()
    self.settings = settings
    if configuration.kind == .visualURReacher2 {
      sight = MarkSight(
        mark: configuration.markColor, target: configuration.targetColor,
        width: configuration.viewWidthMeters,
        frameShape)
    }
    timeLimitSteps = configuration.timeLimitSteps
    controlPeriod = configuration.controlPeriod
  }

  /// The speeds of two joints.
  public var actionCount: Int { ReachingArm.joints.count }
  /// Eight; six where the target is seen.
  public var signalCount: Int { Self.signalCount(sees: sight != nil) }
  /// The distance from the target.
  public var measures: [Measure] { [Self.distance] }
  /// The last distance.
  public private(set) var measurements = [0.0]
  /// The sum of the rewards.
  public var score: EpisodeScore { .return }
  /// The greatest joint speed, as configured.
  public var actionScale: ActionScale? { settings.actionScale }

  /// The shares of the greatest speed of shoulder and elbow.
  public func command(for action: [Float]) -> JointSpeeds {
    var speeds = JointSpeeds.stopped
    for (index, joint) in ReachingArm.joints.enumerated() {
      speeds.radiansPerSecond[joint] = Double(action[index]) * settings.maximumJointSpeedRadiansPerSecond
    }
    return speeds
  }

  /// Nothing has been seen in this episode.
  public mutating func beginEpisode(atStep step: Int) { lastDistance = sight?.width ?? 0 }

  /// Rewards nearness; an episode ends by its time limit alone.
  ///
  /// Where mark or target is not in the image, both are as far apart as when they were last seen, or as the image is wide.
  public mutating func judge(_ observation: borrowing Observation, _ senses: borrowing ArmSenses) -> Judgement
  {
    let square: Double
    if sight != nil {
      if let distance = sight?.distance(in: observation.newestFrame) { lastDistance = distance }
      square = lastDistance * lastDistance
    } else {
      let way = wayToTarget(senses)
      square = way.y * way.y + way.z * way.z
      lastDistance = square.squareRoot()
    }
    measurements[0] = lastDistance * 1000
    return Judgement(reward: Float(Self.rewardScale * (-lastDistance + Elementary.exp(-square / 0.01))))
  }

  /// Never: to hold the tool there is the task.
  public mutating func isAtGoal(_ observation: borrowing Observation, _ senses: borrowing ArmSenses) -> Bool {
    false
  }

  /// Writes both angles in radians, both speeds as shares of the greatest, the tool less the target in y and z in metres, and
  /// the previous action [8]; without what lies between where the target is seen [6].
  public func writeProprioception(
    _ senses: borrowing ArmSenses, previousAction: [Float], into proprioception: inout [Float]
  ) {
    for (index, joint) in ReachingArm.joints.enumerated() {
      proprioception[index] = senses.angles[joint]
      proprioception[2 + index] = senses.speeds[joint] / Float(settings.maximumJointSpeedRadiansPerSecond)
      proprioception[signalCount - 2 + index] = previousAction[index]
    }
    guard sight == nil else { return }
    let way = wayToTarget(senses)
    proprioception[4] = Float(way.y)
    proprioception[5] = Float(way.z)
  }

  /// The tool's place less the target's.
  private func wayToTarget(_ senses: borrowing ArmSenses) -> SIMD3<Double> {
    var way = kinematics.tool(at: senses.angleVector)
    for axis in 0..<3 { way[axis] -= Double(senses.target[axis]) }
    return way
  }
}
