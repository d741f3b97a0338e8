import AVGCore
import AVGNetwork

extension AVG {
  /// The whole state of the learner as named tensors: weights under PyTorch's names and shapes, Adam's moments,
  /// running statistics, random sources, and the action that is still to be learned from.
  public func checkpoint(metadata: [String: String] = [:]) -> Safetensors {
    var file = Safetensors()
    file.metadata = metadata
    file.metadata["format"] = Safetensors.checkpointFormat
    Self.write(actor.store, actorOptimizer, to: &file)
    Self.write(critic.store, criticOptimizer, to: &file)
    Self.write(perception.encoder.store, encoderOptimizer, to: &file)
    Self.write(actorPerception.encoder.store, actorEncoderOptimizer, to: &file)
    let steps = [actorOptimizer, criticOptimizer, encoderOptimizer, actorEncoderOptimizer].map(\.stepCount)
    file.set("optimizer.steps", steps.map(UInt64.init), shape: [4])
    Self.write(perception.normalizer, "normalizer", to: &file)
    Self.write(actorPerception.normalizer, "actor.normalizer", to: &file)
    file.set("scaler", scaler.numbers, shape: [scaler.numbers.count])
    file.set("random", [exploration.state, imagination.state], shape: [2])
    file.set("exploration.noise", explorationNoise.values, shape: [actionCount])
    target?.write(to: &file)
    writePendingTransition(to: &file)
    return file
  }

  /// Takes over the state that `checkpoint(metadata:)` gave, of an agent of the same configuration.
  ///
  /// - Throws: `CheckpointError`; the agent is then to be thrown away.
  public mutating func restore(_ file: Safetensors, name: String) throws(CheckpointError) {
    try file.checkFormat(name: name)
    let reader = TensorReader(file: file, name: name)
    try reader.restore(&actor.store, hasMomentum: configuration.firstMomentDecay > 0)
    try reader.restore(&critic.store, hasMomentum: configuration.firstMomentDecay > 0)
    try reader.restore(&perception.encoder.store, hasMomentum: configuration.firstMomentDecay > 0)
    try reader.restore(&actorPerception.encoder.store, hasMomentum: configuration.firstMomentDecay > 0)
    let steps = try reader.stepCounts(count: 4)
    actorOptimizer.stepCount = steps[0]
    criticOptimizer.stepCount = steps[1]
    encoderOptimizer.stepCount = steps[2]
    actorEncoderOptimizer.stepCount = steps[3]
    try reader.restore(&perception.normalizer, "normalizer")
    try reader.restore(&actorPerception.normalizer, "actor.normalizer")
    scaler = try TemporalDifferenceScaler(reader)
    let states = try reader.numbers("random", count: 2, as: UInt64.self)
    exploration.state = states[0]
    imagination.state = states[1]
    explorationNoise.restore(try reader.finite("exploration.noise", shape: [actionCount], as: Float.self))
    try target?.restore(reader)
    try readPendingTransition(reader)
  }

  static func write(_ store: borrowing ParameterStore, _ optimizer: Adam, to file: inout Safetensors) {
    for parameter in store.parameters {
      file.set(parameter.name, parameter.read(from: store.values), shape: parameter.shape)
      file.set(
        "second_moment." + parameter.name, parameter.read(from: store.secondMoments), shape: parameter.shape)
      if optimizer.firstMomentDecay > 0 {
        file.set(
          "first_moment." + parameter.name, parameter.read(from: store.firstMoments), shape: parameter.shape)
      }
    }
  }

  static func write(_ normalizer: RunningNormalizer?, _ name: String, to file: inout Safetensors) {
    guard let normalizer, !normalizer.means.isEmpty else { return }
    file.set(name + ".mean", normalizer.means, shape: [normalizer.means.count])
    file.set(name + ".variance", normalizer.variances, shape: [normalizer.variances.count])
    file.set(name + ".count", [normalizer.count], shape: [1])
  }
}

extension Safetensors {
  /// Keeps the values alone, as of a network that is not trained.
  mutating func setValues(_ store: borrowing ParameterStore) {
    for parameter in store.parameters {
      set(parameter.name, parameter.read(from: store.values), shape: parameter.shape)
    }
  }
}

/// Reads tensors, checking shapes and that every number is finite.
struct TensorReader {
  var file: Safetensors
  var name: String

  func numbers<Number: TensorElement>(
    _ tensor: String, count: Int, as _: Number.Type
  ) throws(CheckpointError) -> [Number] {
    guard let numbers = file.numbers(tensor, as: Number.self) else {
      throw .mismatched(file: name, tensor: tensor, expected: "\(count) numbers", found: "missing")
    }
    guard numbers.count == count else {
      throw .mismatched(
        file: name, tensor: tensor, expected: "\(count) numbers", found: "\(numbers.count) numbers")
    }
    return numbers
  }

  func finite<Number: TensorElement & BinaryFloatingPoint>(
    _ tensor: String, shape: [Int], as _: Number.Type
  ) throws(CheckpointError) -> [Number] {
    if let found = file.tensors[tensor]?.shape, found != shape {
      throw .mismatched(file: name, tensor: tensor, expected: "of the shape \(shape)", found: "\(found)")
    }
    let numbers = try numbers(tensor, count: shape.reduce(1, *), as: Number.self)
    guard numbers.allSatisfy(\.isFinite) else {
      throw .damaged(file: name, reason: "\(tensor) holds a number that is not finite")
    }
    return numbers
  }

  /// As `finite`; the roots of these numbers are taken.
  private func nonNegative<Number: TensorElement & BinaryFloatingPoint>(
    _ tensor: String, shape: [Int], as type: Number.Type
  ) throws(CheckpointError) -> [Number] {
    let numbers = try finite(tensor, shape: shape, as: type)
    guard numbers.allSatisfy({ $0 >= 0 }) else {
      throw .damaged(file: name, reason: "\(tensor) holds a negative number")
    }
    return numbers
  }

  /// The steps that optimisers have taken.
  func stepCounts(count: Int) throws(CheckpointError) -> [Int] {
    let steps = try numbers("optimizer.steps", count: count, as: UInt64.self)
    guard steps.allSatisfy({ $0 <= UInt64(Int32.max) }) else {
      throw .damaged(file: name, reason: "optimizer.steps is \(steps)")
    }
    return steps.map(Int.init)
  }

  /// Values alone, as a network has that is not trained.
  func restoreValues(_ store: inout ParameterStore) throws(CheckpointError) {
    for parameter in store.parameters {
      parameter.write(try finite(parameter.name, shape: parameter.shape, as: Float.self), to: &store.values)
    }
  }

  func restore(_ store: inout ParameterStore, hasMomentum: Bool) throws(CheckpointError) {
    try restoreValues(&store)
    for parameter in store.parameters {
      parameter.write(
        try nonNegative("second_moment." + parameter.name, shape: parameter.shape, as: Float.self),
        to: &store.secondMoments)
      if hasMomentum {
        parameter.write(
          try finite("first_moment." + parameter.name, shape: parameter.shape, as: Float.self),
          to: &store.firstMoments)
      }
    }
  }

  func restore(_ normalizer: inout RunningNormalizer?, _ tensor: String) throws(CheckpointError) {
    guard let count = normalizer?.means.count, count > 0 else { return }
    normalizer?.means = try finite(tensor + ".mean", shape: [count], as: Double.self)
    normalizer?.variances = try nonNegative(tensor + ".variance", shape: [count], as: Double.self)
    normalizer?.count = try nonNegative(tensor + ".count", shape: [1], as: Double.self)[0]
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
  /// Whether numbers can have led to these.
  fileprivate var isPossible: Bool { count >= 0 && squares >= 0 }
}
