import AVGCore
import AVGLearning
import AVGNetwork
import Foundation
import Testing

@Suite("Golden vectors")
struct GoldenTests {
  @Test(
    "the published class and its pixel form give the reference's actions, values, errors, gradients and weights",
    arguments: ["mlp", "pixel"], InstructionSet.available)
  func followsPyTorch(kind: String, instructionSet: InstructionSet) throws {
    let files = try GoldenVectors.all(kind: kind)
    #expect(!files.isEmpty)
    for golden in files {
      try check(golden, instructionSet)
    }
  }

  private func check(_ golden: GoldenVectors, _ instructionSet: InstructionSet) throws {
    var agent = try makeAgent(golden, instructionSet)
    var current = makeObservation(golden)
    var next = makeObservation(golden)
    var action = [Float](repeating: 0, count: golden.configuration.action_dim)
    for step in 0..<golden.stepCount {
      try fill(&current, golden, step, prefix: "")
      try fill(&next, golden, step, prefix: "next_")
      agent.act(on: current, noise: try golden.row("noise", step), into: &action)
      let outcome = Outcome(
        reward: try golden.row("reward", step)[0], terminated: try golden.row("terminated", step)[0] != 0,
        truncated: try golden.row("truncated", step)[0] != 0)
      let update = agent.learn(from: outcome, next: next, noise: try golden.row("next_noise", step))

      let place = Comment(rawValue: "\(golden.name), step \(step), \(instructionSet)")
      #expect(!update.isRefused, place)
      let actions = try #require(golden.doubles("step.action"))
      for (index, number) in action.enumerated() {
        #expect(abs(Double(number) - actions[step * action.count + index]) < 1e-4, place)
      }
      // The log-probability is steep where an action nears ±1; relative to its size it agrees.
      let logProbability = try #require(golden.doubles("step.log_prob"))[step]
      #expect(abs(Double(update.logProbability) - logProbability) < 1e-3 * max(1, abs(logProbability)), place)
      let scale = try #require(golden.doubles("step.sigma"))[step]
      #expect(abs(Double(update.temporalDifferenceScale) - scale) < 1e-4 * max(1, scale), place)
      if golden.configuration.kind == "pixel" {
        #expect(abs(Double(update.value) - (try #require(golden.doubles("step.q"))[step])) < 1e-4, place)
        let delta = try #require(golden.doubles("step.delta"))[step]
        #expect(abs(Double(update.temporalDifferenceError) - delta) < 1e-4, place)
      }
      if step == 0 {
        try forEachTensor(agent) { parameter, values, gradients in
          try checkFirstGradient(parameter, gradients, golden)
        }
      }
    }
    try forEachTensor(agent) { parameter, values, gradients in
      try checkFinalWeights(parameter, values, golden)
    }
  }

  /// Every entry within 10⁻³ of the tensor's largest; the last convolution's bias has no gradient but rounding.
  private func checkFirstGradient(_ parameter: Parameter, _ gradient: [Float], _ golden: GoldenVectors) throws
  {
    guard !isLastConvolutionBias(parameter.name, golden) else { return }
    let expected = try golden.floats("first_gradient." + parameter.name)
    let largest = expected.map(abs).max() ?? 0
    let worst = zip(gradient, expected).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= 1e-3 * largest + 1e-7, "\(golden.name), first gradient of \(parameter.name)")
  }

  /// 99 % of the entries within 2 % of the tensor's largest change, all within two learning rates per step.
  ///
  /// An entry whose true gradient is zero, but for rounding, is held to the second bound only: Adam with β₁ = 0 makes
  /// a full step of the rounding, whose sign is any program's own. It shows in the reference's first gradient, not
  /// zero but below 10⁻⁵ of the tensor's largest (the bias of a convolution that only shifts what a softmax is taken
  /// of), or in a feature that stays below 10⁻⁶ (a dead channel, whose softmax is uniform).
  private func checkFinalWeights(_ parameter: Parameter, _ values: [Float], _ golden: GoldenVectors) throws {
    let initial = try golden.floats("initial." + parameter.name)
    let final = try golden.floats("final." + parameter.name)
    let gradient = try golden.floats("first_gradient." + parameter.name)
    let largestChange = zip(initial, final).map { abs($0 - $1) }.max() ?? 0
    let largestGradient = gradient.map(abs).max() ?? 0
    let rate = learningRate(of: parameter.name, golden)
    let deadFeatures = deadFeatures(golden)
    var worst = 0.0
    var held = 0
    var close = 0
    for index in values.indices {
      let difference = abs(values[index] - final[index])
      worst = max(worst, Double(difference))
      if gradient[index] != 0, abs(gradient[index]) < 1e-5 * largestGradient { continue }
      if parameter.name.hasSuffix("phi.0.weight"), deadFeatures.contains(index % parameter.shape[1]) {
        continue
      }
      held += 1
      close += difference <= 0.02 * largestChange ? 1 : 0
    }
    #expect(worst <= 2 * rate * Double(golden.stepCount), "\(golden.name), \(parameter.name): \(worst) off")
    guard !isLastConvolutionBias(parameter.name, golden) else { return }
    #expect(
      Double(close) >= 0.99 * Double(held), "\(golden.name), \(parameter.name): \(close) of \(held) close")
  }

  /// The features that are zero, but for rounding, at every step.
  private func deadFeatures(_ golden: GoldenVectors) -> Set<Int> {
    guard let features = golden.doubles("step.features") else { return [] }
    let length = features.count / golden.stepCount
    return Set(
      (0..<length).filter { feature in
        (0..<golden.stepCount).allSatisfy { abs(features[$0 * length + feature]) < 1e-6 }
      })
  }

  private func isLastConvolutionBias(_ name: String, _ golden: GoldenVectors) -> Bool {
    name == "encoder.convs.\(2 * (golden.configuration.conv?.count ?? 0) - 2).bias"
  }

  private func learningRate(of name: String, _ golden: GoldenVectors) -> Double {
    if name.hasPrefix("encoder") { return golden.configuration.encoder_lr ?? 0 }
    return name.hasPrefix("actor") ? golden.configuration.actor_lr : golden.configuration.critic_lr
  }

  private func forEachTensor(
    _ agent: borrowing AVG, _ visit: (Parameter, _ values: [Float], _ gradients: [Float]) throws -> Void
  ) rethrows {
    for parameter in agent.actor.store.parameters {
      try visit(
        parameter, parameter.read(from: agent.actor.store.values),
        parameter.read(from: agent.actor.store.gradients))
    }
    for parameter in agent.critic.store.parameters {
      try visit(
        parameter, parameter.read(from: agent.critic.store.values),
        parameter.read(from: agent.critic.store.gradients))
    }
    for parameter in agent.perception.encoder.store.parameters {
      try visit(
        parameter, parameter.read(from: agent.perception.encoder.store.values),
        parameter.read(from: agent.perception.encoder.store.gradients))
    }
  }

  private func makeAgent(_ golden: GoldenVectors, _ instructionSet: InstructionSet) throws -> AVG {
    let reference = golden.configuration
    var configuration = AVGConfiguration()
    configuration.actorLearningRate = reference.actor_lr
    configuration.criticLearningRate = reference.critic_lr
    configuration.encoderLearningRate = reference.encoder_lr ?? 0
    configuration.firstMomentDecay = reference.betas[0]
    configuration.secondMomentDecay = reference.betas[1]
    configuration.entropyCoefficient = reference.alpha_lr
    configuration.explorationCorrelation = 0
    configuration.discount = reference.gamma
    configuration.rewardScale = 1
    configuration.hiddenUnits = reference.hidden
    configuration.normalizesObservations = reference.normalize_features ?? false
    configuration.normalizerHorizon = 0
    configuration.normalizerClip = 0
    configuration.rectifiesLastConvolution = reference.relu_after_last_convolution ?? true
    configuration.convolutions = (reference.conv ?? []).map {
      ConvolutionShape(channels: $0[0], kernelSize: $0[1], stride: $0[2])
    }
    var agent = AVG(
      configuration, frameCount: frameCount(golden), frameShape: frameShape(golden),
      proprioceptionCount: reference.proprioception ?? reference.obs_dim ?? 0,
      actionCount: reference.action_dim,
      seed: 0, instructionSet: instructionSet)
    try agent.setWeights { try golden.floats("initial." + $0) }
    return agent
  }

  private func frameCount(_ golden: GoldenVectors) -> Int { (golden.configuration.shape?[0] ?? 0) / 3 }

  private func frameShape(_ golden: GoldenVectors) -> FrameShape {
    guard let shape = golden.configuration.shape else { return .standard }
    return FrameShape(height: shape[1], width: shape[2])
  }

  private func makeObservation(_ golden: GoldenVectors) -> Observation {
    Observation(
      frameCount: frameCount(golden), frameShape: frameShape(golden),
      proprioceptionCount: golden.configuration.proprioception ?? golden.configuration.obs_dim ?? 0)
  }

  /// Stored images are [channels, height, width], oldest frame first.
  private func fill(
    _ observation: inout Observation, _ golden: GoldenVectors, _ step: Int, prefix: String
  ) throws {
    guard golden.configuration.kind == "pixel" else {
      observation.proprioception = try golden.row(prefix + "observation", step)
      return
    }
    observation.proprioception = try golden.row(prefix + "proprioception", step)
    let bytes = try #require(golden.file.tensors[prefix + "image"]).bytes
    let shape = frameShape(golden)
    let area = shape.height * shape.width
    for frame in 0..<frameCount(golden) {
      for channel in 0..<3 {
        let start = ((step * frameCount(golden) + frame) * 3 + channel) * area
        for pixel in 0..<area {
          observation.frames[frame].pixels[pixel * 3 + channel] = bytes[start + pixel]
        }
      }
    }
  }
}
