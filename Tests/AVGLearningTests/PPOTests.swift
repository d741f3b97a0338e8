import AVGCore
import AVGNetwork
import AVGSystem
import AVGTestSupport
import Foundation
import Testing

@testable import AVGLearning

/// PPO: advantages, losses and gradients against PyTorch and finite differences, and what every learner must do.
@Suite("PPO")
struct PPOTests {
  private struct Settings: Decodable {
    var hidden: Int
    var samples: Int
    var lr: Double
    var gamma: Double
    var lambda: Double
    var clip: Double
    var entropy: Double
    var value_coefficient: Double
    var gradient_norm: Double
  }

  private static func small(_ change: (inout AVGConfiguration) -> Void = { _ in }) -> AVGConfiguration {
    var configuration = AVGConfiguration.small
    configuration.algorithm = .ppo
    configuration.firstMomentDecay = 0.9
    configuration.ppo.rolloutSteps = 12
    configuration.ppo.epochs = 2
    change(&configuration)
    return configuration
  }

  private func makeRun(
    _ sharing: AVGConfiguration.EncoderSharing = .shared, seed: UInt64 = 1, workers: WorkerPool? = nil,
    _ change: (inout AVGConfiguration) -> Void = { _ in }
  ) -> BatchRun<Learner> {
    var configuration = Self.small(change)
    configuration.encoderSharing = sharing
    return BatchRun(Learner(configuration, for: RandomRun.specification, seed: seed, workers: workers))
  }

  // MARK: Against PyTorch

  private func configuration(_ settings: Settings) -> AVGConfiguration {
    var configuration = AVGConfiguration()
    configuration.explorePlainly()
    configuration.algorithm = .ppo
    configuration.actorLearningRate = settings.lr
    configuration.criticLearningRate = settings.lr
    configuration.firstMomentDecay = 0.9
    configuration.adamEpsilon = 1e-5
    configuration.entropyCoefficient = settings.entropy
    configuration.discount = settings.gamma
    configuration.rewardScale = 1
    configuration.hiddenUnits = settings.hidden
    configuration.activation = .tanh
    configuration.normalizesObservations = false
    configuration.penultimateNormalization = .none
    configuration.batch.samples = settings.samples
    configuration.ppo.traceDecay = settings.lambda
    configuration.ppo.clip = settings.clip
    configuration.ppo.valueCoefficient = settings.value_coefficient
    configuration.ppo.gradientNorm = settings.gradient_norm
    configuration.ppo.scalesRewards = false
    configuration.ppo.rewardClip = 0
    return configuration
  }

  private func fill(_ memory: inout ReplayMemory, _ file: Safetensors, steps: Int) throws {
    func numbers(_ name: String) throws -> [Float] { try #require(file.numbers(name)) }
    let (observations, next) = (try numbers("observation"), try numbers("next_observation"))
    let (actions, rewards) = (try numbers("action"), try numbers("reward"))
    let (terminated, truncated) = (try numbers("terminated"), try numbers("truncated"))
    let (signals, count) = (observations.count / steps, actions.count / steps)
    var transition = Transition(
      for: EnvironmentSpecification(frames: nil, signalCount: signals, actionCount: count))
    for step in 0..<steps {
      transition.state.proprioception = Array(observations[step * signals..<(step + 1) * signals])
      transition.next.proprioception = Array(next[step * signals..<(step + 1) * signals])
      transition.outcome = Outcome(
        reward: rewards[step], terminated: terminated[step] != 0, truncated: truncated[step] != 0)
      let isKept = memory.append(transition, action: Array(actions[step * count..<(step + 1) * count]))
      #expect(isKept)
    }
  }

  private func expectEqual(_ values: [Float], _ expected: [Float]?, within bound: Float, _ name: String) {
    let expected = expected ?? []
    let worst = zip(values, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(values.count == expected.count && worst <= bound, "\(name): \(worst) off")
  }

  @Test(
    "advantages, first gradients, and weights after four epochs are those of PyTorch, within 2·10⁻⁴",
    arguments: GoldenVectors.batchNames("ppo"), InstructionSet.available)
  func golden(name: String, instructionSet: InstructionSet) throws {
    let file = try GoldenVectors.batch(name)
    let settings = try JSONDecoder().decode(Settings.self, from: Data((file.metadata["config"] ?? "").utf8))
    let shape = try #require(file.tensors["observation"]?.shape)
    let actions = try #require(file.tensors["action"]?.shape)
    var configuration = configuration(settings)
    configuration.ppo.rolloutSteps = shape[0]
    let specification = EnvironmentSpecification(frames: nil, signalCount: shape[1], actionCount: actions[1])
    let agent = PPO(configuration, for: specification, seed: 0, instructionSet: instructionSet)
    var initial = agent.checkpoint()
    for (name, tensor) in file.tensors where name.hasPrefix("initial.") {
      let name = String(name.dropFirst("initial.".count))
      #expect(initial.tensors[name]?.shape == tensor.shape, "\(name)")
      initial.tensors[name] = tensor
    }
    try agent.restore(initial, name: name)
    try fill(&agent.memory, file, steps: shape[0])
    agent.prepareUpdate()
    expectEqual(agent.rollout.advantages, file.numbers("advantage"), within: 2e-5, "advantages")
    expectEqual(agent.rollout.values, file.numbers("old_value"), within: 1e-5, "values")
    expectEqual(
      agent.rollout.logProbabilities, file.numbers("old_log_probability"), within: 2e-5, "log π")
    let order = try #require(file.numbers("order", as: Double.self)).map { Int($0) }
    let losses = try #require(file.numbers("step.actor_loss", as: Double.self))
    for first in stride(from: 0, to: order.count, by: shape[0]) {
      agent.rollout.order = Array(order[first..<first + shape[0]])
      let batches = shape[0] / settings.samples
      for batch in 0..<batches {
        let loss = try #require(agent.learn(from: batch * settings.samples))
        #expect(abs(Double(loss) - losses[first / settings.samples + batch]) < 2e-4)
        if first + batch == 0 { try expectFirstGradients(agent, file) }
      }
    }
    for (name, _) in file.tensors where name.hasPrefix("final.") {
      let name = String(name.dropFirst("final.".count))
      let values: [Float] = try #require(agent.checkpoint().numbers(name))
      expectEqual(values, file.numbers("final." + name), within: 2e-4, name)
    }
  }

  private func expectFirstGradients(_ agent: PPO, _ file: Safetensors) throws {
    func check(_ learned: borrowing LearnedParameters) throws {
      learned.forEachTensor { parameter, _, gradient in
        guard parameter.name != "actor.log_std.weight" else {
          #expect(gradient.allSatisfy { $0 == 0 })
          return
        }
        let expected: [Float]? = file.numbers("first_gradient." + parameter.name)
        let largest = (expected ?? []).map(abs).max() ?? 0
        expectEqual(gradient, expected, within: 2e-4 * largest + 1e-7, parameter.name)
      }
    }
    try check(agent.actor.learned)
    try check(agent.critic.learned)
  }

  // MARK: Against finite differences

  @Test(
    "every gradient is that of the clipped surrogate, the entropy and the clipped values' loss",
    arguments: FamilyGradientTests.Variant.all, HiddenActivation.allCases)
  func gradients(variant: FamilyGradientTests.Variant, activation: HiddenActivation) throws {
    var configuration = variant.configuration
    configuration.algorithm = .ppo
    configuration.activation = activation
    configuration.ppo.rolloutSteps = 6
    configuration.ppo.gradientNorm = 0
    configuration.batch.samples = 6
    configuration.batch.slice = 4
    var run = BatchRun(PPO(configuration, for: RandomRun.specification, seed: 4))
    var file = run.agent.checkpoint().withLargeWeights()
    let (weights, biases) = ("actor.log_std.weight", "actor.log_std.bias")
    file.set(weights, [Float](repeating: 0, count: 14), shape: [2, 7])
    file.set(biases, [0.3, -0.5] as [Float], shape: [2])
    try run.agent.restore(file, name: "weights of the test")
    run.run(5)
    // The sixth transition, without the update.
    run.agent.act(on: run.transition.state, into: &run.transition.action)
    run.drawOutcome()
    let agent = run.agent
    let isKept = agent.memory.append(run.transition, action: agent.actor.sample.sample)
    #expect(isKept)
    agent.prepareUpdate()
    // As if the networks had moved since: some ratios and values are beyond their bounds, on both sides.
    for step in 0..<6 {
      agent.rollout.logProbabilities[step] += [0.05, -0.4, 0.5, -0.1, 0.4, -0.5][step]
      agent.rollout.values[step] += [0.1, -0.5, 0.6, -0.05, 0.3, 0.5][step]
    }
    #expect(agent.learn(from: 0) != nil)
    try checkGradients(agent, frozen: weights)
  }

  private func checkGradients(_ agent: PPO, frozen: String) throws {
    let plain = PlainAVG(agent.configuration, agent.checkpoint())
    let rollout = agent.rollout
    agent.memory.take(rollout.transitions, in: rollout.order, from: 0)
    let transitions = (0..<6).map { index in
      var transition = Transition(for: RandomRun.specification)
      agent.memory.read(index, into: &transition)
      return Moment(transition)
    }
    let mean = rollout.advantages.reduce(0.0) { $0 + Double($1) / 6 }
    let square = rollout.advantages.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    let advantages = rollout.advantages.map { (Double($0) - mean) / ((square / 5).squareRoot() + 1e-8) }

    func actorLoss(_ plain: PlainAVG, _ vectors: [[Double]]) -> Double {
      vectors.indices.reduce(0.0) { sum, step in
        let (means, logDeviations) = plain.heads(vectors[step])
        var (logProbability, entropy) = (0.0, 0.0)
        for (index, drawn) in transitions[step].transition.action.enumerated() {
          let z = (Double(drawn) - means[index]) / exp(logDeviations[index])
          logProbability -= z * z / 2 + logDeviations[index] + log(2 * .pi) / 2
          entropy += logDeviations[index]
        }
        let ratio = exp(logProbability - Double(rollout.logProbabilities[step]))
        let clipped = min(max(ratio, 0.8), 1.2)
        return sum + (max(-ratio * advantages[step], -clipped * advantages[step]) - 0.3 * entropy) / 6
      }
    }
    func valueLoss(_ plain: PlainAVG, _ vectors: [[Double]]) -> Double {
      vectors.indices.reduce(0.0) { sum, step in
        let value = plain.value(vectors[step], [], head: "v")
        let (before, target) = (Double(rollout.values[step]), Double(rollout.returns[step]))
        let clipped = before + min(max(value - before, -0.2), 0.2)
        return sum + 0.5 * max((value - target) * (value - target), (clipped - target) * (clipped - target))
          / 12
      }
    }
    func seen(_ plain: PlainAVG, _ encoder: String) -> [[Double]] {
      transitions.map { plain.vector($0.transition.state, through: encoder) }
    }
    let (vectors, actorVectors) = (seen(plain, "encoder"), seen(plain, plain.actorEncoder))
    try compareGradients(agent.actor.learned, plain, frozen: frozen) { actorLoss($0, actorVectors) }
    try compareGradients(agent.critic.learned, plain) { valueLoss($0, vectors) }
    try compareGradients(agent.perception.learned, plain) { valueLoss($0, seen($0, "encoder")) }
    try compareGradients(agent.actor.perception.learned, plain) {
      actorLoss($0, seen($0, plain.actorEncoder))
    }
  }

  // MARK: As a learner

  @Test(
    "one restored from its file in the middle of a rollout does the same from there on",
    arguments: AVGConfiguration.EncoderSharing.allCases)
  func roundTrip(sharing: AVGConfiguration.EncoderSharing) throws {
    let folder = try TemporaryFolder()
    var first = makeRun(sharing)
    let (updates, refused) = first.run(31)
    #expect(updates == 2 && refused == 0)
    let contents = try first.bytes()
    let place = ReplayPlace.beside(folder: folder.path + "/replay", checkpointsKept: 2)
    let beside = try first.agent.checkpoint(metadata: [:], replay: place)
    #expect(beside.tensors["replay.frames"] == nil)
    var second = makeRun(sharing, seed: 2)
    try second.agent.restore(try Safetensors(contents, name: "file"), name: "file")
    var third = makeRun(sharing, seed: 3)
    try third.agent.restore(beside, name: folder.path + "/checkpoint.safetensors")
    let (copied, other) = (try second.bytes(), try third.bytes())
    #expect(copied == contents && other == contents)
    first.enterWorld(seed: 6)
    second.enterWorld(seed: 6)
    third.enterWorld(seed: 6)
    for _ in 0..<20 {
      let update = first.step()
      #expect(second.step() == update && third.step() == update)
    }
    let ends = (try first.bytes(), try second.bytes(), try third.bytes())
    #expect(ends.0 == ends.1 && ends.1 == ends.2 && ends.0 != contents)
    // Right behind an update, when nothing is kept.
    _ = first.run(9)
    let empty = try first.agent.checkpoint(metadata: [:], replay: place)
    try second.agent.restore(empty, name: folder.path + "/checkpoint.safetensors")
    #expect(try second.bytes() == first.bytes())
  }

  @Test("the same seed gives the same bytes with one, two and three threads, another seed others")
  func deterministic() throws {
    func bytes(seed: UInt64, _ workers: WorkerPool? = nil) throws -> Data {
      var run = makeRun(seed: seed, workers: workers) {
        $0.batch.samples = 70
        $0.batch.slice = 40
        $0.ppo.rolloutSteps = 80
      }
      let (updates, refused) = run.run(85)
      #expect(updates == 1 && refused == 0)
      return try run.bytes()
    }
    let alone = try bytes(seed: 1)
    #expect(try bytes(seed: 2) != alone)
    for threads in 2...3 { #expect(try bytes(seed: 1, try WorkerPool(threads: threads)) == alone) }
  }

  @Test("every key makes a difference")
  func switches() throws {
    func weights(_ change: @escaping (inout AVGConfiguration) -> Void) throws -> [UInt8] {
      var run = makeRun(.shared, change)
      let (updates, refused) = run.run(40)
      #expect(updates > 0 && refused == 0)
      let file = run.agent.checkpoint()
      return ["actor.phi.0.weight", "critic.phi.0.weight"].flatMap { file.tensors[$0]?.bytes ?? [] }
    }
    var seen = [try weights { _ in }]
    seen.append(try weights { $0.activation = .tanh })
    seen.append(try weights { $0.normalizesObservations = false })
    seen.append(try weights { $0.entropyCoefficient = 0.1 })
    seen.append(try weights { $0.initialLogVariance = 0 })
    seen.append(try weights { $0.batch.samples = 4 })
    seen.append(try weights { $0.ppo.rolloutSteps = 10 })
    seen.append(try weights { $0.ppo.epochs = 3 })
    seen.append(try weights { $0.ppo.traceDecay = 0.5 })
    seen.append(try weights { $0.ppo.clip = 0.001 })
    // No value moves far in so short a run.
    seen.append(
      try weights {
        $0.ppo.clip = 0.001
        $0.ppo.clipsValues = false
      })
    seen.append(try weights { $0.ppo.valueCoefficient = 5 })
    seen.append(try weights { $0.ppo.gradientNorm = 0.01 })
    seen.append(try weights { $0.ppo.normalizesAdvantages = false })
    seen.append(try weights { $0.ppo.scalesRewards = false })
    seen.append(try weights { $0.ppo.rewardClip = 0.1 })
    seen.append(try weights { $0.ppo.annealingSteps = 30 })
    for (index, weights) in seen.enumerated() {
      #expect(!seen[..<index].contains(weights), "change \(index)")
    }
  }

  @Test(
    "numbers that are not finite give the action zero, are not kept, and change nothing",
    arguments: [Float.nan, .infinity])
  func refuses(bad: Float) throws {
    var run = makeRun()
    run.run(20)
    let before = run.weights()
    run.agent.act(on: run.transition.state, into: &run.transition.action)
    run.drawOutcome()
    run.transition.outcome.reward = bad
    #expect(run.agent.take(run.transition)?.isRefused == true)
    run.transition.outcome.reward = 0
    run.transition.state.proprioception[1] = bad
    run.agent.act(on: run.transition.state, into: &run.transition.action)
    #expect(run.transition.action == [0, 0])
    #expect(run.agent.take(run.transition)?.isRefused == true)
    #expect(run.weights() == before)
    run.enterWorld(seed: 3)
    let (updates, refused) = run.run(12)
    #expect(updates == 1 && refused == 0)
  }

  @Test("an update whose gradient is not finite is refused and changes no weight")
  func badWeight() throws {
    var run = makeRun()
    run.run(20)
    var file = run.agent.checkpoint()
    var numbers: [Float] = try #require(file.numbers("critic.phi.2.weight"))
    // Restoring refuses what is not finite: so large that squares overflow.
    numbers[0] = -3e38
    file.set("critic.phi.2.weight", numbers, shape: try #require(file.tensors["critic.phi.2.weight"]?.shape))
    try run.agent.restore(file, name: "file")
    let before = run.weights()
    let (updates, refused) = run.run(4)
    #expect(updates == 1 && refused == 1)
    #expect(run.weights() == before)
  }

  @Test("it answers before it learns, follows others, and what it only acts changes nothing")
  func modes() throws {
    var run = makeRun()
    run.agent.act(on: run.transition.state, into: &run.transition.action)
    var answer: [Float] = [0, 0]
    var updates = 0
    for _ in 0..<30 {
      run.drawOutcome()
      run.transition.outcome.terminated = false
      run.agent.anticipate(run.transition.next, into: &answer)
      if let update = run.agent.take(run.transition) {
        #expect(!update.isRefused)
        updates += 1
      }
      run.advance()
      run.transition.action = answer
    }
    #expect(updates == 2)
    run.agent.mode = .following
    let (following, refused) = run.run(12)
    #expect(following == 1 && refused == 0)
    let before = try run.bytes()
    run.agent.mode = .greedy
    for _ in 0..<20 { run.agent.act(on: run.transition.state, into: &run.transition.action) }
    #expect(try run.bytes() == before)
  }

  /// Signals x; the best action is (x₀, −x₁), and each step is an episode.
  @Test("from signals alone, it learns a task of one step that has an answer")
  func learnsFromSignals() {
    var configuration = AVGConfiguration()
    configuration.explorePlainly()
    configuration.algorithm = .ppo
    configuration.hiddenUnits = 32
    configuration.activation = .tanh
    configuration.rewardScale = 1
    configuration.actorLearningRate = 3e-3
    configuration.criticLearningRate = 3e-3
    configuration.firstMomentDecay = 0.9
    configuration.entropyCoefficient = 0
    configuration.penultimateNormalization = .none
    configuration.batch.samples = 64
    configuration.ppo.rolloutSteps = 256
    let specification = EnvironmentSpecification(frames: nil, signalCount: 2, actionCount: 2)
    var agent = Learner(configuration, for: specification, seed: 3)
    var world = RandomSource(seed: 3, purpose: "world")
    var transition = Transition(for: specification)
    func tryOnce() -> Float { transition.tryOnce(&agent, &world) }
    for _ in 0..<5000 {
      transition.outcome = Outcome(reward: tryOnce(), terminated: true)
      _ = agent.take(transition)
    }
    agent.mode = .greedy
    let trained = (0..<200).reduce(Float(0)) { sum, _ in sum + tryOnce() / 200 }
    #expect(trained > -0.05, "\(trained)")
  }
}
