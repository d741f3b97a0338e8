internal import AVGCore
internal import AVGNetwork

// A target network is the learned network with parameters of its own, which follow the learned ones slowly:
// θ′ ← τθ + (1 − τ)θ′.

/// The encoder's target parameters, and the percept of S′ that they give.
struct TargetPerception: ~Copyable, Sendable {
  var parameters: Parameters
  private(set) var following: Perception.Percept

  /// Copies the parameters of `online`.
  init(following online: borrowing Perception) {
    parameters = online.learned.parameters.copy()
    following = Perception.Percept(online.encoder, count: online.count)
  }

  /// Perceives S′ with the running statistics of `online`.
  ///
  /// - Returns: whether every number is finite.
  mutating func perceiveFollowing(_ next: borrowing Observation, as online: borrowing Perception) -> Bool {
    following.perceive(next, through: online.encoder, parameters, online.normalizer)
  }

  /// Moves the parameters the share `rate` of the way to those of `online`.
  mutating func follow(_ online: borrowing Perception, rate: Double) {
    parameters.follow(online.learned.parameters, rate: rate)
  }
}

/// AVG's target network: a second set of the critic's parameters, and of its encoder's.
struct TargetCritic: ~Copyable, Sendable {
  var perception: TargetPerception
  private var parameters: Parameters
  private var pass: MultilayerPerceptron.Pass
  private let rate: Double

  /// - Parameter rate: τ.
  init(following online: borrowing Critic, rate: Double) {
    self.rate = rate
    perception = TargetPerception(following: online.perception)
    parameters = online.valueFunction.learned.parameters.copy()
    pass = online.valueFunction.network.makePass()
  }

  /// Q(S′, A′), computed by the critic's network for S′, which has been perceived.
  mutating func followingValue(_ action: [Float], by network: MultilayerPerceptron) -> Float {
    network.value(perception.following.vector, action, &pass, parameters)
  }

  /// Moves the parameters the share τ of the way to the learned ones.
  mutating func follow(_ online: borrowing Critic) {
    perception.follow(online.perception, rate: rate)
    parameters.follow(online.valueFunction.learned.parameters, rate: rate)
  }

  func write(to file: inout Safetensors) {
    file.setTarget(perception.parameters)
    file.setTarget(parameters)
  }

  mutating func restore(_ reader: TensorReader) throws(CheckpointError) {
    try reader.restoreTarget(&perception.parameters)
    try reader.restoreTarget(&parameters)
  }
}

/// The target networks of a twin critic: a second set of parameters of both value functions, and of their encoder.
struct TwinTarget: ~Copyable, Sendable {
  var perception: TargetPerception
  private(set) var first: Parameters
  private(set) var second: Parameters
  private let rate: Double

  /// - Parameter rate: τ.
  init(following online: borrowing TwinCritic, rate: Double) {
    self.rate = rate
    perception = TargetPerception(following: online.perception)
    first = online.first.learned.parameters.copy()
    second = online.second.learned.parameters.copy()
  }

  /// Moves the parameters the share τ of the way to the learned ones.
  mutating func follow(_ online: borrowing TwinCritic) {
    first.follow(online.first.learned.parameters, rate: rate)
    second.follow(online.second.learned.parameters, rate: rate)
    perception.follow(online.perception, rate: rate)
  }

  func write(to file: inout Safetensors) {
    file.setTarget(first)
    file.setTarget(second)
    file.setTarget(perception.parameters)
  }

  mutating func restore(_ reader: TensorReader) throws(CheckpointError) {
    try reader.restoreTarget(&first)
    try reader.restoreTarget(&second)
    try reader.restoreTarget(&perception.parameters)
  }
}
