internal import AVGCore
internal import AVGNetwork

/// An encoder that follows another slowly, and what it makes of S′.
struct TargetPerception: ~Copyable, Sendable {
  var encoder: Encoder
  private(set) var following: Perception.Percept

  /// Makes the encoder that will follow that of `online`, whose values it takes over.
  init(name: String, following online: borrowing Perception, _ design: LearnerDesign) {
    encoder = Encoder(name: name, design)
    encoder.store.follow(online.encoder.store, rate: 1)
    following = Perception.Percept(encoder, count: online.count)
  }

  /// Perceives S′ with the running statistics of `online`.
  ///
  /// - Returns: whether every number is finite.
  mutating func perceiveFollowing(_ next: borrowing Observation, as online: borrowing Perception) -> Bool {
    following.perceive(next, through: encoder, online.normalizer)
  }
}

/// A network that follows another slowly: θ′ ← τθ + (1 − τ)θ′.
struct TargetNetwork: ~Copyable, Sendable {
  var network: MultilayerPerceptron
  private(set) var pass: MultilayerPerceptron.Pass

  /// Takes over the values of `online`, which `network` is shaped like.
  init(_ network: consuming MultilayerPerceptron, following online: borrowing MultilayerPerceptron) {
    pass = network.makePass()
    self.network = network
    self.network.store.follow(online.store, rate: 1)
  }

  /// Computes the outputs for a vector.
  mutating func forward(_ vector: borrowing FloatBuffer) {
    pass.input.copy(from: vector)
    network.forward(&pass)
  }

  /// The first output for a vector and an action.
  mutating func value(_ vector: borrowing FloatBuffer, _ action: [Float]) -> Float {
    pass.setInput(vector, action)
    network.forward(&pass)
    return pass.output[0]
  }
}

/// AVG's target network: a critic that follows the learned one, its encoder with it.
struct TargetCritic: ~Copyable, Sendable {
  var perception: TargetPerception
  var critic: TargetNetwork
  private let rate: Double

  init(_ design: LearnerDesign, following online: borrowing Critic) {
    rate = design.configuration.targetNetworkRate
    perception = TargetPerception(name: "target.encoder", following: online.perception, design)
    critic = TargetNetwork(
      MultilayerPerceptron(
        name: "target.critic", design, inputs: online.valueFunction.network.inputs, heads: [("q", 1)]),
      following: online.valueFunction.network)
  }

  /// Q(S′, A′), S′ being perceived.
  mutating func followingValue(_ action: [Float]) -> Float {
    critic.value(perception.following.vector, action)
  }

  func write(to file: inout Safetensors) {
    file.setValues(perception.encoder.store)
    file.setValues(critic.network.store)
  }

  mutating func restore(_ reader: TensorReader) throws(CheckpointError) {
    try reader.restoreValues(&perception.encoder.store)
    try reader.restoreValues(&critic.network.store)
  }

  /// Goes the share τ of the way to what has been learned.
  mutating func follow(_ online: borrowing Critic) {
    perception.encoder.store.follow(online.perception.encoder.store, rate: rate)
    critic.network.store.follow(online.valueFunction.network.store, rate: rate)
  }
}
