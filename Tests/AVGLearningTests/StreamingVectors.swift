import AVGCore
import AVGLearning
import Foundation

/// A file of reference vectors of a streaming learner: what its published class computed on a stored raw stream (see
/// datasets/golden/README.md).
struct StreamingVectors {
  /// The file's description of itself, in the published code's words.
  struct Configuration: Decodable {
    var kind: String
    var obs_dim: Int
    var action_dim: Int
    var hidden: Int
    var steps: Int
    var action_bound: Double
    var time_limit: Int
    var append_time: Bool
    var entropy_coeff: Double
    var later_step: Int
    var lr: Double
    var gamma: Double
    var lamda: Double
    // stream_ac
    var kappa_policy: Double?
    var kappa_value: Double?
    // intentional_ac
    var eta_policy: Double?
    var eta_value: Double?
    var beta2: Double?
    var clip_mult: Double?
    var beta_clip: Double?
    var beta_norm: Double?
  }

  let name: String
  let configuration: Configuration
  let file: Safetensors

  static func all() throws -> [StreamingVectors] {
    let folder = URL(filePath: #filePath).appending(path: "../../../datasets/golden/streaming").standardized
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "safetensors" }
      .sorted { $0.path < $1.path }
      .map { url in
        let name = url.lastPathComponent
        let file = try Safetensors(Data(contentsOf: url), name: name)
        let configuration = try JSONDecoder().decode(
          Configuration.self, from: Data((file.metadata["config"] ?? "").utf8))
        return StreamingVectors(name: name, configuration: configuration, file: file)
      }
  }

  var specification: EnvironmentSpecification {
    EnvironmentSpecification(
      frames: nil, signalCount: configuration.obs_dim, actionCount: configuration.action_dim)
  }

  /// The learner's configuration that the file was made with.
  var learner: AVGConfiguration {
    let isStreamAC = configuration.kind == "stream_ac"
    var learner = AVGConfiguration()
    learner.explorePlainly()
    learner.algorithm = isStreamAC ? .streamAC : .intentionalAC
    learner.discount = configuration.gamma
    learner.rewardScale = 1
    learner.entropyCoefficient = configuration.entropy_coeff
    learner.hiddenUnits = configuration.hidden
    learner.normalizerHorizon = 0
    learner.normalizerClip = 0
    learner.streaming.traceDecay = configuration.lamda
    learner.streaming.timeOutsTerminate = isStreamAC
    learner.streaming.clearsTraceAtTimeOut = false
    learner.streaming.timeInputSteps = configuration.append_time ? configuration.time_limit : 0
    if isStreamAC {
      learner.streaming.stepSize = configuration.lr
      learner.streaming.actorBound = configuration.kappa_policy ?? 0
      learner.streaming.criticBound = configuration.kappa_value ?? 0
    } else {
      learner.secondMomentDecay = configuration.beta2 ?? 0
      learner.streaming.actorShare = configuration.eta_policy ?? 0
      learner.streaming.criticShare = configuration.eta_value ?? 0
      learner.streaming.errorClip = configuration.clip_mult ?? 0
      learner.streaming.errorClipDecay = configuration.beta_clip ?? 0
      learner.streaming.errorDecay = configuration.beta_norm ?? 0
    }
    return learner
  }

  /// The published name of one of our tensors.
  static func published(_ name: String) -> String {
    [
      ".phi.0.": ".fc_layer.", ".phi.2.": ".hidden_layer.", ".mu.": ".linear_mu.", ".std.": ".linear_std.",
      ".v.": ".linear_layer.",
    ].reduce(name) { $0.replacing($1.key, with: $1.value) }
  }

  func floats(_ name: String) throws -> [Float] {
    if let numbers: [Float] = file.numbers(name) { return numbers }
    throw Missing(tensor: name)
  }

  func doubles(_ name: String) throws -> [Double] {
    if let numbers: [Double] = file.numbers(name) { return numbers }
    throw Missing(tensor: name)
  }

  func flag(_ name: String, _ step: Int) throws -> Bool {
    guard let bytes = file.tensors[name]?.bytes else { throw Missing(tensor: name) }
    return bytes[step] != 0
  }

  /// Row `index` of a tensor of rows.
  func row(_ name: String, _ index: Int) throws -> [Double] {
    guard let shape = file.tensors[name]?.shape else { throw Missing(tensor: name) }
    let length = shape.dropFirst().reduce(1, *)
    let numbers: [Double] =
      if let doubles: [Double] = file.numbers(name) { doubles } else { try floats(name).map(Double.init) }
    return Array(numbers[index * length..<(index + 1) * length])
  }

  private struct Missing: Error { var tensor: String }
}
