import AVGCore
import AVGNetwork
import AVGSystem
import Foundation
import Testing
@testable import AVGLearning

/// The gradients of one whole update of each sibling, from pixels, against finite differences of its losses.
@Suite("Gradients of the siblings' updates")
struct FamilyGradientTests {
  struct Variant: CustomStringConvertible, Sendable {
    var sharing: AVGConfiguration.EncoderSharing
    var normalizes: Bool
    var head: EncoderHead

    var description: String { "\(sharing), normalised \(normalizes), \(head)" }

    static let all = AVGConfiguration.EncoderSharing.allCases.flatMap { sharing in
      [
        Variant(sharing: sharing, normalizes: true, head: .spatialSoftmax),
        Variant(sharing: sharing, normalizes: false, head: .spatialSoftmax),
        Variant(sharing: sharing, normalizes: true, head: .linear),
      ]
    }

    /// Learning rates of zero keep the weights where the gradients were taken; the statistics move.
    var configuration: AVGConfiguration {
      var configuration = AVGConfiguration.small
      configuration.encoderSharing = sharing
      configuration.normalizesObservations = normalizes
      configuration.penultimateNormalization = normalizes ? .unit : .none
      configuration.encoderHead = head
      configuration.actorLearningRate = 0
      configuration.criticLearningRate = 0
      configuration.encoderLearningRate = 0
      configuration.entropyCoefficient = 0.3
      configuration.sac1.initialTemperature = 0.3
      configuration.sac1.temperatureLearningRate = 0
      configuration.td31.policyDelay = 1
      configuration.sac1.targetNetworkRate = 1e-6
      configuration.td31.targetNetworkRate = 1e-6
      configuration.rewardScale = 0.7
      // Small enough that some means are beyond it.
      configuration.meanBound = 0.1
      configuration.normalizerClip = 1.2
      return configuration
    }
  }

  /// What the losses hold constant, and what they are of.
  private struct Transition {
    var plain: PlainAVG
    /// What the critic sees of S and of S′.
    var vector: [Double]
    var nextVector: [Double]
    /// What the actor sees.
    var actorVector: [Double]
    var nextActorVector: [Double]
    /// What the target networks of critic and actor see of S′.
    var targetVector: [Double]
    var targetActorVector: [Double]
    var actorEncoder: String
    var reward: Double
    var scale: Double

    init<Agent>(_ run: borrowing RandomRunOf<Agent>, _ variant: Variant, _ outcome: Outcome, _ update: Update)
    where Agent: ~Copyable {
      plain = PlainAVG(variant.configuration, run.agent.checkpoint(metadata: [:]))
      actorEncoder = plain.actorEncoder
      vector = plain.vector(run.current, through: "encoder")
      nextVector = plain.vector(run.next, through: "encoder")
      actorVector = plain.vector(run.current, through: actorEncoder)
      nextActorVector = plain.vector(run.next, through: actorEncoder)
      let next = plain.vectorsOfTargets(run.next)
      targetVector = next["encoder"] ?? []
      targetActorVector = next[actorEncoder] ?? []
      reward = Double(outcome.reward) * variant.configuration.rewardScale
      scale = Double(update.temporalDifferenceScale)
    }
  }

  private let noise: [Float] = [0.7, -0.4]
  private let nextNoise: [Float] = [-1.1, 0.2]
  private let policyNoise: [Float] = [0.3, 0.9]
  private let discount = AVGConfiguration().discount

  /// A run whose weights are large enough that nothing in them is near zero.
  private func makeRun<Agent: CheckpointedAgent>(
    _ make: (AVGConfiguration, EnvironmentSpecification, UInt64, InstructionSet, WorkerPool?) -> Agent,
    _ variant: Variant, _ algorithm: Algorithm = .avg
  ) throws -> RandomRunOf<Agent> {
    typealias Run = RandomRunOf<Agent>
    var configuration = variant.configuration
    configuration.algorithm = algorithm
    var run = Run(make(configuration, Run.specification, 4, .best, nil))
    let file = run.agent.checkpoint(metadata: [:]).withLargeWeights()
    try run.agent.restore(file, name: "weights of the test")
    for _ in 0..<30 { run.step() }
    return run
  }

  @Test("IAC: every gradient is that of δ² and −(δ log π(A|S) + η H)", arguments: Variant.all)
  func iac(variant: Variant) throws {
    var run = try makeRun(IAC.init, variant)
    run.agent.actor.act(
      on: run.current, through: &run.agent.critic.perception, noise: noise, into: &run.action)
    var outcome = run.drawOutcome()
    outcome.terminated = false
    let update = run.agent.learn(from: outcome, next: run.next)
    #expect(!update.isRefused)
    try checkIAC(run, variant, outcome, update)
  }

  private func checkIAC(
    _ run: borrowing RandomRunOf<IAC>, _ variant: Variant, _ outcome: Outcome, _ update: Update
  ) throws {
    let transition = Transition(run, variant, outcome, update)
    let plain = transition.plain
    let target = transition.reward + discount * plain.value(transition.nextVector, [], head: "v")
    let delta = (target - plain.value(transition.vector, [], head: "v")) / transition.scale
    #expect(abs(Double(update.temporalDifferenceError) - delta) < 1e-4 * max(1, abs(delta)))

    func criticLoss(_ plain: PlainAVG) -> Double {
      let vector = plain.vector(run.current, through: "encoder")
      let delta = (target - plain.value(vector, [], head: "v")) / transition.scale
      return delta * delta
    }
    // u is what was drawn, a constant.
    let (means, logVariances) = plain.heads(transition.actorVector)
    let drawn = means.indices.map { means[$0] + exp(logVariances[$0] / 2) * Double(noise[$0]) }
    func actorLoss(_ plain: PlainAVG) -> Double {
      let vector = plain.vector(run.current, through: transition.actorEncoder)
      let (means, logVariances) = plain.heads(vector)
      return plain.meanPenalty(vector)
        - means.indices.reduce(0.0) { sum, index in
          let distance = drawn[index] - means[index]
          let logDensity = -distance * distance / (2 * exp(logVariances[index])) - logVariances[index] / 2
          return sum + delta * logDensity + 0.3 * logVariances[index] / 2
        }
    }
    try compareGradients(run.agent.critic.valueFunction.learned, plain, criticLoss)
    try compareGradients(run.agent.critic.perception.learned, plain, criticLoss)
    try compareGradients(run.agent.actor.learned, plain, actorLoss)
    try compareGradients(run.agent.actor.perception.learned, plain, actorLoss)
  }

  @Test(
    "SAC-1: every gradient is that of δ₁² + δ₂², α log π(a|S) − min Q(S, a), and α(−log π(a|S) + |A|)",
    arguments: Variant.all)
  func sac1(variant: Variant) throws {
    var run = try makeRun(SAC1.init, variant)
    run.agent.actor.act(
      on: run.current, through: &run.agent.critic.perception, noise: noise, into: &run.action)
    var outcome = run.drawOutcome()
    outcome.terminated = false
    let update = run.agent.learn(
      from: outcome, next: run.next, noise: nextNoise, policyNoise: policyNoise)
    #expect(!update.isRefused)
    try checkSAC1(run, variant, outcome, update)
  }

  private func checkSAC1(
    _ run: borrowing RandomRunOf<SAC1>, _ variant: Variant, _ outcome: Outcome, _ update: Update
  ) throws {
    let transition = Transition(run, variant, outcome, update)
    let plain = transition.plain
    let (action, _) = plain.policy(transition.actorVector, noise: noise)
    let (nextAction, nextLogProbability) = plain.policy(transition.nextActorVector, noise: nextNoise)
    let target =
      transition.reward + discount
      * (smallerValue(plain, transition.targetVector, nextAction, of: "target.critic") - 0.3
        * nextLogProbability)

    func actorLoss(_ plain: PlainAVG) -> Double {
      let vector = plain.vector(run.current, through: transition.actorEncoder)
      let (action, logProbability) = plain.policy(vector, noise: policyNoise)
      return 0.3 * logProbability - smallerValue(plain, transition.vector, action, of: "critic")
        + plain.meanPenalty(vector)
    }
    try checkCritics(run, transition, action, target, run.agent.critic, run.agent.critic.perception)
    try compareGradients(run.agent.actor.learned, plain, actorLoss)
    // Of a shared encoder this is empty: the actor takes its features as constants.
    try compareGradients(run.agent.actor.perception.learned, plain, actorLoss)
    let (_, logProbability) = plain.policy(transition.actorVector, noise: policyNoise)
    #expect(
      abs(Double(run.agent.logTemperature.gradients.dense[0]) - 0.3 * (-logProbability + 2)) < 1e-4,
      "\(variant): the temperature's gradient")
  }

  @Test("TD3-1: every gradient is that of δ₁² + δ₂² and −Q₁(S, π(S))", arguments: Variant.all)
  func td31(variant: Variant) throws {
    var run = try makeRun(TD31.init, variant)
    run.agent.actor.act(
      on: run.current, through: &run.agent.critic.perception, noise: noise, into: &run.action)
    var outcome = run.drawOutcome()
    outcome.terminated = false
    let update = run.agent.learn(from: outcome, next: run.next, noise: nextNoise)
    #expect(!update.isRefused)
    try checkTD31(run, variant, outcome, update)
  }

  private func checkTD31(
    _ run: borrowing RandomRunOf<TD31>, _ variant: Variant, _ outcome: Outcome, _ update: Update
  ) throws {
    let transition = Transition(run, variant, outcome, update)
    let plain = transition.plain
    let nextAction = zip(plain.heads(transition.targetActorVector, of: "target.actor").means, nextNoise).map {
      min(max(tanh($0) + min(max(0.2 * Double($1), -0.5), 0.5), -1), 1)
    }
    let target =
      transition.reward + discount
      * smallerValue(plain, transition.targetVector, nextAction, of: "target.critic")
    let action = zip(plain.heads(transition.actorVector).means, noise).map {
      min(max(tanh($0) + 0.1 * Double($1), -1), 1)
    }
    for (number, expected) in zip(run.action, action) { #expect(abs(Double(number) - expected) < 1e-5) }

    func actorLoss(_ plain: PlainAVG) -> Double {
      let vector = plain.vector(run.current, through: transition.actorEncoder)
      return -plain.value(transition.vector, plain.heads(vector).means.map(tanh), of: "critic.1")
    }
    try checkCritics(run, transition, action, target, run.agent.critic, run.agent.critic.perception)
    try compareGradients(run.agent.actor.learned, plain, actorLoss)
    try compareGradients(run.agent.actor.perception.learned, plain, actorLoss)
  }

  @Test(
    "streamSAC: the gradients are those of Q₁, Q₂, their mean, and α log π − min Q", arguments: Variant.all)
  func streamSAC(variant: Variant) throws {
    var run = try makeRun(StreamSAC.init, variant, .streamSAC)
    run.agent.actor.act(
      on: run.current, through: &run.agent.critic.perception, noise: noise, into: &run.action)
    var outcome = run.drawOutcome()
    outcome.terminated = false
    let update = run.agent.learn(from: outcome, next: run.next, noise: nextNoise)
    #expect(!update.isRefused)
    try checkStreamSAC(run, variant, outcome, update)
  }

  private func checkStreamSAC(
    _ run: borrowing RandomRunOf<StreamSAC>, _ variant: Variant, _ outcome: Outcome, _ update: Update
  ) throws {
    let transition = Transition(run, variant, outcome, update)
    let plain = transition.plain
    let (action, _) = plain.policy(transition.actorVector, noise: noise)
    let (nextAction, nextLogProbability) = plain.policy(transition.nextActorVector, noise: nextNoise)
    let target =
      transition.reward + discount
      * (smallerValue(plain, transition.nextVector, nextAction, of: "critic") - 0.3 * nextLogProbability)
    let delta = (target - plain.value(transition.vector, action, of: "critic.1")) / transition.scale
    #expect(abs(Double(update.temporalDifferenceError) - delta) < 1e-3 * max(1, abs(delta)), "\(variant)")

    func actorLoss(_ plain: PlainAVG) -> Double {
      let vector = plain.vector(run.current, through: transition.actorEncoder)
      let (action, logProbability) = plain.policy(vector, noise: noise)
      return 0.3 * logProbability - smallerValue(plain, transition.vector, action, of: "critic")
        + plain.meanPenalty(vector)
    }
    try checkValues(run, transition, action, run.agent.critic)
    try compareGradients(run.agent.actor.learned, plain, actorLoss)
    try compareGradients(run.agent.actor.perception.learned, plain, actorLoss)
    let (_, logProbability) = plain.policy(transition.actorVector, noise: noise)
    #expect(
      abs(Double(run.agent.logTemperature.gradients.dense[0]) - 0.3 * (-logProbability + 2)) < 1e-4,
      "\(variant): the temperature's gradient")
  }

  @Test("streamTD3: the gradients are those of Q₁, Q₂, their mean, and −Q₁(S, π(S))", arguments: Variant.all)
  func streamTD3(variant: Variant) throws {
    var run = try makeRun(StreamTD3.init, variant, .streamTD3)
    run.agent.actor.act(
      on: run.current, through: &run.agent.critic.perception, noise: noise, into: &run.action)
    let action = run.action.map(Double.init)
    var outcome = run.drawOutcome()
    outcome.terminated = false
    let update = run.agent.learn(from: outcome, next: run.next, noise: nextNoise)
    #expect(!update.isRefused)
    let transition = Transition(run, variant, outcome, update)
    let plain = transition.plain
    let nextAction = zip(plain.heads(transition.nextActorVector).means, nextNoise).map {
      min(max(tanh($0) + min(max(0.2 * Double($1), -0.5), 0.5), -1), 1)
    }
    let target =
      transition.reward + discount * smallerValue(plain, transition.nextVector, nextAction, of: "critic")
    let delta = (target - plain.value(transition.vector, action, of: "critic.1")) / transition.scale
    #expect(abs(Double(update.temporalDifferenceError) - delta) < 1e-3 * max(1, abs(delta)), "\(variant)")
    try checkValues(run, transition, action, run.agent.critic)
    try checkPolicy(run, transition)
  }

  private func checkPolicy(_ run: borrowing RandomRunOf<StreamTD3>, _ transition: Transition) throws {
    func actorLoss(_ plain: PlainAVG) -> Double {
      let vector = plain.vector(run.current, through: transition.actorEncoder)
      return -plain.value(transition.vector, plain.heads(vector).means.map(tanh), of: "critic.1")
    }
    try compareGradients(run.agent.actor.learned, transition.plain, actorLoss)
    try compareGradients(run.agent.actor.perception.learned, transition.plain, actorLoss)
  }

  /// Of both values and, for the encoder, of their mean, each divided by σ_δ.
  private func checkValues<Agent: ~Copyable>(
    _ run: borrowing RandomRunOf<Agent>, _ transition: Transition, _ action: [Double],
    _ critic: borrowing TwinCritic
  ) throws {
    func value(_ plain: PlainAVG, _ name: String) -> Double {
      plain.value(plain.vector(run.current, through: "encoder"), action, of: name) / transition.scale
    }
    try compareGradients(critic.first.learned, transition.plain) { value($0, "critic.1") }
    try compareGradients(critic.second.learned, transition.plain) { value($0, "critic.2") }
    try compareGradients(critic.perception.learned, transition.plain) {
      (value($0, "critic.1") + value($0, "critic.2")) / 2
    }
  }

  private func smallerValue(
    _ plain: PlainAVG, _ vector: [Double], _ action: [Double], of critics: String
  ) -> Double {
    min(plain.value(vector, action, of: critics + ".1"), plain.value(vector, action, of: critics + ".2"))
  }

  private func checkCritics<Agent: ~Copyable>(
    _ run: borrowing RandomRunOf<Agent>, _ transition: Transition, _ action: [Double], _ target: Double,
    _ critics: borrowing TwinCritic, _ perception: borrowing Perception
  ) throws {
    func loss(_ plain: PlainAVG) -> Double {
      let vector = plain.vector(run.current, through: "encoder")
      return ["critic.1", "critic.2"].reduce(0.0) { sum, critic in
        let delta = (target - plain.value(vector, action, of: critic)) / transition.scale
        return sum + delta * delta
      }
    }
    try compareGradients(critics.first.learned, transition.plain, loss)
    try compareGradients(critics.second.learned, transition.plain, loss)
    try compareGradients(perception.learned, transition.plain, loss)
  }
}
