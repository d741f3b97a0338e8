import AVGCore
import AVGNetwork
import Testing

@testable import AVGLearning

/// The streaming actor-critics against their published classes, run from the raw stream to the last weight.
@Suite("Golden vectors of the streaming learners")
struct StreamingGoldenTests {
  @Test(
    "each streaming learner gives the published actions, errors, step sizes, traces and weights",
    arguments: InstructionSet.available)
  func followsPublishedCode(instructionSet: InstructionSet) throws {
    let files = try StreamingVectors.all()
    #expect(!files.isEmpty)
    for vectors in files { try check(vectors, instructionSet) }
  }

  private func check(_ vectors: StreamingVectors, _ instructionSet: InstructionSet) throws {
    let agent = StreamingActorCritic(
      vectors.learner, for: vectors.specification, seed: 0, instructionSet: instructionSet)
    try agent.restore(try initial(agent.checkpoint(), vectors), name: vectors.name)
    var current = Observation(for: vectors.specification)
    var next = Observation(for: vectors.specification)
    var action = [Float](repeating: 0, count: vectors.configuration.action_dim)
    var episode = 0
    func reset() throws {
      current.proprioception = try vectors.row("raw_reset_observation", episode).map(Float.init)
      episode += 1
    }
    try reset()
    for step in 0..<vectors.configuration.steps {
      next.proprioception = try vectors.row("raw_observation", step).map(Float.init)
      agent.act(on: current, noise: try vectors.row("noise", step).map(Float.init), into: &action)
      expectClose(agent.actor.sample.sample, try vectors.row("step.action", step), vectors, step)
      expectClose(
        agent.critic.perception.current.vector.array(0, agent.critic.perception.count),
        try vectors.row("step.observation", step), vectors, step)
      let entropy = agent.actor.sample.entropy
      let outcome = Outcome(
        reward: Float(try vectors.doubles("raw_reward")[step]),
        terminated: try vectors.flag("terminated", step),
        truncated: try vectors.flag("truncated", step))
      let update = agent.learn(from: outcome, next: next)
      #expect(!update.isRefused, "\(vectors.name), step \(step)")
      for (name, found) in [
        ("td_error", update.temporalDifferenceError), ("value", update.value), ("entropy", entropy),
        ("log_probability", update.logProbability),
      ] {
        expectClose([found], try vectors.row("step.\(name)", step), vectors, step)
      }
      try checkStepSizes(agent, vectors, step)
      if step == 0 { try checkGradients(agent, "first_gradient.", vectors) }
      if step == vectors.configuration.later_step { try checkGradients(agent, "later_gradient.", vectors) }
      if outcome.isLast { try reset() } else { swap(&current, &next) }
    }
    try checkEnd(agent, vectors)
  }

  private func checkStepSizes(
    _ agent: StreamingActorCritic, _ vectors: StreamingVectors, _ step: Int
  ) throws {
    func check(_ half: String, _ optimizer: borrowing Optimizer) throws {
      let expected = try vectors.row("step.\(half)_step_size", step)[0]
      let place: Comment = "\(vectors.name), \(half), step \(step)"
      switch optimizer {
      case .adam: Issue.record("a streaming learner steps along traces")
      case .traced: Issue.record("a streaming learner steps by a rule of its own")
      case .bounded(let descent):
        #expect(abs(descent.lastStepSize - expected) <= 1e-4 * expected, place)
      case .intentional(let descent):
        #expect(abs(descent.lastStepSize - expected) <= 1e-4 * expected, place)
        let error = try vectors.row("step.\(half)_used_delta", step)[0]
        #expect(abs(descent.lastError - error) <= 2e-4 * max(1, abs(error)), place)
      }
    }
    try check("actor", agent.actor.learned.optimizer)
    try check("critic", agent.critic.valueFunction.learned.optimizer)
  }

  /// What PyTorch holds are the gradients of what is to be made small; ours are of what is to grow.
  private func checkGradients(
    _ agent: StreamingActorCritic, _ prefix: String, _ vectors: StreamingVectors
  ) throws {
    func check(_ learned: borrowing LearnedParameters) throws {
      let gradients = learned.gradients.multipliedOut()
      for tensor in learned.parameters.tensors {
        let name = StreamingVectors.published(tensor.name)
        let expected = try vectors.floats(prefix + name)
        let largest = expected.map(abs).max() ?? 0
        let worst = zip(tensor.read(from: gradients), expected).map { abs($0 + $1) }.max() ?? 0
        #expect(worst <= 1e-3 * largest + 1e-6, "\(vectors.name), \(prefix)\(name)")
      }
    }
    try check(agent.actor.learned)
    try check(agent.critic.valueFunction.learned)
  }

  private func checkEnd(_ agent: StreamingActorCritic, _ vectors: StreamingVectors) throws {
    let file = agent.checkpoint()
    func expect(_ tensor: String, _ sign: Float, _ name: String, within share: Float) throws {
      let found: [Float] = file.numbers(tensor) ?? []
      let expected = try vectors.floats(name)
      let scale =
        name.hasPrefix("final.")
        ? zip(expected, try vectors.floats("initial." + name.dropFirst(6))).map { abs($0 - $1) }.max() ?? 0
        : expected.map(abs).max() ?? 0
      let worst = zip(found, expected).map { abs(sign * $0 - $1) }.max() ?? 0
      #expect(
        found.count == expected.count && worst <= share * scale + 1e-7, "\(vectors.name), \(name): \(worst)")
    }
    for tensor in agent.actor.learned.parameters.tensors
      + agent.critic.valueFunction.learned.parameters.tensors
    {
      let name = StreamingVectors.published(tensor.name)
      try expect(tensor.name, 1, "final." + name, within: 1e-3)
      try expect("trace." + tensor.name, -1, "final_trace." + name, within: 1e-3)
      if vectors.configuration.kind == "intentional_ac" {
        try expect("second_moment." + tensor.name, 1, "final_square." + name, within: 1e-3)
      }
    }
  }

  /// `checkpoint` with every weight of the reference.
  private func initial(_ checkpoint: Safetensors, _ vectors: StreamingVectors) throws -> Safetensors {
    var checkpoint = checkpoint
    for name in checkpoint.tensors.keys {
      guard let tensor = vectors.file.tensors["initial." + StreamingVectors.published(name)] else { continue }
      #expect(checkpoint.tensors[name]?.shape == tensor.shape, "\(vectors.name), \(name)")
      checkpoint.tensors[name] = tensor
    }
    return checkpoint
  }

  private func expectClose(
    _ found: [Float], _ expected: [Double], _ vectors: StreamingVectors, _ step: Int
  ) {
    #expect(found.count == expected.count)
    for (found, expected) in zip(found, expected) {
      #expect(abs(Double(found) - expected) <= 2e-4 * max(1, abs(expected)), "\(vectors.name), step \(step)")
    }
  }
}
