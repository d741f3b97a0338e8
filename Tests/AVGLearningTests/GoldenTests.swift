import AVGCore
import AVGNetwork
import Foundation
import Testing
@testable import AVGLearning

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
    let agent = try makeAgent(golden, instructionSet)
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
          try golden.expectFirstGradient(parameter.name, gradients)
        }
      }
    }
    try forEachTensor(agent) { parameter, values, gradients in
      try golden.expectFinalWeights(parameter.name, values, inputs: parameter.shape.last ?? 1)
    }
  }

  private func forEachTensor(
    _ agent: AVG, _ visit: (Parameter, _ values: [Float], _ gradients: [Float]) throws -> Void
  ) rethrows {
    try agent.actor.learned.forEachTensor(visit)
    try agent.critic.valueFunction.learned.forEachTensor(visit)
    try agent.critic.perception.learned.forEachTensor(visit)
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
    configuration.explorePlainly()
    configuration.discount = reference.gamma
    configuration.rewardScale = 1
    configuration.hiddenUnits = reference.hidden
    configuration.normalizesObservations =
      reference.normalize_features ?? reference.normalize_observations ?? false
    configuration.normalizerHorizon = 0
    configuration.normalizerClip = 0
    configuration.rectifiesLastConvolution = reference.relu_after_last_convolution ?? true
    configuration.convolutions = (reference.conv ?? []).map {
      ConvolutionShape(channels: $0[0], kernelSize: $0[1], stride: $0[2])
    }
    let agent = AVG(
      configuration, for: specification(golden), seed: 0, instructionSet: instructionSet)
    try agent.setWeights { try golden.floats("initial." + $0) }
    return agent
  }

  private func frameCount(_ golden: GoldenVectors) -> Int { (golden.configuration.shape?[0] ?? 0) / 3 }

  private func specification(_ golden: GoldenVectors) -> EnvironmentSpecification {
    let reference = golden.configuration
    return EnvironmentSpecification(
      frames: reference.shape.map {
        FrameStack(count: frameCount(golden), shape: FrameShape(height: $0[1], width: $0[2]))
      }, signalCount: reference.proprioception ?? reference.obs_dim ?? 0, actionCount: reference.action_dim)
  }

  private func makeObservation(_ golden: GoldenVectors) -> Observation {
    Observation(for: specification(golden))
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
    let shape = specification(golden).frames?.shape ?? .standard
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
