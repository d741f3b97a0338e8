public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// The hyper-parameters of the streaming actor-critics that AVG has not; `keys` describes each property.
public struct StreamingConfiguration: ConfigurationSection {
  public var traceDecay = 0.8
  public var sparsity = 0.9
  public var scalesRewards = true
  public var timeInputSteps = 0
  public var timeOutsTerminate = false
  public var clearsTraceAtTimeOut = true
  public var stepSize = 1.0
  public var actorBound = 3.0
  public var criticBound = 2.0
  public var encoderFactor = 1.0
  public var actorShare = 0.05
  public var criticShare = 0.5
  public var errorClip = 20.0
  public var errorClipDecay = 0.9998
  public var errorDecay = 0.9998

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("traceDecay", \.traceDecay, 0...0.9999, "λ, the decay of eligibility traces besides γ."),
    Key(
      "sparsity", \.sparsity, 0...0.999,
      "Fraction of each unit's initial weights that are zero; 0.9 as published, 0 draws all of them."),
    Key(
      "scalesRewards", \.scalesRewards,
      "Divide rewards by the running standard deviation of their decaying sum."),
    Key(
      "timeInputSteps", \.timeInputSteps, 0...1_000_000_000,
      """
      Number of steps in which a further input grows from −0.5 to 0.5 in each episode, such as its time limit: with
      it, a time-out can be foreseen. 0 has no such input.
      """),
    Key(
      "timeOutsTerminate", \.timeOutsTerminate,
      """
      Treat a time-out as a termination, as published for streamAC, together with timeInputSteps. Otherwise the value
      of the last state counts.
      """),
    Key(
      "clearsTraceAtTimeOut", \.clearsTraceAtTimeOut,
      "Clear the traces at a time-out; intentionalAC as published lets them run on into the next episode."),
    Key(
      "stepSize", \.stepSize, 1e-6...1000, "ObGD's step size α where its bound leaves it alone (streamAC)."),
    Key(
      "actorBound", \.actorBound, 0.01...1000,
      "ObGD's κ of the actor: a step moves its weights by 1/κ at most, in the sum of their changes (streamAC)."
    ),
    Key("criticBound", \.criticBound, 0.01...1000, "ObGD's κ of the critic (streamAC)."),
    Key(
      "encoderFactor", \.encoderFactor, 0...1,
      """
      What ObGD's and intentional steps of an encoder are multiplied by, besides the bound or share of actor or critic. 1
      lets an encoder step as far as the layers behind it; 0 keeps the initial encoder.
      """),
    Key(
      "actorShare", \.actorShare, 0...1,
      "η of the actor, the intended change of log π for an error of average size (intentionalAC)."),
    Key(
      "criticShare", \.criticShare, 0...1,
      "η of the critic, the intended fraction of the TD error that a step removes (intentionalAC)."),
    Key(
      "errorClip", \.errorClip, 0.01...1e6,
      "Maximum magnitude of a TD error, in root mean squares of those before (intentionalAC)."),
    Key(
      "errorClipDecay", \.errorClipDecay, 0...0.999999,
      "Decay of the mean squared TD error behind that maximum (intentionalAC)."),
    Key(
      "errorDecay", \.errorDecay, 0...0.999999,
      "Decay of the mean magnitude that the actor's TD errors are divided by (intentionalAC)."),
  ]
}
