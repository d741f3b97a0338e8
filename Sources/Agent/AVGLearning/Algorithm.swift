internal import AVGCore

/// The incremental learners: each learns from a transition once, as it comes, and keeps none.
public enum Algorithm: String, Codable, Sendable, CaseIterable {
  /// Action Value Gradient (Vasan et al. 2024).
  case avg
  /// One-step actor-critic with the likelihood-ratio gradient (Sutton & Barto 2018, §13.5), as published beside AVG.
  case iac
  /// Soft actor-critic (Haarnoja et al. 2018) on the newest sample alone, as published beside AVG.
  case sac1
  /// Twin delayed deep deterministic policy gradient (Fujimoto et al. 2018) on the newest sample alone.
  case td31
}

/// The hyper-parameters of SAC-1 that AVG has not.
public struct SAC1Configuration: Codable, Hashable, Sendable {
  /// The weight α of the policy's entropy at the start.
  public var initialTemperature = 0.1
  /// Adam's step size for log α; 0 keeps α as it is.
  public var temperatureLearningRate = 3e-4
  /// The share τ of the way that the target networks go towards the critics after each update; 1 is to have none.
  public var targetNetworkRate = 0.005

  /// Makes the default configuration.
  public init() {}

  func validate() throws(InvalidSetting) {
    try InvalidSetting.check("sac1.initialTemperature", initialTemperature, in: 1e-9...100)
    try InvalidSetting.check("sac1.temperatureLearningRate", temperatureLearningRate, in: 0...1)
    try InvalidSetting.check("sac1.targetNetworkRate", targetNetworkRate, in: 1e-6...1)
  }
}

/// The hyper-parameters of TD3-1 that AVG has not.
public struct TD31Configuration: Codable, Hashable, Sendable {
  /// The standard deviation of the noise on actions.
  public var explorationNoise = 0.1
  /// The standard deviation of the noise on the target's actions.
  public var targetNoise = 0.2
  /// The greatest magnitude of that noise.
  public var targetNoiseBound = 0.5
  /// Updates of the critics to one of the actor and of the target networks.
  public var policyDelay = 2
  /// The share τ of the way that the target networks go each time; 1 is to have none.
  public var targetNetworkRate = 0.005

  /// Makes the default configuration.
  public init() {}

  func validate() throws(InvalidSetting) {
    try InvalidSetting.check("td31.explorationNoise", explorationNoise, in: 0...2)
    try InvalidSetting.check("td31.targetNoise", targetNoise, in: 0...2)
    try InvalidSetting.check("td31.targetNoiseBound", targetNoiseBound, in: 0...2)
    try InvalidSetting.check("td31.policyDelay", policyDelay, in: 1...1000)
    try InvalidSetting.check("td31.targetNetworkRate", targetNetworkRate, in: 1e-6...1)
  }
}
