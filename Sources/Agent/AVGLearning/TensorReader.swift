import AVGCore
import AVGNetwork

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

  /// As `finite`, with every number in −`limit`…`limit`.
  func bounded(_ tensor: String, shape: [Int], limit: Float) throws(CheckpointError) -> [Float] {
    let numbers = try finite(tensor, shape: shape, as: Float.self)
    if let wrong = numbers.first(where: { abs($0) > limit }) {
      throw .damaged(file: name, reason: "\(tensor) holds \(wrong), beyond ±\(limit)")
    }
    return numbers
  }

  /// An action, each number in −1…1, followed by a whole number in `last`.
  func action(
    _ tensor: String, count: Int, last: ClosedRange<Float>
  ) throws(CheckpointError) -> [Float] {
    let numbers = try finite(tensor, shape: [count + 1], as: Float.self)
    guard numbers.dropLast().allSatisfy({ abs($0) <= 1 }), last.contains(numbers[count]),
      numbers[count] == numbers[count].rounded()
    else { throw .damaged(file: name, reason: "\(tensor) cannot be \(numbers)") }
    return numbers
  }

  /// As `finite`, for numbers whose roots are taken later: none may be negative.
  private func nonNegative<Number: TensorElement & BinaryFloatingPoint>(
    _ tensor: String, shape: [Int], as type: Number.Type
  ) throws(CheckpointError) -> [Number] {
    let numbers = try finite(tensor, shape: shape, as: type)
    guard numbers.allSatisfy({ $0 >= 0 }) else {
      throw .damaged(file: name, reason: "\(tensor) holds a negative number")
    }
    return numbers
  }

  /// The steps that each optimiser has taken.
  func stepCounts(_ tensor: String = "optimizer.steps", count: Int) throws(CheckpointError) -> [Int] {
    let steps = try numbers(tensor, count: count, as: UInt64.self)
    guard steps.allSatisfy({ $0 <= UInt64(Int32.max) }) else {
      throw .damaged(file: name, reason: "\(tensor) is \(steps)")
    }
    return steps.map(Int.init)
  }

  /// Takes over the values of a target network, which `Safetensors.setTarget` kept.
  func restoreTarget(_ parameters: inout Parameters) throws(CheckpointError) {
    for tensor in parameters.tensors {
      tensor.write(
        try finite("target." + tensor.name, shape: tensor.shape, as: Float.self), to: &parameters.values)
    }
  }

  /// Takes over the values and what the optimiser keeps, which `Safetensors.set` kept.
  func restore(_ learned: inout LearnedParameters, stepCount: Int) throws(CheckpointError) {
    for tensor in learned.parameters.tensors {
      tensor.write(
        try finite(tensor.name, shape: tensor.shape, as: Float.self), to: &learned.parameters.values)
    }
    try restore(&learned.optimizer, of: learned.parameters.tensors, stepCount: stepCount)
  }

  /// Takes over what an optimiser keeps of these tensors, which `Safetensors.set` kept.
  func restore(
    _ optimizer: inout Optimizer, of tensors: [Parameter], stepCount: Int, prefix: String = ""
  ) throws(CheckpointError) {
    for memory in optimizer.memories {
      for tensor in tensors {
        let name = "\(prefix)\(memory.rawValue).\(tensor.name)"
        let entries =
          memory == .secondMoment
          ? try nonNegative(name, shape: tensor.shape, as: Float.self)
          : try finite(name, shape: tensor.shape, as: Float.self)
        optimizer.write(entries, memory, of: tensor)
      }
    }
    var means = optimizer.means
    if !means.isEmpty, let first = tensors.first {
      means = try nonNegative("\(prefix)means.\(first.name)", shape: [means.count], as: Double.self)
    }
    optimizer.resume(stepCount: stepCount, means: means)
  }

  func restore(_ normalizer: inout RunningNormalizer?, _ tensor: String) throws(CheckpointError) {
    guard let count = normalizer?.means.count, count > 0 else { return }
    normalizer?.means = try finite(tensor + ".mean", shape: [count], as: Double.self)
    normalizer?.variances = try nonNegative(tensor + ".variance", shape: [count], as: Double.self)
    normalizer?.count = try nonNegative(tensor + ".count", shape: [1], as: Double.self)[0]
  }
}
