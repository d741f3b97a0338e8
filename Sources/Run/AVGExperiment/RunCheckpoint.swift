package import AVGConfiguration
package import AVGCore
package import AVGLearning
import AVGNetwork
package import AVGTasks
package import AVGTraining
import Foundation

/// A checkpoint of a run: the learner's tensors, the loop's, and the rest in the metadata.
///
/// | key | holds |
/// |---|---|
/// | `configuration`, `version` | the resolved configuration as YAML; the program that wrote the file |
/// | `arithmetic` | what the numbers were computed with, as `InstructionSet` names it |
/// | `steps`, `episodes` | how far the run has come, for a reader |
/// | `run` | counters, the episode at hand and where the loop stands, as JSON |
/// | `environment` | the simulated world's state as JSON; absent for a real one |
/// | `frames`, `proprioception`, `action` (tensors) | the observation at hand, and what was last chosen |
package struct RunCheckpoint {
  /// The file's contents.
  package private(set) var file: Safetensors
  /// The file's name, for messages.
  package let name: String

  /// What the metadata's `run` holds.
  private struct Run: Codable {
    var progress: TrainingProgress
    var loop: LoopState
    var stamps: [Stamp]
  }

  private struct Stamp: Codable {
    var captured: Int64
    var sequence: UInt32
  }

  /// Takes the state of a run down.
  ///
  /// - Parameters:
  ///   - environment: the simulated world's state, if it has one.
  ///   - replay: where the transitions go that the agent keeps.
  package init<Learner: CheckpointedAgent & ~Copyable>(
    _ agent: borrowing Learner, _ trainingState: TrainingState, environment: String?, configuration: String,
    replay: ReplayPlace
  ) throws {
    name = "checkpoint"
    file = try agent.checkpoint(
      metadata: [
        "configuration": configuration, "version": Product.version,
        "arithmetic": InstructionSet.best.arithmetic,
        "steps": "\(trainingState.progress.steps)", "episodes": "\(trainingState.progress.episodes)",
      ], replay: replay)
    let stamps = trainingState.frames.map {
      Stamp(captured: $0.stamp.captured.nanoseconds, sequence: $0.stamp.sequence)
    }
    var loop = trainingState.loop
    loop.isExact = loop.isExact && environment != nil
    file.metadata["run"] = try ExactJSON.encode(
      Run(progress: trainingState.progress, loop: loop, stamps: stamps))
    file.metadata["environment"] = environment
    file.set("action", trainingState.action, shape: [trainingState.action.count])
    file.set("proprioception", trainingState.proprioception, shape: [trainingState.proprioception.count])
    guard let shape = trainingState.frames.first?.shape else { return }
    file.set(
      "frames", trainingState.frames.flatMap(\.pixels),
      shape: [trainingState.frames.count, shape.height, shape.width, 3])
  }

  /// The file's bytes.
  package func encoded() throws -> [UInt8] { [UInt8](try file.encodedWithChecksum()) }

  /// Takes over a file that has been read.
  package init(_ file: Safetensors, name: String) {
    self.file = file
    self.name = name
  }

  /// Checks format and checksum.
  package func verify() throws(CheckpointError) {
    try file.checkFormat(name: name)
    try file.verifyChecksum(name: name)
  }

  /// Names another program as the file's writer.
  package mutating func setVersion(_ version: String?) { file.metadata["version"] = version }

  /// Names another arithmetic than that in use.
  package mutating func setArithmetic(_ arithmetic: String?) { file.metadata["arithmetic"] = arithmetic }

  /// Reads a file.
  package init(reading path: String) throws(CheckpointError) {
    self.init(try Safetensors(readingCheckpoint: path), name: path)
  }

  /// The episodes that had ended.
  package var episodeCount: Int { max(0, file.metadata["episodes"].flatMap { Int($0) } ?? 0) }

  /// The steps that had been done.
  package var stepCount: Int { file.metadata["steps"].flatMap { Int($0) } ?? 0 }

  /// Whether the file tells the run's configuration.
  package var hasConfiguration: Bool { file.metadata["configuration"] != nil }

  /// The configuration that the run went by, with `overrides`.
  package func configuration<Configuration: RunConfiguration>(
    _ type: Configuration.Type = Configuration.self, overrides: [ConfigurationOverride] = []
  ) throws -> Configuration {
    try StrictYAML.load(
      Configuration.unrecorded, from: try entry("configuration"), file: "\(name) (configuration)",
      overrides: overrides)
  }

  /// The state in which the run was broken off, in an environment of this specification.
  ///
  /// - Parameter signalLimit: the magnitude beyond which no signal can be.
  package func trainingState(
    of specification: EnvironmentSpecification, signalLimit: Float = greatestSignal
  ) throws -> TrainingState {
    let run = try ExactJSON.decode(Run.self, try entry("run"), subject: "\(name): run")
    guard run.progress.isPossible, run.loop.episode.isPossible else {
      throw CheckpointError.damaged(
        file: name,
        reason: "no run can have come to what its metadata's 'run' counts: \(run.progress.steps) steps, …")
    }
    guard episodeCount == run.progress.episodes else {
      throw CheckpointError.damaged(
        file: name,
        reason:
          "its metadata count \(file.metadata["episodes"] ?? "no") episodes, its run \(run.progress.episodes)"
      )
    }
    var frames: [Frame] = []
    let shape = specification.frames?.shape ?? FrameShape(height: 0, width: 0)
    let count = specification.frames?.count ?? 0
    let pixels: [UInt8] = try numbers("frames", count: count * shape.byteCount)
    for index in 0..<count {
      var frame = Frame(shape: shape)
      frame.pixels = Array(pixels[index * shape.byteCount..<(index + 1) * shape.byteCount])
      if run.stamps.indices.contains(index) {
        frame.stamp = FrameStamp(
          captured: MonotonicInstant(nanoseconds: run.stamps[index].captured),
          sequence: run.stamps[index].sequence)
      }
      frames.append(frame)
    }
    return TrainingState(
      progress: run.progress, loop: run.loop,
      action: try signals("action", count: specification.actionCount, limit: 1),
      frames: frames,
      proprioception: try signals(
        "proprioception", count: specification.signalCount, limit: signalLimit))
  }

  /// The magnitude that no signal of a body reaches: they are scaled to about 1.
  package static let greatestSignal: Float = 1000

  /// Numbers none of which is further from 0 than `limit`.
  private func signals(_ tensor: String, count: Int, limit: Float) throws(CheckpointError) -> [Float] {
    let numbers: [Float] = try numbers(tensor, count: count)
    // Not a number is within no bound.
    guard let wrong = numbers.first(where: { !(abs($0) <= limit) }) else { return numbers }
    throw .damaged(file: name, reason: "\(tensor) holds \(wrong), beyond ±\(limit)")
  }

  /// Puts a simulated world into the state in which the run left it; a file without one leaves it as it is.
  package func restore<B: ResumableBody & ~Copyable, T: ControlTask>(
    _ environment: inout TaskEnvironment<B, T>
  ) throws {
    guard let text = file.metadata["environment"] else { return }
    let subject = "\(name): environment"
    let state = try ExactJSON.decode(TaskEnvironmentState<B.State>.self, text, subject: subject)
    guard state.previousAction.count == environment.specification.actionCount else {
      throw CheckpointError.damaged(file: subject, reason: "it is of another world")
    }
    if let problem = state.problem { throw CheckpointError.damaged(file: subject, reason: problem) }
    try environment.restore(state)
  }

  /// Puts the learner and a simulated world into the states in which the run left them.
  ///
  /// - Returns: where the loop is to go on.
  package func resume<B: ResumableBody & ~Copyable, T: ControlTask>(
    _ agent: inout some CheckpointedAgent & ~Copyable, _ environment: inout TaskEnvironment<B, T>
  ) throws -> TrainingState {
    try agent.restore(file, name: name)
    try restore(&environment)
    return try trainingState(of: environment.specification)
  }

  /// Puts the learner into the state in which the run left it; its environment is somebody else's, whose state nobody has
  /// kept.
  ///
  /// - Returns: where the loop is to go on, with a new episode.
  package func resume(
    _ agent: inout some CheckpointedAgent & ~Copyable, in specification: EnvironmentSpecification
  ) throws -> TrainingState {
    try agent.restore(file, name: name)
    return try trainingState(of: specification, signalLimit: .greatestFiniteMagnitude).cutOff
  }

  private func entry(_ key: String) throws(CheckpointError) -> String {
    guard let text = file.metadata[key] else { throw .noRun(file: name, key: key) }
    return text
  }

  private func numbers<Number: TensorElement>(
    _ tensor: String, count: Int
  ) throws(CheckpointError) -> [Number] {
    let numbers = count == 0 ? [] : file.numbers(tensor, as: Number.self)
    guard let numbers, numbers.count == count else {
      throw .mismatched(
        file: name, tensor: tensor, expected: "\(count) numbers",
        found: numbers.map { "\($0.count) numbers" } ?? "missing")
    }
    return numbers
  }
}

/// JSON that gives back the same bits.
package enum ExactJSON {
  package static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  package static func decode<Value: Decodable>(_ type: Value.Type, _ text: String, subject: String) throws
    -> Value
  {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do { return try decoder.decode(type, from: Data(text.utf8)) } catch {
      throw CheckpointError.damaged(file: subject, reason: "it is not what this program writes there")
    }
  }
}
