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

  @Test(
    "SAC: gradients, losses, temperature and weights are those of Stable-Baselines3, within 2·10⁻⁴",
    arguments: InstructionSet.available)
  func sac(instructionSet: InstructionSet) throws {
    let golden = try Golden("sac_plain")
    var configuration = golden.configuration
    configuration.algorithm = .sac
    let agent = SAC(configuration, for: golden.specification, seed: 0, instructionSet: instructionSet)
    try agent.restore(golden.initial(agent.checkpoint()), name: "sac_plain")
    for update in 0..<golden.updates {
      try golden.fill(&agent.memory, update)
      let temperature = Double(agent.temperature)
      let result = agent.update(
        nextNoise: try golden.row("next_noise", update), policyNoise: try golden.row("policy_noise", update))
      #expect(!result.isRefused)
      let loss = try #require(golden.file.numbers("step.actor_loss", as: Double.self))[update]
      #expect(abs(Double(result.actorLoss) - loss) < 2e-4 * max(1, abs(loss)), "update \(update)")
      let expected = try #require(golden.file.numbers("step.ent_coef", as: Double.self))[update]
      #expect(abs(temperature - expected) < 2e-4, "update \(update)")
      guard update == 0 else { continue }
      try golden.expectFirstGradients(agent.actor.learned)
      try golden.expectFirstGradients(agent.critic.first.learned)
      try golden.expectFirstGradients(agent.critic.second.learned)
      try golden.expectFirstGradients(agent.logTemperature)
    }
    try golden.expectFinalWeights(agent.checkpoint())
  }
}
