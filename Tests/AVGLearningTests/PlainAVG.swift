import AVGCore
import AVGNetwork
import Foundation
@testable import AVGLearning

/// The networks and losses of AVG and its siblings written out in double precision, with none of the library's arithmetic.
struct PlainAVG {
  /// The weights by name, in PyTorch's order; to be changed for finite differences.
  var tensors: [String: [Double]] = [:]

  private let configuration: AVGConfiguration
  private let moments: [String: (means: [Double], variances: [Double])]

  /// Takes over the weights and statistics of `agent`.
  init(_ agent: AVG) {
    self.init(agent.configuration, agent.checkpoint())
  }

  /// Takes over the weights and statistics in a checkpoint of any of the learners.
  init(_ configuration: AVGConfiguration, _ checkpoint: Safetensors) {
    self.configuration = configuration
    func statistics(_ name: String) -> (means: [Double], variances: [Double]) {
      (checkpoint.numbers(name + ".mean") ?? [], checkpoint.numbers(name + ".variance") ?? [])
    }
    moments = ["encoder": statistics("normalizer"), "actor.encoder": statistics("actor.normalizer")]
    for name in checkpoint.tensors.keys {
      tensors[name] = (checkpoint.numbers(name, as: Float.self))?.map(Double.init)
    }
  }

  /// Visits every weight tensor of `agent` with its values and gradients.
  static func visit(
    _ agent: AVG, _ body: (Parameter, _ values: [Float], _ gradients: [Float]) -> Void
  ) {
    agent.actor.learned.forEachTensor(body)
    agent.critic.valueFunction.learned.forEachTensor(body)
    agent.critic.perception.learned.forEachTensor(body)
    agent.actor.perception.learned.forEachTensor(body)
  }

  /// The name of the encoder that the actor looks through.
  var actorEncoder: String { configuration.encoderSharing == .shared ? "encoder" : "actor.encoder" }

  // MARK: Losses

  /// δ for the critic's vector of S, the action A, and R + γ(1 − terminated)·target.
  func temporalDifferenceError(
    _ vector: [Double], _ action: [Double], returnEstimate: Double, scale: Double
  ) -> Double {
    (returnEstimate - value(vector, action)) / scale
  }

  /// R + γ(1 − terminated)(Q(S′, A′) − η log π(A′|S′)), A′ drawn with `noise`.
  func returnEstimate(_ outcome: Outcome, _ next: borrowing Observation, noise: [Float]) -> Double {
    let reward = Double(outcome.reward) * configuration.rewardScale
    guard !outcome.terminated else { return reward }
    let (action, logProbability) = policy(vector(next, through: actorEncoder), noise: noise)
    let target =
      value(vector(next, through: "encoder"), action) - configuration.entropyCoefficient * logProbability
    return reward + configuration.discount * target
  }

  /// η log π(A|S) − Q(S, A), A drawn with `noise`, for what actor and critic see of S; and the pull on means.
  func actorLoss(_ actorVector: [Double], _ criticVector: [Double], noise: [Float]) -> Double {
    let (action, logProbability) = policy(actorVector, noise: noise)
    return configuration.entropyCoefficient * logProbability - value(criticVector, action)
      + meanPenalty(actorVector)
  }

  /// κ Σ (|μ| − m)² over the means beyond the bound m.
  func meanPenalty(_ actorVector: [Double]) -> Double {
    guard configuration.meanBound > 0 else { return 0 }
    return heads(actorVector).means.reduce(0) { sum, mean in
      let excess = max(0, abs(mean) - configuration.meanBound)
      return sum + 0.1 * excess * excess
    }
  }

  // MARK: Networks

  /// Q(S, A), or V(S) without an action, of one critic or another.
  func value(_ vector: [Double], _ action: [Double], of critic: String = "critic", head: String = "q")
    -> Double
  {
    dense("\(critic).\(head)", hidden(critic, vector + action))[0]
  }

  /// The actor's means before their squashing, and its log-variances.
  func heads(_ vector: [Double], of actor: String = "actor") -> (means: [Double], logVariances: [Double]) {
    let hidden = hidden(actor, vector)
    return (dense(actor + ".mu", hidden), dense(actor + ".log_std", hidden).map { min(max($0, -20), 2) })
  }

  /// The action that `noise` gives, and its log-probability: the density of u over the derivative of tanh.
  func policy(_ vector: [Double], noise: [Float]) -> (action: [Double], logProbability: Double) {
    let (means, logVariances) = heads(vector)
    var action: [Double] = []
    var logProbability = 0.0
    for (index, epsilon) in noise.map(Double.init).enumerated() {
      // The head of a learner from batches is log σ.
      let deviation = exp(configuration.algorithm.isBatch ? logVariances[index] : logVariances[index] / 2)
      action.append(tanh(means[index] + deviation * epsilon))
      logProbability -= epsilon * epsilon / 2 + log(deviation) + log(2 * .pi) / 2
      logProbability -= log(1 - action[index] * action[index])
    }
    return (action, logProbability)
  }

  /// What actor or critic takes of an observation: features and signals, normalised.
  func vector(_ observation: borrowing Observation, through encoder: String) -> [Double] {
    normalized(features(observation.frames, encoder) + observation.proprioception.map(Double.init), encoder)
  }

  /// A perceived vector, normalised by an encoder's statistics.
  func normalized(_ raw: [Double], _ encoder: String) -> [Double] {
    // A target network's encoder has no statistics of its own.
    let online = encoder.hasPrefix("target.") ? String(encoder.dropFirst("target.".count)) : encoder
    guard configuration.normalizesObservations, let (means, variances) = moments[online] else { return raw }
    let clip = configuration.normalizerClip
    return raw.indices.map {
      min(max((raw[$0] - means[$0]) / (variances[$0] + 1e-8).squareRoot(), -clip), clip)
    }
  }

  /// The same of the target networks' encoders, by the online ones' names; IAC has none, SAC-1 only the critic's.
  func vectorsOfTargets(_ observation: borrowing Observation) -> [String: [Double]] {
    var vectors: [String: [Double]] = [:]
    for encoder in ["encoder", "actor.encoder"] where tensors["target.\(encoder).convs.0.weight"] != nil {
      vectors[encoder] = vector(observation, through: "target." + encoder)
    }
    return vectors
  }

  private func hidden(_ network: String, _ input: [Double]) -> [Double] {
    func activate(_ x: Double) -> Double {
      configuration.activation == .tanh ? tanh(x) : x > 0 ? x : configuration.negativeSlope * x
    }
    let first = dense(network + ".phi.0", input).map(activate)
    let second = dense(network + ".phi.2", first).map(activate)
    let count = Double(second.count)
    let mean = second.reduce(0, +) / count
    let square = second.reduce(0) { $0 + $1 * $1 }
    switch configuration.penultimateNormalization {
    case .none: return second
    case .unit: return second.map { $0 / square.squareRoot() }
    case .layer:
      let variance = second.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      return second.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
    case .rms: return second.map { $0 / (square / count + 1e-5).squareRoot() }
    }
  }

  private func dense(_ layer: String, _ input: [Double]) -> [Double] {
    let (weights, biases) = (tensors[layer + ".weight"] ?? [], tensors[layer + ".bias"] ?? [])
    return biases.indices.map { row in
      input.indices.reduce(biases[row]) { $0 + weights[row * input.count + $1] * input[$1] }
    }
  }

  private func features(_ frames: [Frame], _ encoder: String) -> [Double] {
    var image = Image(
      channels: 3 * frames.count, height: frames[0].shape.height, width: frames[0].shape.width, values: [])
    for channel in 0..<image.channels {
      let pixels = frames[channel / 3].pixels
      for place in 0..<image.height * image.width {
        image.values.append(Double(pixels[3 * place + channel % 3]) / 255 - 0.5)
      }
    }
    for (index, shape) in configuration.convolutions.enumerated() {
      let name = "\(encoder).convs.\(2 * index)"
      image = convolve(image, tensors[name + ".weight"] ?? [], tensors[name + ".bias"] ?? [], shape)
      if configuration.rectifiesLastConvolution || index < configuration.convolutions.count - 1 {
        image.values = image.values.map { max($0, 0) }
      }
    }
    return configuration.encoderHead == .linear
      ? dense(encoder + ".linear", image.values) : spatialSoftmax(image)
  }

  /// Values [channels, height, width].
  private struct Image {
    var channels: Int
    var height: Int
    var width: Int
    var values: [Double]
  }

  private func convolve(
    _ x: Image, _ weights: [Double], _ biases: [Double], _ shape: ConvolutionShape
  ) -> Image {
    let size = shape.kernelSize
    var y = Image(
      channels: shape.channels, height: (x.height - size) / shape.stride + 1,
      width: (x.width - size) / shape.stride + 1, values: [])
    for output in 0..<y.channels {
      for row in 0..<y.height {
        for column in 0..<y.width {
          var sum = biases[output]
          for input in 0..<x.channels {
            for ky in 0..<size {
              let line = (input * x.height + row * shape.stride + ky) * x.width + column * shape.stride
              let taps = ((output * x.channels + input) * size + ky) * size
              for kx in 0..<size {
                sum += weights[taps + kx] * x.values[line + kx]
              }
            }
          }
          y.values.append(sum)
        }
      }
    }
    return y
  }

  private func spatialSoftmax(_ image: Image) -> [Double] {
    let area = image.height * image.width
    return (0..<image.channels).flatMap { channel in
      let exponentials = image.values[channel * area..<(channel + 1) * area].map(exp)
      let total = exponentials.reduce(0, +)
      let points = exponentials.enumerated().reduce((x: 0.0, y: 0.0)) { sum, entry in
        let (row, column) = (entry.offset / image.width, entry.offset % image.width)
        return (
          sum.x + entry.element * (2 * Double(column) / Double(image.width - 1) - 1),
          sum.y + entry.element * (2 * Double(row) / Double(image.height - 1) - 1)
        )
      }
      return [points.x / total, points.y / total]
    }
  }
}

extension LearnedParameters {
  /// Visits every tensor with its values and gradients.
  func forEachTensor(
    _ body: (Parameter, _ values: [Float], _ gradients: [Float]) throws -> Void
  ) rethrows {
    let gradient = gradients.multipliedOut()
    for tensor in parameters.tensors {
      try body(tensor, tensor.read(from: parameters.values), tensor.read(from: gradient))
    }
  }
}
