public import AVGCore
public import AVGNetwork

/// The hyper-parameters of AVG and its siblings; the defaults are those of `configs/visual-reacher.yaml`.
public struct AVGConfiguration: Codable, Hashable, Sendable {
  /// Whose encoder the actor looks through.
  public enum EncoderSharing: String, Codable, Sendable, CaseIterable {
    /// One encoder, trained by the critic's loss; the actor takes its features as constants.
    case shared
    /// Each its own, trained by its own loss.
    case separate
  }

  /// Who learns.
  public var algorithm = Algorithm.avg
  /// Adam's step size for the actor.
  public var actorLearningRate = 3e-4
  /// Adam's step size for the critic.
  public var criticLearningRate = 1e-3
  /// Adam's step size for the encoders.
  public var encoderLearningRate = 1e-5
  /// The number of updates after which the step sizes and `excursionRate` are half of what they are: both go as
  /// 1 / (1 + t / this). 0 keeps them.
  public var annealingSteps = 100_000
  /// Adam's β₁, for all networks.
  public var firstMomentDecay = 0.0
  /// Adam's β₂, for all networks.
  public var secondMomentDecay = 0.999
  /// The number that Adam adds to the root of the second moment, for all networks.
  public var adamEpsilon = 1e-8
  /// The weight η of the policy's entropy (α in the published code); SAC-1 learns its own, TD3-1 has none.
  public var entropyCoefficient = 1e-3
  /// The correlation α of one step's exploration noise with the next's; 0 draws each afresh.
  public var explorationCorrelation = 0.95
  /// log σ² of the untrained policy.
  public var initialLogVariance = 1.0
  /// The magnitude from which on the policy's means are pulled back, where tanh has next to no slope; 0 sets none.
  public var meanBound = 2.5
  /// The chance that an excursion begins at a step: an action at random, held for a while. IAC makes none.
  public var excursionRate = 0.01
  /// The most steps that an excursion lasts; each number of them is as likely.
  public var excursionSteps = 20
  /// The discount γ.
  public var discount = 0.99
  /// What rewards are multiplied by before anything else.
  public var rewardScale = 0.1
  /// Units in each hidden layer of actor and critic.
  public var hiddenUnits = 256
  /// Divide features and proprioception by their running deviation, after their running mean is taken away.
  public var normalizesObservations = true
  /// The number of steps over which those statistics forget; 0 never forgets.
  public var normalizerHorizon = 20_000
  /// The greatest magnitude of a normalised number; 0 sets no bound.
  public var normalizerClip = 5.0
  /// What is done to the last hidden vectors of actor and critic.
  public var penultimateNormalization = PenultimateNormalization.unit
  /// Divide TD errors by σ_δ.
  public var scalesTemporalDifference = true
  /// The share τ of the way that AVG's target network goes towards the critic after each update; 0 for no such network.
  public var targetNetworkRate = 0.0
  /// One encoder or two.
  public var encoderSharing = EncoderSharing.shared
  /// The encoder's convolutions, from the camera on.
  public var convolutions = [
    ConvolutionShape(channels: 16, kernelSize: 5, stride: 4),
    ConvolutionShape(channels: 16, kernelSize: 3, stride: 2),
    ConvolutionShape(channels: 16, kernelSize: 3, stride: 1),
  ]
  /// A ReLU stands behind the last convolution too.
  public var rectifiesLastConvolution = true
  /// How convolution weights are drawn.
  public var convolutionInitialization = ConvolutionInitialization.deltaOrthogonal
  /// What makes features of the last convolution.
  public var encoderHead = EncoderHead.spatialSoftmax
  /// What SAC-1 needs besides.
  public var sac1 = SAC1Configuration()
  /// What TD3-1 needs besides.
  public var td31 = TD31Configuration()

  /// Makes the default configuration.
  public init() {}

  /// Switches off what steers exploration and step sizes beyond the published algorithm.
  package mutating func explorePlainly() {
    annealingSteps = 0
    explorationCorrelation = 0
    initialLogVariance = 0
    meanBound = 0
    excursionRate = 0
  }

  /// Checks every key.
  public func validate() throws(InvalidSetting) {
    try InvalidSetting.check("actorLearningRate", actorLearningRate, in: 0...1)
    try InvalidSetting.check("criticLearningRate", criticLearningRate, in: 0...1)
    try InvalidSetting.check("encoderLearningRate", encoderLearningRate, in: 0...1)
    try InvalidSetting.check("annealingSteps", annealingSteps, in: 0...1_000_000_000)
    try InvalidSetting.check("firstMomentDecay", firstMomentDecay, in: 0...0.9999)
    try InvalidSetting.check("secondMomentDecay", secondMomentDecay, in: 0...0.999999)
    try InvalidSetting.check("adamEpsilon", adamEpsilon, in: 1e-12...1)
    try InvalidSetting.check("entropyCoefficient", entropyCoefficient, in: 0...100)
    try InvalidSetting.check("explorationCorrelation", explorationCorrelation, in: 0...0.999)
    try InvalidSetting.check("initialLogVariance", initialLogVariance, in: -20...2)
    try InvalidSetting.check("meanBound", meanBound, in: 0...100)
    try InvalidSetting.check("excursionRate", excursionRate, in: 0...1)
    try InvalidSetting.check("excursionSteps", excursionSteps, in: 1...1_000_000)
    try InvalidSetting.check("discount", discount, in: 0...1)
    try InvalidSetting.check("rewardScale", rewardScale, in: 1e-6...1e6)
    try InvalidSetting.check("hiddenUnits", hiddenUnits, in: 1...4096)
    try InvalidSetting.check("normalizerHorizon", normalizerHorizon, in: 0...1_000_000_000)
    try InvalidSetting.check("normalizerClip", normalizerClip, in: 0...1000)
    try InvalidSetting.check("targetNetworkRate", targetNetworkRate, in: 0...1)
    guard targetNetworkRate == 0 || algorithm == .avg else {
      throw InvalidSetting(
        key: "targetNetworkRate", value: "\(targetNetworkRate)",
        allowed: "0 with \(algorithm.rawValue): the key is AVG's; sac1 and td31 have their own")
    }
    try sac1.validate()
    try td31.validate()
    try checkConvolutions(on: .standard)
  }

  /// Checks that the layers fit behind each other on frames of a shape.
  package func checkConvolutions(on shape: FrameShape) throws(InvalidSetting) {
    guard !convolutions.isEmpty else {
      throw InvalidSetting(key: "convolutions", value: "empty", allowed: "at least one layer")
    }
    var (height, width) = (shape.height, shape.width)
    for (index, layer) in convolutions.enumerated() {
      try InvalidSetting.check("convolutions[\(index)].channels", layer.channels, in: 1...1024)
      try InvalidSetting.check(
        "convolutions[\(index)].kernelSize", layer.kernelSize, in: 1...min(height, width))
      try InvalidSetting.check("convolutions[\(index)].stride", layer.stride, in: 1...64)
      height = (height - layer.kernelSize) / layer.stride + 1
      width = (width - layer.kernelSize) / layer.stride + 1
    }
  }
}
