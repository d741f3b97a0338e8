public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// The learners. Most learn from each transition once, as it comes, and keep none; sac, td3 and ppo learn from batches of
/// those that they keep.
public enum Algorithm: String, SettingChoice {
  case avg, iac, sac1, td31, streamAC, intentionalAC, streamSAC, streamTD3, sac, td3, ppo

  public var meaning: String {
    switch self {
    case .avg: "Action Value Gradient (Vasan et al. 2024)."
    case .iac:
      "One-step actor-critic with the likelihood-ratio gradient (Sutton & Barto 2018, §13.5), as published beside AVG."
    case .sac1:
      "Soft actor-critic (Haarnoja et al. 2018) on the newest transition alone, as published beside AVG."
    case .td31:
      "Twin delayed deep deterministic policy gradient (Fujimoto et al. 2018) on the newest transition alone."
    case .streamAC:
      "Stream AC(λ): eligibility traces and overshooting-bounded steps, no step size to tune (Elsayed et al. 2024)."
    case .intentionalAC:
      "Intentional AC(λ): eligibility traces and steps of an intended effect (Sharifnassab et al. 2026)."
    case .streamSAC:
      "A streaming soft actor-critic: two critics with eligibility traces instead of targets, a learned temperature."
    case .streamTD3:
      "A streaming twin critic with a deterministic policy: eligibility traces instead of targets and delay."
    case .sac:
      "Soft actor-critic (Haarnoja et al. 2018): two critics with target networks, a learned temperature, a replay buffer."
    case .td3:
      "Twin delayed deep deterministic policy gradient (Fujimoto et al. 2018): two critics, target networks, a replay buffer."
    case .ppo:
      "Proximal policy optimisation (Schulman et al. 2017): advantages by GAE, batches of the newest transitions alone."
    }
  }

  /// Whether it is a streaming actor-critic of states with a Gaussian that is not squashed, its networks normalised in
  /// each layer.
  var isStreamingActorCritic: Bool { self == .streamAC || self == .intentionalAC }
  /// Whether it keeps transitions and learns from batches of them.
  public var isBatch: Bool { drawsFromReplay || self == .ppo }
  /// Whether those batches are drawn from all that it keeps, long after it came.
  public var drawsFromReplay: Bool { self == .sac || self == .td3 }
  /// Whether `agent.optimizer` chooses what its networks step by.
  var hasChoiceOfSteps: Bool { self == .avg || self == .streamSAC || self == .streamTD3 }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// The hyper-parameters of SAC-1 and SAC that AVG has not; `keys` describes each property.
public struct SAC1Configuration: ConfigurationSection {
  public var initialTemperature = 0.1
  public var temperatureLearningRate = 3e-4
  public var targetNetworkRate = 0.005

  public init() {}

  public static let keys: [Key<Self>] = [
    Key(
      "initialTemperature", \.initialTemperature, 1e-9...100,
      """
      Initial α, the weight of the policy's entropy; it is then learned such that the entropy stays at −1 for
      each component of the action.
      """),
    Key(
      "temperatureLearningRate", \.temperatureLearningRate, 0...1,
      "Adam's step size for log α; 0 keeps α constant."),
    Key(
      "targetNetworkRate", \.targetNetworkRate, 1e-6...1,
      "τ, the fraction by which the target networks move after each update; 1 has none."),
  ]
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// The hyper-parameters of TD3-1 and TD3 that AVG has not; `keys` describes each property.
public struct TD31Configuration: ConfigurationSection {
  public var explorationNoise = 0.1
  public var targetNoise = 0.2
  public var targetNoiseBound = 0.5
  public var policyDelay = 2
  public var targetNetworkRate = 0.005

  public init() {}

  public static let keys: [Key<Self>] = [
    Key(
      "explorationNoise", \.explorationNoise, 0...2,
      "Standard deviation of the exploration noise; actions range from −1 to 1."),
    Key(
      "targetNoise", \.targetNoise, 0...2,
      "Standard deviation of the noise added to the target networks' actions."),
    Key("targetNoiseBound", \.targetNoiseBound, 0...2, "Maximum magnitude of that noise."),
    Key(
      "policyDelay", \.policyDelay, 1...1000,
      "Updates of the critics for each update of the actor and the target networks."),
    Key(
      "targetNetworkRate", \.targetNetworkRate, 1e-6...1,
      "τ, the fraction by which the target networks move each time; 1 has none."),
  ]
}
