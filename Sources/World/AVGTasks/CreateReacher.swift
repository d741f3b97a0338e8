public import AVGCore
public import AVGCreate2
public import AVGImaging

/// Drive to the green target as fast as possible: −1 a step until it fills enough of the image.
///
/// Source: Wang, Vasan and Mahmood, *Real-Time Reinforcement Learning for Vision-Based Robotics Utilizing Local
/// and Remote Computers*, ICRA 2023 (ReLoD), `create2_visual_reacher.py`.
public struct CreateReacher: ControlTask, Sendable {
  /// The settings.
  public let configuration: TaskConfiguration
  /// The share of the last frame judged that the target fills, 0…1.
  public private(set) var targetArea = 0.0
  /// The target in the last frame judged, holes filled.
  public private(set) var targetMask: PixelMask

  private let colorMasks: [(step: Int, mask: ColorMask)]
  private var colorMask: ColorMask
  private var curriculum: TargetCurriculum

  /// A start with more than this share of the goal's area in view is no task.
  private static let startMargin = 0.9

  /// Makes the task for frames of one shape.
  ///
  /// - Parameter colors: what the target's colours become, in the order of the steps after which the next episode has
  ///   them.
  /// - Throws: `InvalidSetting`, naming the key of `configuration` that is out of range.
  public init(
    _ configuration: TaskConfiguration = TaskConfiguration(), colors: [(step: Int, ColorCriteria)] = [],
    frameShape: FrameShape = .standard
  ) throws(InvalidSetting) {
    try configuration.validate()
    self.configuration = configuration
    colorMasks = [(0, ColorMask(configuration.targetColor))] + colors.map { ($0.step, ColorMask($0.1)) }
    colorMask = colorMasks[0].mask
    targetMask = PixelMask(shape: frameShape)
    curriculum = TargetCurriculum(
      first: configuration.firstTargetArea, goal: configuration.minimumTargetArea,
      growth: configuration.targetAreaGrowth)
  }

  /// The share of the image that ends an episode now, 0…1: the goal's own, unless a curriculum is on its way there.
  public var curriculumPosition: Double {
    get { curriculum.area }
    set { curriculum.area = newValue }
  }

  /// Six light-bump signals and the previous action.
  public var signalCount: Int { CreateProprioception.count }

  /// As configured: 333 steps of 45 ms are 15 s.
  public var timeLimitSteps: Int { configuration.timeLimitSteps }

  /// As configured.
  public var controlPeriod: Duration { configuration.controlPeriod }

  /// The speeds of two wheels.
  public var actionCount: Int { 2 }

  /// The greatest wheel speed, as configured.
  public var actionScale: ActionScale? { configuration.actionScale }

  /// The left and the right wheel's share of the greatest speed.
  public func command(for action: [Float]) -> WheelSpeeds { configuration.wheelSpeeds(for: action) }

  /// −1: every cycle counts.
  public var rewardOfLostCycle: Float { -1 }

  /// Looks for the colours that the target has from this step on.
  public mutating func beginEpisode(atStep step: Int) {
    if let present = colorMasks.last(where: { $0.step <= step }) { colorMask = present.mask }
  }

  /// Measures the target: −1, and the end once it is large enough; a wheel drop is an end of another kind.
  ///
  /// A curriculum's smaller target ends an episode too, but is not the goal.
  public mutating func judge(_ observation: borrowing Observation, _ senses: borrowing Create2Senses)
    -> Judgement
  {
    measureTarget(in: observation.newestFrame)
    if senses.wheelDrop {
      return Judgement(reward: Float(configuration.wheelDropReward), terminated: true)
    }
    let isEnd = targetArea >= curriculum.area
    if isEnd { curriculum.advance() }
    return Judgement(
      reward: -1, terminated: isEnd, reachedGoal: targetArea >= configuration.minimumTargetArea)
  }

  /// Measures the target: whether it fills nine tenths of the area that is the goal.
  public mutating func isAtGoal(_ observation: borrowing Observation, _ senses: borrowing Create2Senses)
    -> Bool
  {
    measureTarget(in: observation.newestFrame)
    return targetArea >= Self.startMargin * configuration.minimumTargetArea
  }

  /// Writes six light-bump signals, from the left to the right, and the previous action [8].
  public func writeProprioception(
    _ senses: borrowing Create2Senses, previousAction: [Float], into proprioception: inout [Float]
  ) {
    CreateProprioception.write(senses, previousAction: previousAction, into: &proprioception)
  }

  private mutating func measureTarget(in frame: borrowing Frame) {
    colorMask.find(in: frame, into: &targetMask)
    targetMask.fillHoles()
    targetArea = targetMask.share
  }
}
