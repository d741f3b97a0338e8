import AVGCore
import AVGNetwork
import Foundation
import Testing

@testable import AVGLearning

/// The learners from batches against Stable-Baselines3's classes, on stored batches and noise.
@Suite("Golden vectors of the learners from batches")
struct BatchGoldenTests {
  private struct Settings: Decodable {
    var hidden: Int
    var samples: Int
    var lr: Double
    var gamma: Double
    var tau: Double
    var init_temperature: Double?
    var policy_delay: Int?
    var target_noise: Double?
    var target_noise_bound: Double?
  }

  /// A file of `make_batch.py`.
  private struct Golden {
    let file: Safetensors
    let settings: Settings
    let specification: EnvironmentSpecification
    let updates: Int

    init(_ name: String) throws {
      file = try GoldenVectors.batch(name)
      settings = try JSONDecoder().decode(Settings.self, from: Data((file.metadata["config"] ?? "").utf8))
      let observations = try #require(file.tensors["observation"]?.shape)
      let actions = try #require(file.tensors["action"]?.shape)
      updates = observations[0]
      specification = EnvironmentSpecification(
        frames: nil, signalCount: observations[2], actionCount: actions[2])
    }

    var configuration: AVGConfiguration {
      var configuration = AVGConfiguration()
      configuration.explorePlainly()
      configuration.actorLearningRate = settings.lr
      configuration.criticLearningRate = settings.lr
      configuration.firstMomentDecay = 0.9
      configuration.discount = settings.gamma
      configuration.rewardScale = 1
      configuration.hiddenUnits = settings.hidden
      configuration.negativeSlope = 0
      configuration.normalizesObservations = false
      configuration.penultimateNormalization = .none
      configuration.replay.steps = settings.samples
      configuration.batch.samples = settings.samples
      configuration.sac1.initialTemperature = settings.init_temperature ?? 1
      configuration.sac1.temperatureLearningRate = settings.lr
      configuration.sac1.targetNetworkRate = settings.tau
      configuration.td31.targetNetworkRate = settings.tau
      configuration.td31.policyDelay = settings.policy_delay ?? 1
      configuration.td31.targetNoise = settings.target_noise ?? 0
      configuration.td31.targetNoiseBound = settings.target_noise_bound ?? 0
      return configuration
    }

    /// The numbers of one update.
    func row(_ name: String, _ update: Int) throws -> [Float] {
      let numbers: [Float] = try #require(file.numbers(name))
      let length = numbers.count / updates
      return Array(numbers[update * length..<(update + 1) * length])
    }

    /// Gives the memory the stored batch, and takes all of it for the batch at hand.
    func fill(_ memory: inout ReplayMemory, _ update: Int) throws {
      let (observations, next) = (try row("observation", update), try row("next_observation", update))
      let (actions, rewards) = (try row("action", update), try row("reward", update))
      let terminated = try row("terminated", update)
      let (signals, count) = (specification.signalCount, specification.actionCount)
      var transition = Transition(for: specification)
      for sample in 0..<settings.samples {
        transition.state.proprioception = Array(observations[sample * signals..<(sample + 1) * signals])
        transition.next.proprioception = Array(next[sample * signals..<(sample + 1) * signals])
        transition.action = Array(actions[sample * count..<(sample + 1) * count])
        transition.outcome = Outcome(reward: rewards[sample], terminated: terminated[sample] != 0)
        let isKept = memory.append(transition)
        #expect(isKept)
      }
      // A row for each S and each S′.
      memory.take((0..<settings.samples).map { 2 * (update * settings.samples + $0) + 1 })
    }

    /// `checkpoint` with every weight of the reference, of which none may be unknown here.
    func initial(_ checkpoint: Safetensors) -> Safetensors {
      var checkpoint = checkpoint
      for (name, tensor) in file.tensors where name.hasPrefix("initial.") {
        let name = String(name.dropFirst("initial.".count))
        #expect(checkpoint.tensors[name]?.shape == tensor.shape, "\(name)")
        checkpoint.tensors[name] = tensor
      }
      return checkpoint
    }

    /// A scalar of an update.
    func scalar(_ name: String, _ update: Int) throws -> Double {
      try #require(file.numbers("step." + name, as: Double.self))[update]
    }

    /// The actor's losses, in the order of its updates.
    func actorLosses() throws -> [Double] {
      try #require(file.numbers("step.actor_loss", as: Double.self))
    }

    func expectFirstGradients(_ learned: borrowing LearnedParameters) throws {
      try learned.forEachTensor { parameter, _, gradient in
        let expected: [Float] = try #require(file.numbers("first_gradient." + parameter.name))
        let largest = expected.map(abs).max() ?? 0
        let worst = zip(gradient, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst <= 2e-4 * largest + 1e-7, "first gradient of \(parameter.name): \(worst) of \(largest)")
      }
    }

    func expectFinalWeights(_ checkpoint: Safetensors) throws {
      for (name, tensor) in file.tensors where name.hasPrefix("final.") {
        let name = String(name.dropFirst("final.".count))
        let values: [Float] = try #require(checkpoint.numbers(name))
        let expected: [Float] = try #require(file.numbers("final." + name))
        let initial: [Float] = try #require(file.numbers("initial." + name))
        let worst = zip(values, expected).map { abs($0 - $1) }.max() ?? .infinity
        let change = zip(initial, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(values.count == tensor.shape.reduce(1, *))
        #expect(worst < 2e-4 && change > 10 * worst, "\(name): \(worst) off, changed by \(change)")
      }
    }
  }

  /// Gives a learner the stored batches one after the other.
  private func follow<Agent: BatchLearner>(
    _ golden: Golden, _ agent: Agent, _ learn: (_ update: Int) throws -> Void
  ) throws {
    try agent.restore(golden.initial(agent.checkpoint()), name: "golden")
    for update in 0..<golden.updates {
      try golden.fill(&agent.memory, update)
      try learn(update)
      guard update == 0 else { continue }
      try golden.expectFirstGradients(agent.critic.first.learned)
      try golden.expectFirstGradients(agent.critic.second.learned)
    }
    try golden.expectFinalWeights(agent.checkpoint())
  }

  private func expect(_ loss: Float, _ expected: Double, _ update: Int) {
    #expect(abs(Double(loss) - expected) < 2e-4 * max(1, abs(expected)), "update \(update)")
  }

  @Test(
    "SAC: gradients, losses, temperature and weights are those of Stable-Baselines3, within 2·10⁻⁴",
    arguments: GoldenVectors.batchNames("sac"), InstructionSet.available)
  func sac(name: String, instructionSet: InstructionSet) throws {
    let golden = try Golden(name)
    var configuration = golden.configuration
    configuration.algorithm = .sac
    let agent = SAC(configuration, for: golden.specification, seed: 0, instructionSet: instructionSet)
    try follow(golden, agent) { update in
      let temperature = Double(agent.temperature)
      let result = agent.update(
        noise: try golden.row("next_noise", update) + golden.row("policy_noise", update))
      #expect(!result.isRefused)
      expect(result.actorLoss, try golden.scalar("actor_loss", update), update)
      #expect(abs(temperature - (try golden.scalar("ent_coef", update))) < 2e-4, "update \(update)")
      guard update == 0 else { return }
      try golden.expectFirstGradients(agent.actor.learned)
      try golden.expectFirstGradients(agent.logTemperature)
    }
  }

  @Test(
    "TD3: gradients, losses and weights are those of Stable-Baselines3, within 2·10⁻⁴",
    arguments: GoldenVectors.batchNames("td3"), InstructionSet.available)
  func td3(name: String, instructionSet: InstructionSet) throws {
    let golden = try Golden(name)
    var configuration = golden.configuration
    configuration.algorithm = .td3
    let delay = configuration.td31.policyDelay
    let agent = TD3(configuration, for: golden.specification, seed: 0, instructionSet: instructionSet)
    let losses = try golden.actorLosses()
    #expect(losses.count == golden.updates / delay)
    try follow(golden, agent) { update in
      let result = agent.update(noise: try golden.row("next_noise", update))
      #expect(!result.isRefused)
      guard (update + 1).isMultiple(of: delay) else { return }
      expect(result.actorLoss, losses[update / delay], update)
      if update + 1 == delay { try golden.expectFirstGradients(agent.actor.learned) }
    }
  }
}
