public import AVGCore
public import AVGNetwork

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// The hyper-parameters of AVG and its siblings; `keys` describes each property.
public struct AVGConfiguration: ConfigurationSection {
  /// Whose encoder the actor looks through.
  public enum EncoderSharing: String, SettingChoice {
    case shared, separate

    public var meaning: String {
      switch self {
      case .shared: "One encoder, trained by the critic's loss; the actor takes its features as constants."
      case .separate: "Each its own, trained by its own loss."
      }
    }
  }

  public var algorithm = Algorithm.avg
  public var optimizer = StepRule.adam
  public var traceDecay = 0.0
  public var actorLearningRate = 3e-4
  public var criticLearningRate = 1e-3
  public var encoderLearningRate = 1e-5
  public var annealingSteps = 100_000
  public var firstMomentDecay = 0.0
  public var secondMomentDecay = 0.999
  public var adamEpsilon = 1e-8
  public var entropyCoefficient = 1e-3
  public var explorationCorrelation = 0.95
  public var initialLogVariance = 1.0
  public var meanBound = 2.5
  public var excursionRate = 0.01
  public var excursionSteps = 20
  public var discount = 0.99
  public var rewardScale = 0.1
  public var hiddenUnits = 256
  public var activation = HiddenActivation.leakyReLU
  public var negativeSlope = 0.01
  public var normalizesObservations = true
  public var normalizerHorizon = 20_000
  public var normalizerClip = 5.0
  public var penultimateNormalization = PenultimateNormalization.unit
  public var scalesTemporalDifference = true
  public var targetNetworkRate = 0.0
  public var rehearsal = RehearsalConfiguration()
  public var encoderSharing = EncoderSharing.shared
  public var convolutions = [
    ConvolutionShape(channels: 16, kernelSize: 5, stride: 4),
    ConvolutionShape(channels: 16, kernelSize: 3, stride: 2),
    ConvolutionShape(channels: 16, kernelSize: 3, stride: 1),
  ]
  public var rectifiesLastConvolution = true
  public var convolutionInitialization = ConvolutionInitialization.deltaOrthogonal
  public var encoderHead = EncoderHead.spatialSoftmax
  public var sac1 = SAC1Configuration()
  public var td31 = TD31Configuration()
  public var streaming = StreamingConfiguration()
  public var replay = ReplayConfiguration()
  public var batch = BatchConfiguration()
  public var ppo = PPOConfiguration()

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("algorithm", \.algorithm, "The learning algorithm."),
    Key(
      "optimizer", \.optimizer,
      "What moves the weights of avg, streamSAC and streamTD3; the others have a rule of their own, and take adam here."
    ),
    Key(
      "traceDecay", \.traceDecay, 0...0.9999,
      """
      λ, the decay besides γ of eligibility traces for AVG's critic and its encoder: a surprise also corrects the steps
      that led to it. 0 has no traces, as published. It must be 0 with other algorithms, and is unless it is set: see
      streaming.traceDecay.
      """),
    Key("actorLearningRate", \.actorLearningRate, 0...1, "Adam's step size for the actor."),
    Key("criticLearningRate", \.criticLearningRate, 0...1, "Adam's step size for the critic."),
    Key(
      "encoderLearningRate", \.encoderLearningRate, 0...1,
      "Adam's step size for the encoder; 0 keeps the initial encoder."),
    Key(
      "annealingSteps", \.annealingSteps, 0...1_000_000_000,
      """
      Number of updates after which the three step sizes and excursionRate have halved: they decay as 1 / (1 + t
      / this). 0 keeps them constant, as published.
      """),
    Key(
      "firstMomentDecay", \.firstMomentDecay, 0...0.9999,
      "Adam's β₁, the decay of the mean gradient."),
    Key(
      "secondMomentDecay", \.secondMomentDecay, 0...0.999999,
      "Adam's β₂, the decay of the mean squared gradient."),
    Key("adamEpsilon", \.adamEpsilon, 1e-12...1, "Adam's ε, added to the root of the second moment."),
    Key(
      "entropyCoefficient", \.entropyCoefficient, 0...100,
      "η, the weight of the policy's entropy relative to the scaled reward (avg, iac, streamAC, intentionalAC, ppo)."
    ),
    Key(
      "explorationCorrelation", \.explorationCorrelation, 0...0.999,
      """
      α, the correlation of exploration noise between consecutive steps. Correlated noise takes the robot
      further; 0 draws it independently, as published.
      """),
    Key(
      "initialLogVariance", \.initialLogVariance, -20...2,
      "Initial log σ² of the policy, before tanh (avg, iac, sac1, streamSAC, sac, ppo); 0 as published."),
    Key(
      "meanBound", \.meanBound, 0...100,
      """
      Magnitude beyond which the policy's means, before tanh, are pulled back: where tanh is flat, an action
      gets stuck (avg, iac, sac1, streamSAC, sac). 0 sets no bound, as published.
      """),
    Key(
      "excursionRate", \.excursionRate, 0...1,
      """
      Probability that an excursion begins at a training step: a random action, held for a while (not iac, streamAC,
      intentionalAC and ppo, which can use only their own actions). 0 disables excursions, as published.
      """),
    Key(
      "excursionSteps", \.excursionSteps, 1...1_000_000,
      "Maximum length of an excursion, in steps; all lengths are equally likely."),
    Key("discount", \.discount, 0...1, "γ, the discount of a reward for each control cycle."),
    Key(
      "rewardScale", \.rewardScale, 1e-6...1e6,
      "Factor of all rewards, applied before anything else (episodes.csv has them unscaled)."),
    Key(
      "hiddenUnits", \.hiddenUnits, 1...4096,
      "Units in each of the two hidden layers of actor and critic."),
    Key("activation", \.activation, "What the hidden layers of actor and critic put their outputs through."),
    Key(
      "negativeSlope", \.negativeSlope, 0...0.99,
      "Slope below zero of the hidden layers' LeakyReLU; 0 makes it a ReLU, which SAC was published with."),
    Key(
      "normalizesObservations", \.normalizesObservations,
      "Normalise features and proprioception by their running mean and standard deviation."),
    Key(
      "normalizerHorizon", \.normalizerHorizon, 0...1_000_000_000,
      "Time constant of those statistics, in control steps; 0 never forgets."),
    Key(
      "normalizerClip", \.normalizerClip, 0...1000,
      "Maximum magnitude of a normalised number, in standard deviations; 0 sets no bound."),
    Key(
      "penultimateNormalization", \.penultimateNormalization,
      """
      Normalisation of the last hidden vector ψ of actor and critic; streamAC and intentionalAC normalise each hidden
      layer instead.
      """),
    Key(
      "scalesTemporalDifference", \.scalesTemporalDifference,
      """
      Divide TD errors by their running scale σ_δ; streamAC and intentionalAC have streaming.scalesRewards instead, ppo has
      ppo.scalesRewards, and sac and td3 have none.
      """),
    Key(
      "targetNetworkRate", \.targetNetworkRate, 0...1,
      """
      τ, the fraction by which AVG's target network (the critic and its encoder) moves after each update; 0 has
      no target network, as published. It must be 0 with other algorithms: sac1 and td31 have their own.
      """),
    Key("rehearsal", \.rehearsal, "Keys of AVG's rehearsal: learning again from what was lived a while ago."),
    Key("encoderSharing", \.encoderSharing, "Whose encoder the actor looks through."),
    Key(
      "convolutions", \.convolutions, allowed: "at least one layer", where: { !$0.isEmpty },
      "The encoder's convolutions, from the camera on, without padding."),
    Key(
      "rectifiesLastConvolution", \.rectifiesLastConvolution,
      "Apply a ReLU after the last convolution too."),
    Key("convolutionInitialization", \.convolutionInitialization, "Initialisation of the convolutions."),
    Key("encoderHead", \.encoderHead, "What turns the last convolution's output into features."),
    Key("sac1", \.sac1, "Keys of SAC-1 and sac; streamSAC takes those of the temperature."),
    Key("td31", \.td31, "Keys of TD3-1 and td3; streamTD3 takes those of the noise."),
    Key(
      "streaming", \.streaming, "Keys of streamAC and intentionalAC; streamSAC and streamTD3 take traceDecay."
    ),
    Key("replay", \.replay, "What sac and td3 keep of the past."),
    Key("batch", \.batch, "How sac and td3 learn from batches of it, and ppo from the newest."),
    Key("ppo", \.ppo, "Keys of ppo."),
  ]

  public var contradiction: InvalidSetting? {
    guard targetNetworkRate == 0 || algorithm == .avg else {
      return InvalidSetting(
        key: "targetNetworkRate", value: "\(targetNetworkRate)",
        allowed: "0 with \(algorithm.rawValue): the key is AVG's; sac1 and td31 have their own")
    }
    if let problem = rehearsalProblem { return problem }
    guard traceDecay == 0 || algorithm == .avg else {
      return InvalidSetting(
        key: "traceDecay", value: "\(traceDecay)",
        allowed:
          "0 with \(algorithm.rawValue): the key is AVG's; streaming.traceDecay is the streaming learners'")
    }
    guard optimizer == .adam || algorithm.hasChoiceOfSteps else {
      return InvalidSetting(
        key: "optimizer", value: optimizer.rawValue,
        allowed: "adam with \(algorithm.rawValue), which steps by a rule of its own")
    }
    guard batch.stepsPerUpdate == 1 || batch.updatesPerStep == 1 else {
      return InvalidSetting(
        key: "batch.updatesPerStep", value: "\(batch.updatesPerStep)",
        allowed: "1 with batch.stepsPerUpdate: \(batch.stepsPerUpdate), which makes fewer")
    }
    return convolutionProblem(on: .standard)
  }

  /// Whether such a learner can rehearse.
  package var canRehearse: Bool {
    var rehearsing = self
    rehearsing.rehearsal.transitions = 1
    return rehearsing.rehearsalProblem == nil
  }

  /// Why there can be no rehearsal; nil if there can, or need not be.
  private var rehearsalProblem: InvalidSetting? {
    guard rehearsal.transitions > 0 else { return nil }
    func problem(_ reason: String) -> InvalidSetting {
      InvalidSetting(
        key: "rehearsal.transitions", value: "\(rehearsal.transitions)", allowed: "0 with " + reason)
    }
    guard algorithm == .avg else { return problem("\(algorithm.rawValue): the keys are AVG's") }
    guard encoderSharing == .shared else {
      return problem("encoderSharing: separate, where actor and critic perceive different vectors")
    }
    guard targetNetworkRate == 0 else {
      return problem("targetNetworkRate: \(targetNetworkRate): rehearsal has no target network")
    }
    return nil
  }

  /// Why the layers do not fit behind each other on frames of a shape; nil if they do.
  package func convolutionProblem(on shape: FrameShape) -> InvalidSetting? {
    var (height, width) = (shape.height, shape.width)
    for (index, layer) in convolutions.enumerated() {
      guard layer.kernelSize <= min(height, width) else {
        return InvalidSetting(
          key: "convolutions[\(index)].kernelSize", value: "\(layer.kernelSize)",
          allowed: "a number from 1 to \(min(height, width))")
      }
      height = (height - layer.kernelSize) / layer.stride + 1
      width = (width - layer.kernelSize) / layer.stride + 1
    }
    return nil
  }

  /// Switches off what steers exploration and step sizes beyond the published algorithm, and what learns twice.
  package mutating func explorePlainly() {
    annealingSteps = 0
    explorationCorrelation = 0
    initialLogVariance = 0
    meanBound = 0
    excursionRate = 0
    traceDecay = 0
    rehearsal.transitions = 0
  }
}
