import AVGCore
import AVGNetwork
import Foundation
import Testing

@testable import AVGLearning

/// The gradients of one whole update from a batch, from pixels, against finite differences of its losses.
@Suite("Gradients of the updates from batches")
struct BatchGradientTests {
  typealias Variant = FamilyGradientTests.Variant

  /// Of a single transition gradients have a form of their own.
  static let counts = [1, 3]
  private static let nextNoise: [Float] = [-1.1, 0.2, 0.8, -0.3, 0.5, -0.9]
  private static let policyNoise: [Float] = [0.3, 0.9, -0.7, 0.1, -0.2, 0.6]

  /// A transition of the batch, and what the networks that are held constant see of it.
  private struct Sample {
    var moment: Moment
    var reward: Double
    /// γ, or 0 at a termination.
    var discount: Double
    var action: [Double]
    var vector: [Double]
    var actorVector: [Double]
    var nextActorVector: [Double]
    var targetVector: [Double]
    var targetActorVector: [Double]
    var nextNoise: [Float]
    var policyNoise: [Float]
  }

  private func makeRun<Agent: BatchLearner>(
    _ variant: Variant, _ algorithm: Algorithm, samples: Int
  ) throws -> BatchRun<Agent> {
    var configuration = variant.configuration
    configuration.algorithm = algorithm
    configuration.batch.samples = samples
    var run = BatchRun(Agent(configuration, for: RandomRun.specification, seed: 4))
    try run.agent.restore(
      run.agent.checkpoint(metadata: [:]).withLargeWeights(), name: "weights of the test")
    let (_, refused) = run.run(30)
    #expect(refused == 0)
    return run
  }

  private func samples(_ memory: borrowing ReplayMemory, _ plain: PlainAVG, _ configuration: AVGConfiguration)
    -> [Sample]
  {
    (0..<configuration.batch.samples).map { index in
      var read = Transition(for: RandomRun.specification)
      memory.read(index, into: &read)
      let moment = Moment(read)
      let targets = plain.vectorsOfTargets(moment.transition.next)
      let outcome = moment.transition.outcome
      let noise = 2 * index..<2 * index + 2
      return Sample(
        moment: moment, reward: Double(outcome.reward) * configuration.rewardScale,
        discount: outcome.terminated ? 0 : configuration.discount(over: outcome),
        action: moment.transition.action.map(Double.init),
        vector: plain.vector(moment.transition.state, through: "encoder"),
        actorVector: plain.vector(moment.transition.state, through: plain.actorEncoder),
        nextActorVector: plain.vector(moment.transition.next, through: plain.actorEncoder),
        targetVector: targets["encoder"] ?? [], targetActorVector: targets[plain.actorEncoder] ?? [],
        nextNoise: Array(Self.nextNoise[noise]), policyNoise: Array(Self.policyNoise[noise]))
    }
  }

  private func mean(_ samples: [Sample], _ term: (Sample) -> Double) -> Double {
    samples.reduce(0) { $0 + term($1) } / Double(samples.count)
  }

  private func smallerValue(
    _ plain: PlainAVG, _ vector: [Double], _ action: [Double], of critics: String
  ) -> Double {
    min(plain.value(vector, action, of: critics + ".1"), plain.value(vector, action, of: critics + ".2"))
  }

  /// Compares the critics' gradients, and the encoder's, with those of the mean of `weight` (δ₁² + δ₂²).
  private func checkCritics(
    _ critic: BatchCritic, _ plain: PlainAVG, _ samples: [Sample], _ returns: [Double], weight: Double
  ) throws {
    func loss(_ plain: PlainAVG, _ vector: (Sample) -> [Double]) -> Double {
      zip(samples, returns).reduce(0) { sum, pair in
        let vector = vector(pair.0)
        return sum
          + ["critic.1", "critic.2"].reduce(0) {
            let delta = pair.1 - plain.value(vector, pair.0.action, of: $1)
            return $0 + weight * delta * delta / Double(samples.count)
          }
      }
    }
    try compareGradients(critic.first.learned, plain) { loss($0, \.vector) }
    try compareGradients(critic.second.learned, plain) { loss($0, \.vector) }
    try compareGradients(critic.perception.learned, plain) { plain in
      loss(plain) { plain.vector($0.moment.transition.state, through: "encoder") }
    }
  }

  /// Compares the actor's gradients, and its own encoder's, with those of the mean of a loss of what it sees.
  private func checkActor<Action: ActionSample>(
    _ actor: borrowing Actor<Action>, _ plain: PlainAVG, _ samples: [Sample],
    rounding: Double = 1e-4, _ loss: (PlainAVG, Sample, _ actorVector: [Double]) -> Double
  ) throws {
    try compareGradients(actor.learned, plain, rounding: rounding) { plain in
      mean(samples) { loss(plain, $0, $0.actorVector) }
    }
    // Of a shared encoder this is empty: the actor takes its features as constants.
    try compareGradients(actor.perception.learned, plain, rounding: rounding) { plain in
      mean(samples) { loss(plain, $0, plain.vector($0.moment.transition.state, through: plain.actorEncoder)) }
    }
  }

  @Test(
    "SAC: every gradient is that of (δ₁² + δ₂²) / 2, α log π(a|S) − min Q(S, a), and −log α (log π(a|S) − |A|)",
    arguments: Variant.all, counts)
  func sac(variant: Variant, count: Int) throws {
    let run: BatchRun<SAC> = try makeRun(variant, .sac, samples: count)
    let agent = run.agent
    agent.memory.draw()
    let update = agent.update(
      noise: Array(Self.nextNoise.prefix(2 * count) + Self.policyNoise.prefix(2 * count)))
    #expect(!update.isRefused)
    let plain = PlainAVG(agent.configuration, agent.checkpoint())
    let samples = samples(agent.memory, plain, agent.configuration)
    let returns = samples.map { sample in
      let (action, logProbability) = plain.policy(sample.nextActorVector, noise: sample.nextNoise)
      let value = smallerValue(plain, sample.targetVector, action, of: "target.critic")
      return sample.reward + sample.discount * (value - 0.3 * logProbability)
    }
    try checkCritics(agent.critic, plain, samples, returns, weight: 0.5)
    // Where σ is e² actions are near ±1, and 1 − a² has few digits; of a single one nothing else adds to the gradient.
    try checkActor(agent.actor, plain, samples, rounding: count == 1 ? 1e-3 : 5e-4) { plain, sample, vector in
      let (action, logProbability) = plain.policy(vector, noise: sample.policyNoise)
      return 0.3 * logProbability - smallerValue(plain, sample.vector, action, of: "critic")
        + plain.meanPenalty(vector)
    }
    let logProbability = mean(samples) { plain.policy($0.actorVector, noise: $0.policyNoise).1 }
    #expect(
      abs(Double(agent.logTemperature.gradients.dense[0]) + logProbability - 2) < 1e-4,
      "\(variant): the temperature's gradient")
  }

  @Test("TD3: every gradient is that of δ₁² + δ₂² and −Q₁(S, π(S))", arguments: Variant.all, counts)
  func td3(variant: Variant, count: Int) throws {
    let run: BatchRun<TD3> = try makeRun(variant, .td3, samples: count)
    let agent = run.agent
    agent.memory.draw()
    let update = agent.update(noise: Array(Self.nextNoise.prefix(2 * count)))
    #expect(!update.isRefused)
    let plain = PlainAVG(agent.configuration, agent.checkpoint())
    let samples = samples(agent.memory, plain, agent.configuration)
    let returns = samples.map { sample in
      let means = plain.heads(sample.targetActorVector, of: "target.actor").means
      let action = zip(means, sample.nextNoise).map {
        min(max(tanh($0) + min(max(0.2 * Double($1), -0.5), 0.5), -1), 1)
      }
      return sample.reward
        + sample.discount * smallerValue(plain, sample.targetVector, action, of: "target.critic")
    }
    try checkCritics(agent.critic, plain, samples, returns, weight: 1)
    try checkActor(agent.actor, plain, samples) { plain, sample, vector in
      -plain.value(sample.vector, plain.heads(vector).means.map(tanh), of: "critic.1")
    }
  }
}
