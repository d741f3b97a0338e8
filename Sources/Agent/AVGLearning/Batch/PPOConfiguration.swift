public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// The hyper-parameters of PPO; `keys` describes each property.
public struct PPOConfiguration: ConfigurationSection {
  public var rolloutSteps = 2048
  public var epochs = 10
  public var traceDecay = 0.95
  public var clip = 0.2
  public var clipsValues = true
  public var valueCoefficient = 0.5
  public var gradientNorm = 0.5
  public var normalizesAdvantages = true
  public var scalesRewards = true
  public var rewardClip = 10.0
  public var annealingSteps = 0

  public init() {}

  public static let keys: [Key<Self>] = [
    Key(
      "rolloutSteps", \.rolloutSteps, 2...10_000_000,
      """
      Transitions from one update to the next, all of which are learned from and then forgotten. A step with a frame of
      160 × 90 takes 43 kB.
      """),
    Key(
      "epochs", \.epochs, 1...1000,
      """
      Times that each of them is learned from in an update, in batches of batch.samples, mixed anew each time; what is left
      over behind the last whole batch waits for the next time.
      """),
    Key(
      "traceDecay", \.traceDecay, 0...1, "λ, the decay besides γ of the errors that an advantage adds up."),
    Key(
      "clip", \.clip, 0.001...10,
      "ε, how far an action's probability may move from what it was before the update, as a factor 1 ± ε."),
    Key(
      "clipsValues", \.clipsValues, "Clip how far a value may move in an update, by ε too."),
    Key("valueCoefficient", \.valueCoefficient, 0...1000, "Weight of the values' loss."),
    Key(
      "gradientNorm", \.gradientNorm, 0...1e6,
      "Maximum norm of the gradient of all networks together; 0 sets no bound."),
    Key(
      "normalizesAdvantages", \.normalizesAdvantages,
      "Take the mean from the advantages of each batch, and divide them by their standard deviation."),
    Key(
      "scalesRewards", \.scalesRewards,
      "Divide rewards by the running standard deviation of their decaying sum, as it is at the update."),
    Key(
      "rewardClip", \.rewardClip, 0...1e6, "Maximum magnitude of a reward after that; 0 sets no bound."),
    Key(
      "annealingSteps", \.annealingSteps, 0...1_000_000_000,
      "Control steps over which all step sizes fall to 0 in a straight line; 0 keeps them."),
  ]
}
