import AVGLearning
import Foundation

/// A file of reference vectors: what PyTorch computed on stored transitions and noise (see datasets/golden).
struct GoldenVectors {
  /// The file's description of itself.
  struct Configuration: Decodable {
    var kind: String
    var action_dim: Int
    var hidden: Int
    var actor_lr: Double
    var critic_lr: Double
    var alpha_lr: Double
    var gamma: Double
    var betas: [Double]
    // mlp
    var obs_dim: Int?
    var normalize_observations: Bool?
    // pixel
    var shape: [Int]?
    var conv: [[Int]]?
    var relu_after_last_convolution: Bool?
    var proprioception: Int?
    var normalize_features: Bool?
    var encoder_lr: Double?
    // iac, sac1, td31
    var pnorm: Bool?
    var scaled_td: Bool?
    var init_temperature: Double?
    var critic_tau: Double?
    var exploration_noise: Double?
    var target_noise: Double?
    var target_noise_bound: Double?
    var policy_delay: Int?
    var tau: Double?
  }

  let name: String
  let configuration: Configuration
  let file: Safetensors

  init(_ url: URL) throws {
    name = url.lastPathComponent
    file = try Safetensors(Data(contentsOf: url), name: name)
    configuration = try JSONDecoder().decode(
      Configuration.self, from: Data((file.metadata["config"] ?? "").utf8))
  }

  private static var batchFolder: URL {
    URL(filePath: #filePath).appending(path: "../../../datasets/golden/batch").standardized
  }

  /// The files that `make_batch.py` made of one kind of learner.
  static func batchNames(_ kind: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: batchFolder.path)) ?? []
    return names.filter { $0.hasPrefix(kind + "_") && $0.hasSuffix(".safetensors") }.sorted()
  }

  /// A file that `make_batch.py` made.
  static func batch(_ name: String) throws -> Safetensors {
    try Safetensors(reading: batchFolder.appending(path: name).path)
  }

  static func all(kind: String) throws -> [GoldenVectors] {
    let folder = URL(filePath: #filePath).appending(path: "../../../datasets/golden").standardized
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.lastPathComponent.hasPrefix(kind + "_") && $0.pathExtension == "safetensors" }
      .sorted { $0.path < $1.path }
      .map(GoldenVectors.init)
  }

  func floats(_ name: String) throws -> [Float] {
    if let numbers: [Float] = file.numbers(name) { return numbers }
    struct Missing: Error { var tensor: String }
    throw Missing(tensor: name)
  }

  func doubles(_ name: String) -> [Double]? { file.numbers(name) }

  /// Row `step` of a tensor whose first dimension counts the steps.
  func row(_ name: String, _ step: Int) throws -> [Float] {
    let numbers = try floats(name)
    let length = numbers.count / stepCount
    return Array(numbers[step * length..<(step + 1) * length])
  }

  var stepCount: Int { file.tensors["reward"]?.shape[0] ?? 0 }
}
