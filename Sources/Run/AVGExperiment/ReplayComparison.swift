import AVGCore
package import AVGLearning
package import AVGRecording
import AVGSystem
package import AVGTraining
import Foundation

/// Holds each step of a replay against that of the log, up to the first difference.
package final class ReplayComparison {
  /// The first difference, by step and channel.
  package private(set) var difference: String?
  /// The replay's final checkpoint.
  package private(set) var replayed: [UInt8]?

  private let player: LogPlayer
  private var stepCount = 0
  private var hasFinalCheckpoint = false

  /// Compares with a log, number by number: they must have the same bits, but for the sign of zero.
  package init(_ player: LogPlayer) { self.player = player }

  /// Compares a step with the log's next.
  ///
  /// - Returns: whether they are the same, as far as the log goes.
  package func compare(_ step: LoggedStep) throws -> Bool {
    guard difference == nil, let logged = try player.nextStep() else { return difference == nil }
    stepCount += 1
    check(step.step, "/outcome step", Double(step.step), Double(logged.step))
    check(step.step, "/proprioception observed", step.observed, logged.observed)
    check(step.step, "/action chosen", step.chosen, logged.chosen)
    check(step.step, "/action log_probability", step.logProbability, logged.logProbability)
    check(step.step, "/action noise", step.noise, logged.noise)
    let (outcome, loggedOutcome) = (step.outcome, logged.outcome)
    check(step.step, "/outcome reward", outcome.reward, loggedOutcome.reward)
    for (name, value, loggedValue) in [
      ("terminated", outcome.terminated, loggedOutcome.terminated),
      ("truncated", outcome.truncated, loggedOutcome.truncated),
      ("reached_goal", outcome.reachedGoal, loggedOutcome.reachedGoal),
      ("stale", outcome.isStale, loggedOutcome.isStale),
      ("has learned", step.update != nil, logged.update != nil),
    ] where value != loggedValue { note(step.step, "/outcome \(name)", "\(loggedValue)", "\(value)") }
    check(
      step.step, "/outcome missed_cycles", Double(outcome.missedCycles), Double(loggedOutcome.missedCycles))
    if let update = step.update, let loggedUpdate = logged.update {
      for (name, value, loggedValue) in [
        ("temporal_difference_error", update.temporalDifferenceError, loggedUpdate.temporalDifferenceError),
        ("temporal_difference_scale", update.temporalDifferenceScale, loggedUpdate.temporalDifferenceScale),
        ("value", update.value, loggedUpdate.value), ("actor_loss", update.actorLoss, loggedUpdate.actorLoss),
        ("actor_gradient_norm", update.actorGradientNorm, loggedUpdate.actorGradientNorm),
        ("critic_gradient_norm", update.criticGradientNorm, loggedUpdate.criticGradientNorm),
        ("encoder_gradient_norm", update.encoderGradientNorm, loggedUpdate.encoderGradientNorm),
      ] { check(step.step, "/learning \(name)", value, loggedValue) }
    }
    return difference == nil
  }

  /// Compares the ends: no step of the log is left, and the final checkpoint is the log's.
  package func finish(_ agent: borrowing some CheckpointedAgent & ~Copyable, _ trainingState: TrainingState)
    throws
  {
    guard difference == nil else { return }
    if let left = try player.nextStep() { return note(left.step, "/outcome", "a step", "none") }
    let recorded = try player.finalCheckpoint.map {
      try Safetensors(Data($0), name: "\(player.name) (\(FrameLogWriter.finalCheckpoint))")
    }
    let metadata = recorded?.metadata ?? player.metadata
    // The simulated world behind the log cannot be replayed from it: its state is taken over.
    var own = try RunCheckpoint(
      agent, trainingState, environment: metadata["environment"],
      configuration: metadata["configuration"] ?? "", replay: .nowhere)
    own.setVersion(metadata["version"])
    own.setArithmetic(metadata["arithmetic"])
    let bytes = try own.encoded()
    replayed = bytes
    guard let recorded else { return }
    hasFinalCheckpoint = true
    guard bytes != player.finalCheckpoint else { return }
    compare(own.file, recorded, step: trainingState.progress.steps)
  }

  private func compare(_ own: Safetensors, _ recorded: Safetensors, step: Int) {
    for (name, tensor) in recorded.tensors.sorted(by: { $0.key < $1.key }) {
      guard let mine = own.tensors[name], mine.shape == tensor.shape, mine.type == tensor.type else {
        return note(step, "final checkpoint, \(name)", "\(tensor.shape)", "\(own.tensors[name]?.shape ?? [])")
      }
      guard mine.bytes != tensor.bytes else { continue }
      note(step, "final checkpoint, \(name)", "its own bytes", "others")
    }
    for key in Set(own.metadata.keys).union(recorded.metadata.keys).sorted()
    where !["checksum", "version"].contains(key) && own.metadata[key] != recorded.metadata[key] {
      // Logs from before 2026-11-29 have no totals in 'run'; what it counts has been compared step by step.
      if key == "run", recorded.metadata[key]?.contains(#""distances""#) == true { continue }
      note(step, "final checkpoint, \(key)", recorded.metadata[key] ?? "none", own.metadata[key] ?? "none")
    }
  }

  private func check(_ step: Int, _ channel: String, _ values: [Float], _ logged: [Float]) {
    guard values.count == logged.count else {
      return note(step, channel, "\(logged.count) numbers", "\(values.count)")
    }
    for index in values.indices { check(step, "\(channel)[\(index)]", values[index], logged[index]) }
  }

  private func check(_ step: Int, _ channel: String, _ value: Float, _ logged: Float) {
    if value.bitPattern != logged.bitPattern, !(value == 0 && logged == 0) {
      check(step, channel, Double(value), Double(logged))
    }
  }

  private func check(_ step: Int, _ channel: String, _ value: Double, _ logged: Double) {
    if value != logged { note(step, channel, "\(logged)", "\(value)") }
  }

  private func note(_ step: Int, _ channel: String, _ logged: String, _ replayed: String) {
    if difference == nil {
      difference = "step \(step), \(channel): recorded \(logged), replayed \(replayed)"
    }
  }

  /// What was found to be the same.
  package var summary: String {
    """
    steps             \(stepCount): actions, rewards and TD errors equal to the bit
    final checkpoint  \(hasFinalCheckpoint ? "identical" : "none in the log to compare with")
    """
  }
}
