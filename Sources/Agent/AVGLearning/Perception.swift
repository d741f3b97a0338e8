internal import AVGCore
public import AVGNetwork

/// Turns an observation into the vector that actor and critic take: the encoder's features and proprioception, normalised.
///
/// It keeps the encoder's passes of S, for the backward pass, and of S′.
public struct Perception: ~Copyable, Sendable {
  /// The encoder; without layers where the agent has no camera.
  public let encoder: Encoder
  /// The encoder's parameters.
  public var learned: LearnedParameters
  /// The running statistics of features and proprioception; absent when switched off.
  public internal(set) var normalizer: RunningNormalizer?
  /// The length of the vector.
  public let count: Int

  /// The time input of what is perceived next, if there is such an input.
  var time: Float = 0

  private(set) var current: Percept
  private(set) var following: Percept
  private var featureGradient: FloatBuffer

  /// One observation's vector, with all that its backward pass needs.
  struct Percept: ~Copyable, Sendable {
    fileprivate var pass: Encoder.Pass
    /// The vector [count].
    fileprivate(set) var vector: FloatBuffer
    /// The vector before its normalisation; empty unless somebody keeps it.
    fileprivate(set) var raw: FloatBuffer
    /// The derivative of each of the vector's numbers with respect to the raw one.
    fileprivate var scales: FloatBuffer
    /// The last number of the vector, which is not normalised, where there is one behind the signals.
    fileprivate var time: Float = 0

    init(_ encoder: Encoder, count: Int, keepsRaw: Bool = false) {
      pass = encoder.makePass()
      vector = FloatBuffer(count: count)
      raw = FloatBuffer(count: keepsRaw ? count : 0)
      scales = FloatBuffer(count: count)
      for index in 0..<count {
        scales[index] = 1
      }
    }

    /// Fills `vector` with the raw features and signals.
    fileprivate mutating func look(
      at observation: borrowing Observation, through encoder: Encoder, _ parameters: borrowing Parameters
    ) {
      encoder.load(observation.frames, into: &pass)
      encoder.forward(&pass, parameters)
      for index in 0..<encoder.featureCount {
        vector[index] = pass.points[index]
      }
      vector.write(observation.proprioception, at: encoder.featureCount)
      let signals = encoder.featureCount + observation.proprioception.count
      if signals < vector.count { vector[signals] = time }
      if raw.count > 0 { raw.copy(from: vector) }
    }

    /// Perceives `observation` with the statistics as they are.
    ///
    /// - Returns: whether every number of the vector is finite.
    mutating func perceive(
      _ observation: borrowing Observation, through encoder: Encoder, _ parameters: borrowing Parameters,
      _ normalizer: RunningNormalizer?
    ) -> Bool {
      look(at: observation, through: encoder, parameters)
      // Checked before the normalisation too: its clipping turns a NaN into a bound.
      guard isFinite else { return false }
      normalizer?.normalize(&vector, scales: &scales)
      return isFinite
    }

    /// Everything the backward pass needs, by name, for a file.
    var numbers: [(name: String, numbers: [Float])] {
      [
        ("encoder", pass.numbers), ("vector", vector.array(0, vector.count)),
        ("scales", scales.array(0, scales.count)), ("raw", raw.array(0, raw.count)),
      ]
    }

    /// Whether every number of the vector is finite.
    var isFinite: Bool {
      var sum: Float = 0
      for index in 0..<vector.count {
        sum += vector[index] * 0
      }
      return sum == 0
    }
  }

  /// Makes the perception of the environment's frames and signals, with weights drawn from `weights`.
  init(
    name: String, _ design: LearnerDesign, of half: LearnerHalf = .critic, weights: inout RandomSource
  ) {
    let configuration = design.configuration
    encoder = Encoder(name: name, design)
    let normalizedCount = encoder.featureCount + design.environment.signalCount
    count = normalizedCount + design.timeInputCount
    let keepsRaw = configuration.rehearsal.transitions > 0
    current = Percept(encoder, count: count, keepsRaw: keepsRaw)
    following = Percept(encoder, count: count, keepsRaw: keepsRaw)
    featureGradient = FloatBuffer(count: encoder.featureCount)
    learned = LearnedParameters(encoder.layout, design, half, \.encoderLearningRate)
    encoder.initialize(&learned.parameters, configuration.convolutionInitialization, random: &weights)
    if configuration.normalizesObservations {
      normalizer = RunningNormalizer(
        length: normalizedCount, horizon: configuration.normalizerHorizon,
        clip: configuration.normalizerClip,
        estimate: configuration.algorithm.isStreamingActorCritic ? .sample : .prior)
    }
  }

  /// Replaces one part of S's percept by the numbers that `current.numbers` gave under `name`.
  mutating func setCurrent(_ name: String, _ numbers: [Float]) {
    switch name {
    case "encoder": current.pass.numbers = numbers
    case "vector": current.vector.write(numbers)
    case "raw": current.raw.write(numbers)
    default: current.scales.write(numbers)
    }
  }

  /// Perceives S; `updatesStatistics` lets the normaliser learn from it, unless a number is not finite.
  ///
  /// - Returns: whether every number of `current` is finite.
  mutating func perceive(_ observation: borrowing Observation, updatesStatistics: Bool) -> Bool {
    current.time = time
    current.look(at: observation, through: encoder, learned.parameters)
    // Checked before the normalisation too: its clipping turns a NaN into a bound.
    guard current.isFinite else { return false }
    if updatesStatistics {
      normalizer?.update(current.vector)
    }
    normalizer?.normalize(&current.vector, scales: &current.scales)
    return current.isFinite
  }

  /// Perceives S′, with the statistics as they are unless `updatesStatistics` takes it into them before.
  ///
  /// - Returns: whether every number of `following` is finite.
  mutating func perceiveFollowing(
    _ observation: borrowing Observation, updatesStatistics: Bool = false
  ) -> Bool {
    guard updatesStatistics else {
      following.time = time
      return following.perceive(observation, through: encoder, learned.parameters, normalizer)
    }
    swap(&current, &following)
    defer { swap(&current, &following) }
    return perceive(observation, updatesStatistics: true)
  }

  /// Perceives S′ as the next S, statistics included, so that an action can be chosen before the update.
  ///
  /// - Returns: whether every number of `following` is finite.
  mutating func anticipate(_ observation: borrowing Observation) -> Bool {
    perceiveFollowing(observation, updatesStatistics: true)
  }

  /// Makes S′ the new S.
  mutating func advance() {
    swap(&current, &following)
  }

  /// Computes the encoder's gradients at S for `scale` times the gradient of the vector.
  mutating func backward(_ vectorGradient: borrowing FloatBuffer, scale: Float) {
    for index in 0..<featureGradient.count {
      featureGradient[index] = vectorGradient[index] * current.scales[index] * scale
    }
    encoder.backward(
      &current.pass, learned.parameters, featureGradient: featureGradient, into: &learned.gradients)
  }

  /// Adds the encoder's gradients for that of the vectors that a slice of a batch was seen as.
  mutating func addGradients(_ percept: inout BatchPercept, _ vectorGradient: borrowing FloatBuffer) {
    percept.backward(vectorGradient, through: encoder, learned.parameters, into: &learned.gradients)
  }

  /// Writes the places of S's image points in the frames, in pixels: x₀ y₀ x₁ y₁ …, [featureCount].
  func writePoints(into points: inout [Float]) {
    let columns = encoder.imageColumns
    let rows = encoder.imageRows
    for index in 0..<min(points.count, encoder.featureCount) {
      let line = index.isMultiple(of: 2) ? columns : rows
      points[index] = line.first + (current.pass.points[index] + 1) / 2 * (line.last - line.first)
    }
  }

  /// The last convolution's activations at S; nil without a camera.
  func featureMaps() -> FeatureMaps? { encoder.featureMaps(of: current.pass) }
}
