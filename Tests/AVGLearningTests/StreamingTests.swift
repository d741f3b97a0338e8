import AVGCore
import AVGNetwork
import Glibc
import Testing

@testable import AVGLearning

/// What the steps along traces promise, whatever the task.
@Suite("Streaming actor-critics")
struct StreamingTests {
  private static let specification = EnvironmentSpecification(frames: nil, signalCount: 5, actionCount: 2)

  private func makeAgent(
    _ algorithm: Algorithm, _ change: (inout AVGConfiguration) -> Void = { _ in }
  ) -> StreamingActorCritic {
    var configuration = AVGConfiguration()
    configuration.explorePlainly()
    configuration.algorithm = algorithm
    configuration.hiddenUnits = 24
    configuration.rewardScale = 1
    configuration.entropyCoefficient = 0.01
    change(&configuration)
    return StreamingActorCritic(configuration, for: Self.specification, seed: 4)
  }

  /// Does steps in a random world; `visit` is called around each update.
  private func run(
    _ agent: StreamingActorCritic, steps: Int = 40,
    _ visit: (_ learn: () -> Update, _ current: borrowing Observation) -> Void
  ) {
    var world = RandomSource(seed: 9, purpose: "world")
    var current = Observation(for: Self.specification)
    var next = Observation(for: Self.specification)
    var action: [Float] = [0, 0]
    for step in 0..<steps {
      for index in next.proprioception.indices { next.proprioception[index] = Float(world.normal()) }
      agent.act(on: current, into: &action)
      let outcome = Outcome(reward: Float(world.normal()), terminated: step % 11 == 10)
      visit({ agent.learn(from: outcome, next: next) }, current)
      swap(&current, &next)
    }
  }

  private func weights(_ learned: borrowing LearnedParameters) -> [Float] {
    learned.parameters.tensors.flatMap { $0.read(from: learned.parameters.values) }
  }

  @Test("ObGD with α = 1 moves the weights by min(|δ|, 1) / κ, in the sum of their changes")
  func boundedStep() {
    let agent = makeAgent(.streamAC)
    run(agent) { learn, _ in
      let (actor, critic) = (weights(agent.actor.learned), weights(agent.critic.valueFunction.learned))
      let delta = abs(Double(learn().temporalDifferenceError))
      for (before, after, bound) in [
        (actor, weights(agent.actor.learned), 3.0),
        (critic, weights(agent.critic.valueFunction.learned), 2.0),
      ] {
        let way = zip(before, after).reduce(0) { $0 + abs(Double($1.0) - Double($1.1)) }
        #expect(abs(way - min(delta, 1) / bound) < 1e-3 * min(delta, 1) + 1e-5)
      }
    }
  }

  @Test("without a trace, an intentional step changes V(S) by η·δ to first order")
  func intentionalStep() {
    let share = 1e-4
    let agent = makeAgent(.intentionalAC) {
      $0.streaming.traceDecay = 0
      $0.streaming.criticShare = share
    }
    var (steps, checked) = (0, 0)
    run(agent) { learn, _ in
      let update = learn()
      // S is perceived still: its value can be asked again.
      let change = Double(agent.critic.value([])) - Double(update.value)
      let intended = share * Double(update.temporalDifferenceError)
      steps += 1
      // The first observation is zeros once it is normalised, where the layer norms are as steep as they get.
      guard steps > 3, abs(intended) > 1e-5 else { return }
      #expect(abs(change - intended) < 0.1 * abs(intended) + 1e-6, "\(change) for \(intended)")
      checked += 1
    }
    #expect(checked > 20)
  }

  @Test("the likelihood's gradient is that of finite differences")
  func likelihoodGradient() {
    let output: [Float] = [0.3, -0.8, -0.4, 1.7]
    let noise: [Float] = [0.7, -1.3]
    func objective(_ output: [Float], of action: [Float]) -> Double {
      var total = 0.0
      for index in 0..<2 {
        let head = Double(output[2 + index])
        let deviation = max(head, 0) + log1p(exp(-abs(head)))
        let z = (Double(action[index]) - Double(output[index])) / deviation
        total += -z * z / 2 - log(deviation) + 0.25 * log(deviation)
      }
      return total
    }
    var buffer = FloatBuffer(count: 16)
    buffer.write(output)
    var policy = Gaussian(actionCount: 2)
    policy.sample(buffer, noise: noise)
    var gradient = [Float](repeating: 0, count: 4)
    policy.likelihoodGradient(entropyWeight: 0.25, into: &gradient)
    for index in 0..<4 {
      var (higher, lower) = (output, output)
      higher[index] += 1e-3
      lower[index] -= 1e-3
      let step = Double(higher[index]) - Double(lower[index])
      let numeric = (objective(higher, of: policy.sample) - objective(lower, of: policy.sample)) / step
      #expect(abs(Double(gradient[index]) - numeric) < 1e-3 * max(1, abs(numeric)), "\(index)")
    }
  }

  @Test("what is done is cut to −1…1, what is learned from is not")
  func cut() {
    var buffer = FloatBuffer(count: 16)
    buffer.write([0.9, -3, 2, 2])
    var policy = Gaussian(actionCount: 2)
    policy.sample(buffer, noise: [1, -1])
    #expect(policy.action == [1, -1])
    #expect(policy.sample[0] > 2 && policy.sample[1] < -4)
  }

  @Test("a trace reaches back over a time-out only where it is to, and never over a termination")
  func endsOfTraces() {
    func trace(_ clears: Bool, _ terminates: Bool, _ outcome: Outcome) -> Float {
      let agent = makeAgent(.streamAC) {
        $0.streaming.clearsTraceAtTimeOut = clears
        $0.streaming.timeOutsTerminate = terminates
      }
      var action: [Float] = [0, 0]
      let observation = Observation(for: Self.specification)
      agent.act(on: observation, into: &action)
      _ = agent.learn(from: outcome, next: observation)
      let tensor = agent.actor.learned.parameters.tensors[1]
      return agent.actor.learned.optimizer.read(.trace, of: tensor).reduce(0) { $0 + abs($1) }
    }
    #expect(trace(true, false, Outcome(reward: 1)) > 0)
    #expect(trace(false, false, Outcome(reward: 1, terminated: true)) == 0)
    #expect(trace(true, false, Outcome(reward: 1, truncated: true)) == 0)
    #expect(trace(false, false, Outcome(reward: 1, truncated: true)) > 0)
    #expect(trace(false, true, Outcome(reward: 1, truncated: true)) == 0)
  }

  @Test(
    "an encoder steps its factor of what it would, and stays as it is with none",
    arguments: [Algorithm.streamAC, .intentionalAC])
  func encoderFactor(algorithm: Algorithm) {
    func way(_ factor: Double) -> Double {
      var configuration = AVGConfiguration.small
      configuration.algorithm = algorithm
      configuration.streaming.encoderFactor = factor
      var run = RandomRunOf<StreamingActorCritic>(
        StreamingActorCritic(configuration, for: RandomRunOf<StreamingActorCritic>.specification, seed: 4))
      let before = weights(run.agent.critic.perception.learned)
      #expect(run.run(1) == 0)
      return zip(before, weights(run.agent.critic.perception.learned)).reduce(0) {
        $0 + abs(Double($1.0) - Double($1.1))
      }
    }
    let whole = way(1)
    #expect(whole > 0 && way(0) == 0)
    #expect(abs(way(0.1) / whole - 0.1) < 1e-3)
  }

  @Test("sparse weights are so many, uniform and within ±1/√n; one of each unit stays")
  func sparseWeights() throws {
    let agent = makeAgent(.streamAC) { $0.hiddenUnits = 100 }
    let tensors = agent.critic.valueFunction.learned.parameters.tensors
    let file = agent.checkpoint()
    for tensor in tensors where tensor.shape.count > 1 {
      let weights: [Float] = try #require(file.numbers(tensor.name))
      let inputs = tensor.shape[1]
      for row in stride(from: 0, to: weights.count, by: inputs) {
        let units = weights[row..<row + inputs]
        #expect(
          units.count { $0 != 0 } == max(1, inputs - Int((0.9 * Double(inputs)).rounded(.up))),
          "\(tensor.name)")
        #expect(units.allSatisfy { abs($0) <= 1 / Float(inputs).squareRoot() })
      }
    }
  }
}
