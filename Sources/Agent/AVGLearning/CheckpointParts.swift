import AVGCore
import AVGNetwork

// The parts of the learners' checkpoints.

extension Actor where Sample: ActionSample {
  /// A checkpoint of the actor, and of the critic's perception, which a shared encoder belongs to.
  func checkpoint(_ metadata: [String: String], _ critic: borrowing Perception) -> Safetensors {
    var file = Safetensors()
    file.metadata = metadata
    file.metadata["format"] = Safetensors.checkpointFormat
    file.set(learned)
    file.set(critic, normalizer: "normalizer")
    file.set(perception, normalizer: "actor.normalizer")
    file.set("random", [exploration.state, imagination.state], shape: [2])
    file.set("exploration.noise", explorationNoise.values, shape: [explorationNoise.values.count])
    if let excursions {
      file.set("exploration.excursion", excursions.numbers, shape: [excursions.numbers.count])
    }
    if countsFollowing {
      let counted: [UInt64] = [followingIsCounted ? 1 : 0]
      file.set("perception.counted", counted, shape: [1])
    }
    if pending.canLearn { file.setPendingTransition(critic, perception, actorPass, sample, executed) }
    return file
  }

  /// - Parameter stepCounts: the steps of the actor's, the encoder's and the actor's encoder's optimisers, then others.
  mutating func restore(
    _ reader: TensorReader, _ critic: inout Perception, _ stepCounts: [Int]
  ) throws(CheckpointError) {
    try reader.restore(&learned, stepCount: stepCounts[0])
    try reader.restore(&critic, normalizer: "normalizer", stepCount: stepCounts[1])
    try reader.restore(&perception, normalizer: "actor.normalizer", stepCount: stepCounts[2])
    let states = try reader.numbers("random", count: 2, as: UInt64.self)
    exploration.state = states[0]
    imagination.state = states[1]
    explorationNoise.restore(
      try reader.bounded(
        "exploration.noise", shape: [explorationNoise.values.count], limit: ExplorationNoise.greatest))
    if let count = excursions?.action.count {
      // The configuration may have had a longer limit when the checkpoint was written.
      excursions?.numbers = try reader.action(
        "exploration.excursion", count: count, last: 0...Excursions.longestOfAll)
    }
    if countsFollowing {
      // Checkpoints of older versions lack it: there an action is chosen next, which counts S.
      let isKnown = reader.file.tensors["perception.counted"] != nil
      let counted = isKnown ? try reader.numbers("perception.counted", count: 1, as: UInt64.self)[0] : 0
      guard counted <= 1 else {
        throw .damaged(file: reader.name, reason: "perception.counted is \(counted), neither 0 nor 1")
      }
      followingIsCounted = counted == 1
    }
    resume(
      hasAction: try reader.restorePendingTransition(
        &critic, &perception, &actorPass, &sample, &executed))
  }
}

extension Safetensors {
  /// Adds an excursion that is over, so that a learner that makes excursions can begin with one that made none.
  public mutating func addRestingExcursion(actionCount: Int) {
    guard tensors["exploration.excursion"] == nil else { return }
    set("exploration.excursion", [Float](repeating: 0, count: actionCount + 1), shape: [actionCount + 1])
  }

  /// Keeps the values and what the optimiser keeps.
  mutating func set(_ learned: borrowing LearnedParameters) {
    let tensors = learned.parameters.tensors
    set(learned.parameters.values, tensors)
    set(learned.optimizer, of: tensors)
  }

  /// Keeps what an optimiser keeps of these tensors.
  mutating func set(_ optimizer: borrowing Optimizer, of tensors: [Parameter], prefix: String = "") {
    for memory in optimizer.memories {
      for tensor in tensors {
        set(
          "\(prefix)\(memory.rawValue).\(tensor.name)", optimizer.read(memory, of: tensor),
          shape: tensor.shape)
      }
    }
    let means = optimizer.means
    if !means.isEmpty, let first = tensors.first {
      set("\(prefix)means.\(first.name)", means, shape: [means.count])
    }
  }

  /// Keeps the values of a target network.
  mutating func setTarget(_ parameters: borrowing Parameters) {
    set(parameters.values, parameters.tensors, prefix: "target.")
  }

  private mutating func set(
    _ buffer: borrowing FloatBuffer, _ tensors: [Parameter], prefix: String = ""
  ) {
    for tensor in tensors { set(prefix + tensor.name, tensor.read(from: buffer), shape: tensor.shape) }
  }

  mutating func set(_ normalizer: RunningNormalizer?, _ name: String) {
    guard let normalizer, !normalizer.means.isEmpty else { return }
    set(name + ".mean", normalizer.means, shape: [normalizer.means.count])
    set(name + ".variance", normalizer.variances, shape: [normalizer.variances.count])
    set(name + ".count", [normalizer.count], shape: [1])
  }

  mutating func set(_ perception: borrowing Perception, normalizer name: String) {
    set(perception.learned)
    set(perception.normalizer, name)
  }

  mutating func set(_ critics: borrowing TwinCritic) {
    set(critics.first.learned)
    set(critics.second.learned)
  }

  mutating func set(_ scaler: TemporalDifferenceScaler) {
    set("scaler", scaler.numbers, shape: [scaler.numbers.count])
  }

  mutating func setStepCounts(_ counts: [Int]) {
    set("optimizer.steps", counts.map(UInt64.init), shape: [counts.count])
  }
}

extension TensorReader {
  /// Makes a reader of a checkpoint in this program's format.
  init(checking file: Safetensors, name: String) throws(CheckpointError) {
    try file.checkFormat(name: name)
    self.init(file: file, name: name)
  }

  func restore(
    _ perception: inout Perception, normalizer name: String, stepCount: Int
  ) throws(CheckpointError) {
    try restore(&perception.learned, stepCount: stepCount)
    try restore(&perception.normalizer, name)
  }

  func restore(_ critics: inout TwinCritic, stepCount: Int) throws(CheckpointError) {
    try restore(&critics.first.learned, stepCount: stepCount)
    try restore(&critics.second.learned, stepCount: stepCount)
  }
}

extension TemporalDifferenceScaler {
  var numbers: [Double] {
    [rewards, discounts, squaredReturns].flatMap { [$0.count, $0.mean, $0.squares] } + [runningReturn]
  }

  private init(numbers: [Double]) {
    self.init()
    rewards = Statistics(count: numbers[0], mean: numbers[1], squares: numbers[2])
    discounts = Statistics(count: numbers[3], mean: numbers[4], squares: numbers[5])
    squaredReturns = Statistics(count: numbers[6], mean: numbers[7], squares: numbers[8])
    runningReturn = numbers[9]
  }

  /// Takes the statistics out of a checkpoint.
  init(_ reader: TensorReader) throws(CheckpointError) {
    self.init(numbers: try reader.finite("scaler", shape: [Self().numbers.count], as: Double.self))
    guard [rewards, discounts, squaredReturns].allSatisfy(\.isPossible) else {
      throw .damaged(file: reader.name, reason: "scaler holds a negative count or variance")
    }
  }
}

extension TemporalDifferenceScaler.Statistics {
  /// Whether any numbers have these statistics.
  fileprivate var isPossible: Bool { count >= 0 && squares >= 0 }
}
