public import AVGCore

/// A task for a body. It turns an action into a command, and what the body senses into reward, end of episode and
/// proprioception.
///
/// A task knows no device, only the types of command and senses: one task serves the simulated, the real and the recorded
/// body.
public protocol ControlTask {
  /// The commands that it gives a base.
  associatedtype Command: BaseCommand
  /// What the base senses.
  associatedtype Senses: BaseSenses

  /// The number of numbers in an action.
  var actionCount: Int { get }

  /// The number of numbers in an observation's proprioception.
  var signalCount: Int { get }

  /// The measures that it takes in every step, besides the reward.
  var measures: [Measure] { get }

  /// The measurements of the last step judged, in the order of `measures`.
  var measurements: [Double] { get }

  /// The score by which episodes are compared.
  var score: EpisodeScore { get }

  /// The length of a control cycle.
  var controlPeriod: Duration { get }

  /// The steps after which an episode is cut off.
  var timeLimitSteps: Int { get }

  /// The meaning of an action of 1, for people to read; nil if it has no unit.
  var actionScale: ActionScale? { get }

  /// The reward for each control cycle lost because a step came late.
  var rewardOfLostCycle: Float { get }

  /// How far the task's curriculum has come, in the task's own measure; 0 for ever in a task without one.
  var curriculumPosition: Double { get set }

  /// The command for `action`, whose numbers are in −1…1.
  func command(for action: [Float]) -> Command

  /// Called when an episode begins, for a task that changes during a run.
  ///
  /// - Parameter step: the control steps of the run so far.
  mutating func beginEpisode(atStep step: Int)

  /// Judges the step that led to this observation and these senses.
  mutating func judge(_ observation: borrowing Observation, _ senses: borrowing Senses) -> Judgement

  /// Whether an episode that starts here would be over (nearly) at once.
  mutating func isAtGoal(_ observation: borrowing Observation, _ senses: borrowing Senses) -> Bool

  /// Writes the agent's inputs besides the image.
  ///
  /// - Parameters:
  ///   - senses: what the base senses now.
  ///   - previousAction: the last action, each number in −1…1; zeros at an episode's start.
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
