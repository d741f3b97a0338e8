public import AVGCore

/// What a body is to do: turns an action into a command, and what is sensed into reward, end of episode and
/// proprioception.
///
/// A task knows no device, only what it tells a base and what that feels: one text serves the simulated, the real and
/// the recorded body.
public protocol ControlTask {
  /// What it tells a base.
  associatedtype Command: BaseCommand
  /// What a base feels.
  associatedtype Senses: BaseSenses

  /// The numbers in an action.
  var actionCount: Int { get }

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

  /// What an action of 1 stands for, for people to read; nil where that is nothing measured.
  var actionScale: ActionScale? { get }

  /// What each control cycle is worth that went by unused because the step came late.
  var rewardOfLostCycle: Float { get }

  /// How far the task's curriculum has come, in the task's own measure; 0 for ever in a task without one.
  var curriculumPosition: Double { get set }

  /// What the base is told to do `action`, each of its numbers in −1…1.
  func command(for action: [Float]) -> Command

  /// Tells that an episode begins, for a task that changes as a run goes on.
  ///
  /// - Parameter step: the control steps of the run so far.
  mutating func beginEpisode(atStep step: Int)

  /// Judges the step that led to what is seen and felt now.
  mutating func judge(_ observation: borrowing Observation, _ senses: borrowing Senses) -> Judgement

  /// Whether an episode that starts here would be over (nearly) at once.
  mutating func isAtGoal(_ observation: borrowing Observation, _ senses: borrowing Senses) -> Bool

  /// Writes what the agent may know besides the image.
  ///
  /// - Parameters:
  ///   - senses: what the base feels now.
  ///   - previousAction: what was last done, each number in −1…1; zeros at an episode's start.
  ///   - proprioception: receives `signalCount` numbers of about −1…1.
  func writeProprioception(
    _ senses: borrowing Senses, previousAction: [Float], into proprioception: inout [Float])
}

extension ControlTask {
  /// What an environment of this task is like, whose observations stack `frames`; nil for a body without a camera.
  public func specification(frames: FrameStack?) -> EnvironmentSpecification {
    EnvironmentSpecification(
      frames: frames, signalCount: signalCount, actionCount: actionCount, controlPeriod: controlPeriod,
      measures: measures, score: score)
  }

  /// Nothing: the task stays as it is.
  public mutating func beginEpisode(atStep step: Int) {}

  /// Nothing measured.
  public var actionScale: ActionScale? { nil }

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
