public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// The hyper-parameters of AVG's rehearsal, which the published algorithm has not; `keys` describes each property.
public struct RehearsalConfiguration: ConfigurationSection {
  public var transitions = 0
  public var samples = 32
  public var updatesPerStep = 1
  public var returnSteps = 1
  public var actorLearningRate = 1e-4
  public var criticLearningRate = 3e-4

  public init() {}

  public static let keys: [Key<Self>] = [
    Key(
      "transitions", \.transitions, 0...1_000_000,
      """
      Number of latest transitions that are kept and learned from again while the body carries out an action; each takes
      about 350 bytes, for what is kept is what was perceived, not images. 0 keeps none, as published; so does, unless it
      is set, a learner that cannot rehearse: any but avg with a shared encoder and no target network.
      """),
    Key("samples", \.samples, 2...1024, "Number of transitions, drawn at random, in an update."),
    Key("updatesPerStep", \.updatesPerStep, 1...1000, "Number of such updates after each step."),
    Key(
      "returnSteps", \.returnSteps, 1...1000,
      """
      Number of rewards that the return of a transition sums, before the critic's value of what came after them: what is
      met at the end of a way is known sooner along it. Fewer where an episode ends or an excursion begins.
      """),
    Key(
      "actorLearningRate", \.actorLearningRate, 0...1,
      "Adam's step size for the actor in these updates; 0 trains the critic alone."),
    Key(
      "criticLearningRate", \.criticLearningRate, 0...1, "Adam's step size for the critic in these updates."),
  ]
}
