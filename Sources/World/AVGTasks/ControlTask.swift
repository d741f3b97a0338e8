public import AVGCore

/// What a body is to do: turns what it senses into reward, end of episode and proprioception.
///
/// A task knows no device, so that one text serves the simulated, the real and the recorded body.
public protocol ControlTask {
  /// The numbers in an observation's proprioception.
  var signalCount: Int { get }

  /// What it measures in every step, besides the reward.
  var measures: [Measure] { get }

  /// What the step last judged measured, in the order of `measures`.
  var measurements: [Double] { get }

  /// What its episodes are judged by.
  var score: EpisodeScore { get }

  /// The length of a control cycle.
  var controlPeriod: Duration { get }

  /// The steps after which an episode is cut off.
  var timeLimitSteps: Int { get }

  /// The wheel speed that an action of 1 stands for.
  var maximumWheelSpeed: Speed { get }

  /// What each control cycle is worth that went by unused because the step came late.
  var rewardOfLostCycle: Float { get }

  /// How far the task's curriculum has come, in the task's own measure; 0 for ever in a task without one.
  var curriculumPosition: Double { get set }

  /// Judges the step that led to these senses.
  mutating func judge(_ frame: borrowing Frame, _ senses: borrowing Create2Senses) -> Judgement

  /// Whether an episode that starts here would be over (nearly) at once.
  mutating func isAtGoal(_ frame: borrowing Frame, _ senses: borrowing Create2Senses) -> Bool

  /// Writes what the agent may know besides the image.
  ///
  /// - Parameters:
  ///   - senses: what the base feels now.
  ///   - previousAction: what was last done, each number in −1…1; zeros at an episode's start.
  ///   - proprioception: receives `signalCount` numbers of about −1…1.
  func writeProprioception(
    _ senses: borrowing Create2Senses, previousAction: [Float], into proprioception: inout [Float])
}

extension ControlTask {
  /// What an environment of this task is like, whose observations stack `frames` and whose actions are the speeds of
  /// two wheels.
  public func specification(frames: FrameStack) -> EnvironmentSpecification {
    EnvironmentSpecification(
      frames: frames, signalCount: signalCount, actionCount: 2, controlPeriod: controlPeriod,
      measures: measures, score: score)
  }

  /// Nothing: what the task rewards is complete whenever the step ends.
  public var rewardOfLostCycle: Float { 0 }

  /// Nothing.
  public var measures: [Measure] { [] }

  /// Nothing.
  public var measurements: [Double] { [] }

  /// Whether and how soon an episode reaches the goal.
  public var score: EpisodeScore { .success }
}

/// A task's verdict on one step.
public struct Judgement: Hashable, Sendable {
  /// The step's reward.
  public var reward: Float
  /// The episode has come to its end.
  public var terminated: Bool
  /// That end is the task's goal.
  public var reachedGoal: Bool

  /// Makes a judgement.
  public init(
    reward: Float, terminated: Bool = false, reachedGoal: Bool = false
  ) {
    self.reward = reward
    self.terminated = terminated
    self.reachedGoal = reachedGoal
  }
}
