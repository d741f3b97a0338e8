import AVGCore
import AVGNetwork
import Testing
@testable import AVGLearning

/// AVG's siblings against what PyTorch computed: the published classes of IAC and SAC-1, and a plain TD3-1.
@Suite("Golden vectors of the siblings")
struct FamilyGoldenTests {
  @Test(
    "each sibling gives the reference's actions, values, scales, gradients and weights",
    arguments: [Algorithm.iac, .sac1, .td31], InstructionSet.available)
  func followsPyTorch(algorithm: Algorithm, instructionSet: InstructionSet) throws {
    let files = try GoldenVectors.all(kind: algorithm.rawValue)
    #expect(!files.isEmpty)
    for golden in files {
      switch algorithm {
      case .iac: try checkIAC(golden, instructionSet)
      case .sac1: try checkSAC1(golden, instructionSet)
      case .td31: try checkTD31(golden, instructionSet)
      case .avg, .streamAC, .intentionalAC, .streamSAC, .streamTD3, .sac, .td3, .ppo:
        Issue.record("\(algorithm) has a suite of its own")
      }
    }
  }

  private func checkIAC(_ golden: GoldenVectors, _ instructionSet: InstructionSet) throws {
    let agent = IAC(
      configuration(golden), for: specification(golden), seed: 0, instructionSet: instructionSet)
    try agent.restore(try initial(agent.checkpoint(), golden), name: golden.name)
    try forEachStep(golden) { step, current, next, outcome, action in
      agent.actor.act(
        on: current, through: &agent.critic.perception, noise: try golden.row("noise", step), into: &action)
      let update = agent.learn(from: outcome, next: next)
      try check(update, action, golden, step)
      guard step == 0 else { return }
      try expectFirstGradients(agent.actor.learned, golden)
      try expectFirstGradients(agent.critic.valueFunction.learned, golden)
    }
    try expectFinalWeights(agent.checkpoint(), golden)
  }

  private func checkSAC1(_ golden: GoldenVectors, _ instructionSet: InstructionSet) throws {
    let agent = SAC1(
      configuration(golden), for: specification(golden), seed: 0, instructionSet: instructionSet)
    try agent.restore(try initial(agent.checkpoint(), golden), name: golden.name)
    try forEachStep(golden) { step, current, next, outcome, action in
      agent.actor.act(
        on: current, through: &agent.critic.perception, noise: try golden.row("noise", step), into: &action)
      let update = agent.learn(
        from: outcome, next: next, noise: try golden.row("next_noise", step),
        policyNoise: try golden.row("policy_noise", step))
      try check(update, action, golden, step)
      let temperature = try #require(golden.doubles("step.temperature"))[step]
      #expect(
        abs(Double(agent.temperature) - temperature) < 1e-5 * temperature, "\(golden.name), step \(step)")
      guard step == 0 else { return }
      try expectFirstGradients(agent.actor.learned, golden)
      try expectFirstGradients(agent.critic.first.learned, golden)
      try expectFirstGradients(agent.critic.second.learned, golden)
      try expectFirstGradients(agent.logTemperature, golden)
    }
    try expectFinalWeights(agent.checkpoint(), golden)
  }

  private func checkTD31(_ golden: GoldenVectors, _ instructionSet: InstructionSet) throws {
    let agent = TD31(
      configuration(golden), for: specification(golden), seed: 0, instructionSet: instructionSet)
    try agent.restore(try initial(agent.checkpoint(), golden), name: golden.name)
    try forEachStep(golden) { step, current, next, outcome, action in
      agent.actor.act(
        on: current, through: &agent.critic.perception, noise: try golden.row("noise", step), into: &action)
      let update = agent.learn(from: outcome, next: next, noise: try golden.row("next_noise", step))
      try check(update, action, golden, step)
      if step == 0 {
        try expectFirstGradients(agent.critic.first.learned, golden)
        try expectFirstGradients(agent.critic.second.learned, golden)
      }
      // The actor's first step comes with its turn.
      if step == agent.configuration.td31.policyDelay - 1 {
        try expectFirstGradients(agent.actor.learned, golden)
      }
    }
    try expectFinalWeights(agent.checkpoint(), golden)
  }

  private func specification(_ golden: GoldenVectors) -> EnvironmentSpecification {
    EnvironmentSpecification(
      frames: nil, signalCount: golden.configuration.obs_dim ?? 0,
      actionCount: golden.configuration.action_dim)
  }

  private func configuration(_ golden: GoldenVectors) -> AVGConfiguration {
    let reference = golden.configuration
    var configuration = AVGConfiguration()
    configuration.actorLearningRate = reference.actor_lr
    configuration.criticLearningRate = reference.critic_lr
    configuration.firstMomentDecay = reference.betas[0]
    configuration.secondMomentDecay = reference.betas[1]
    configuration.entropyCoefficient = reference.alpha_lr
    configuration.explorePlainly()
    configuration.discount = reference.gamma
    configuration.rewardScale = 1
    configuration.hiddenUnits = reference.hidden
    configuration.normalizesObservations = false
    configuration.penultimateNormalization = reference.pnorm == true ? .unit : .none
    configuration.scalesTemporalDifference = reference.scaled_td == true
    configuration.sac1.temperatureLearningRate = reference.alpha_lr
    configuration.sac1.targetNetworkRate = reference.critic_tau ?? 1
    configuration.td31.explorationNoise = reference.exploration_noise ?? 0
    configuration.td31.targetNoise = reference.target_noise ?? 0
    configuration.td31.targetNoiseBound = reference.target_noise_bound ?? 0
    configuration.td31.policyDelay = reference.policy_delay ?? 1
    configuration.td31.targetNetworkRate = reference.tau ?? 1
    return configuration
  }

  /// `checkpoint` with every weight of the reference, of which none may be unknown here.
  private func initial(_ checkpoint: Safetensors, _ golden: GoldenVectors) throws -> Safetensors {
    var checkpoint = checkpoint
    for (name, tensor) in golden.file.tensors where name.hasPrefix("initial.") {
      let name = String(name.dropFirst("initial.".count))
      #expect(checkpoint.tensors[name]?.shape == tensor.shape, "\(golden.name), \(name)")
      checkpoint.tensors[name] = tensor
    }
    return checkpoint
  }

  private func forEachStep(
    _ golden: GoldenVectors,
    _ visit: (
      _ step: Int, _ current: borrowing Observation, _ next: borrowing Observation, Outcome,
      _ action: inout [Float]
    ) throws -> Void
  ) throws {
    var current = Observation(for: specification(golden))
    var next = Observation(for: specification(golden))
    var action = [Float](repeating: 0, count: golden.configuration.action_dim)
    for step in 0..<golden.stepCount {
      current.proprioception = try golden.row("observation", step)
      next.proprioception = try golden.row("next_observation", step)
      let outcome = Outcome(
        reward: try golden.row("reward", step)[0], terminated: try golden.row("terminated", step)[0] != 0)
      try visit(step, current, next, outcome, &action)
    }
  }

  private func check(_ update: Update, _ action: [Float], _ golden: GoldenVectors, _ step: Int) throws {
    let place = Comment(rawValue: "\(golden.name), step \(step)")
    #expect(!update.isRefused, place)
    let actions = try #require(golden.doubles("step.action"))
    for (index, number) in action.enumerated() {
      #expect(abs(Double(number) - actions[step * action.count + index]) < 1e-4, place)
    }
    if let logProbability = golden.doubles("step.log_prob")?[step] {
      #expect(abs(Double(update.logProbability) - logProbability) < 1e-3 * max(1, abs(logProbability)), place)
    }
    let scale = try #require(golden.doubles("step.sigma"))[step]
    #expect(abs(Double(update.temporalDifferenceScale) - scale) < 1e-4 * max(1, scale), place)
    #expect(abs(Double(update.value) - (try #require(golden.doubles("step.value"))[step])) < 1e-4, place)
  }

  private func expectFirstGradients(
    _ learned: borrowing LearnedParameters, _ golden: GoldenVectors
  ) throws {
    try learned.forEachTensor { try golden.expectFirstGradient($0.name, $2) }
  }

  private func expectFinalWeights(_ checkpoint: Safetensors, _ golden: GoldenVectors) throws {
    for (name, tensor) in golden.file.tensors where name.hasPrefix("final.") {
      let name = String(name.dropFirst("final.".count))
      let values: [Float] = try #require(checkpoint.numbers(name))
      try golden.expectFinalWeights(name, values, inputs: tensor.shape.last ?? 1)
    }
  }
}
