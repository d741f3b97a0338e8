internal import AVGCore
internal import AVGNetwork

/// How far an update from a batch has come: it goes through the slices once for the critics, then once for the actor.
struct BatchUpdate: Sendable {
  /// The control steps that it has had.
  var steps = 0
  /// The slices that are done, of both passes.
  var slices = 0
  /// Σ δ₁², Σ Q₁, Σ log π and Σ min Q of the actor's actions, over those slices.
  var squares: Float = 0
  var values: Float = 0
  var logProbabilities: Float = 0
  var policyValues: Float = 0
  /// Σ of the squared gradients of the value functions and of their encoder, once these have been stepped by.
  var criticSquares: Float = 0
  var encoderSquares: Float = 0

  var sums: [Float] {
    get { [squares, values, logProbabilities, policyValues, criticSquares, encoderSquares] }
    set {
      (squares, values, logProbabilities) = (newValue[0], newValue[1], newValue[2])
      (policyValues, criticSquares, encoderSquares) = (newValue[3], newValue[4], newValue[5])
    }
  }

  /// The record of an update whose batch had `count` transitions.
  func record(count: Float) -> Update {
    var update = Update(
      temporalDifferenceError: (squares / count).squareRoot(), temporalDifferenceScale: 1,
      value: values / count, logProbability: logProbabilities / count, isRefused: false)
    update.criticGradientNorm = criticSquares.squareRoot()
    update.encoderGradientNorm = encoderSquares.squareRoot()
    return update
  }
}

extension BatchLearner {
  /// Learns from a batch of the transitions that have been kept.
  func update() -> Update {
    drawBatch()
    beginUpdate()
    return finishUpdate()
  }

  /// Draws the next batch, and the noise.
  private func drawBatch() {
    memory.draw()
    actor.imagine(&noise)
  }

  /// Learns from the batch at hand, with this noise.
  func update(noise: [Float]) -> Update {
    self.noise = noise
    beginUpdate()
    return finishUpdate()
  }

  /// Learns from the slices that are left.
  private func finishUpdate() -> Update {
    while true {
      guard let update = learnSlice() else { continue }
      progress = BatchUpdate()
      return update
    }
  }

  /// Does a control step's share of an update that is spread over several.
  ///
  /// - Returns: the update, if this was the last share.
  func learnShare() -> Update? {
    if progress.steps == 0 {
      drawBatch()
      beginUpdate()
    } else if !memory.holdsBatch {
      // A buffer so small that the batch has made room for newer transitions.
      progress = BatchUpdate()
      return actor.refusal(scale: 1)
    }
    progress.steps += 1
    let due = 2 * critic.slices * progress.steps / actor.configuration.batch.stepsPerUpdate
    while progress.slices < due {
      guard let update = learnSlice() else { continue }
      progress = BatchUpdate()
      return update
    }
    return nil
  }
}

// An update that is under way belongs to a checkpoint.
extension BatchLearner {
  private static var name: String { "update" }

  func writeUpdate(to file: inout Safetensors) {
    guard progress.steps > 0 else { return }
    file.set(Self.name, [UInt64(progress.steps), UInt64(progress.slices)], shape: [2])
    file.set(Self.name + ".sums", progress.sums, shape: [progress.sums.count])
    file.set(Self.name + ".batch", memory.numbers.map(UInt64.init), shape: [memory.numbers.count])
    file.set(Self.name + ".noise", noise, shape: [noise.count])
    file.set(Self.name + ".states", critic.states.array(0, critic.states.count), shape: [critic.states.count])
    file.setGradient(critic.first.learned, Self.name + ".critic.1")
    file.setGradient(critic.second.learned, Self.name + ".critic.2")
    file.setGradient(critic.perception.learned, Self.name + ".encoder")
    file.setGradient(actor.learned, Self.name + ".actor")
    file.setGradient(actor.perception.learned, Self.name + ".actor.encoder")
  }

  /// Takes up the update that was under way, if there was one; the buffer has been restored.
  func restoreUpdate(_ reader: TensorReader) throws(CheckpointError) {
    progress = BatchUpdate()
    guard mode.isLearning, reader.file.tensors[Self.name] != nil else { return }
    let state = try reader.numbers(Self.name, count: 2, as: UInt64.self)
    let most = UInt64(actor.configuration.batch.stepsPerUpdate)
    guard state[0] > 0, state[0] < most, state[1] < UInt64(2 * critic.slices) else {
      throw .damaged(file: reader.name, reason: "update cannot have come to \(state)")
    }
    let batch = try reader.numbers(Self.name + ".batch", count: memory.numbers.count, as: UInt64.self)
    guard memory.resume(batch) else {
      throw .damaged(file: reader.name, reason: "update.batch names transitions that are not kept")
    }
    beginUpdate()
    noise = try reader.numbers(Self.name + ".noise", count: noise.count, as: Float.self)
    critic.states.write(
      try reader.numbers(Self.name + ".states", count: critic.states.count, as: Float.self))
    try reader.restoreGradient(&critic.first.learned, Self.name + ".critic.1")
    try reader.restoreGradient(&critic.second.learned, Self.name + ".critic.2")
    try reader.restoreGradient(&critic.perception.learned, Self.name + ".encoder")
    try reader.restoreGradient(&actor.learned, Self.name + ".actor")
    try reader.restoreGradient(&actor.perception.learned, Self.name + ".actor.encoder")
    progress.sums = try reader.numbers(Self.name + ".sums", count: progress.sums.count, as: Float.self)
    progress.steps = Int(state[0])
    progress.slices = Int(state[1])
  }
}

extension Safetensors {
  /// Keeps what has been added to a gradient.
  fileprivate mutating func setGradient(_ learned: borrowing LearnedParameters, _ name: String) {
    let count = learned.gradients.dense.count
    guard count > 0 else { return }
    set(name, learned.gradients.dense.array(0, count), shape: [count])
  }
}

extension TensorReader {
  fileprivate func restoreGradient(
    _ learned: inout LearnedParameters, _ name: String
  ) throws(CheckpointError) {
    let count = learned.gradients.dense.count
    guard count > 0 else { return }
    learned.gradients.dense.write(try numbers(name, count: count, as: Float.self))
  }
}
