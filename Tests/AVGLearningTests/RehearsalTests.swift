import AVGCore
import AVGNetwork
import Foundation
import Testing
@testable import AVGLearning

@Suite("Rehearsal")
struct RehearsalTests {
  private func configuration(
    _ change: (inout RehearsalConfiguration) -> Void = { _ in }
  ) -> AVGConfiguration {
    var configuration = AVGConfiguration.small
    configuration.rehearsal.transitions = 20
    configuration.rehearsal.samples = 5
    configuration.rehearsal.actorLearningRate = 1e-4
    // Large enough to tell.
    configuration.encoderLearningRate = 1e-3
    change(&configuration.rehearsal)
    return configuration
  }

  // MARK: The update

  /// A run whose weights stay where they are: its statistics and its ring alone change.
  private func makeResting(_ normalization: PenultimateNormalization, returnSteps: Int) -> RandomRun {
    var configuration = configuration {
      $0.returnSteps = returnSteps
      // A step so small that no weight moves, for 0 would leave the actor out.
      $0.actorLearningRate = 1e-30
      $0.criticLearningRate = 0
    }
    configuration.penultimateNormalization = normalization
    configuration.actorLearningRate = 0
    configuration.criticLearningRate = 0
    configuration.encoderLearningRate = 0
    // Large enough to show in the actor's gradient.
    configuration.entropyCoefficient = 0.3
    configuration.rewardScale = 0.7
    // Small enough that some means are beyond it, and some numbers clipped.
    configuration.meanBound = 0.1
    configuration.normalizerClip = 1.2
    let run = RandomRun(configuration, seed: 4)
    var random = RandomSource(seed: 5, purpose: "weights of the test")
    var counts: [String: Int] = [:]
    PlainAVG.visit(run.agent) { parameter, _, _ in counts[parameter.name] = parameter.count }
    run.agent.setWeights { name in (0..<(counts[name] ?? 0)).map { _ in Float(0.4 * random.normal()) } }
    return run
  }

  /// One of a batch, read out of a checkpoint and drawn by the random source that it held before.
  private struct Drawn {
    var state: [Double]
    var action: [Double]
    var following: [Double]
    var reward: Double
    var discount: Double
    var steps: Int
    var followingNoise: [Float]
    var noise: [Float]
  }

  /// What the update drew, with the returns written out: as the documentation has it, the ages first, then the noise of each A′, then of each a.
  private func drawn(
    _ plain: PlainAVG, _ checkpoint: Safetensors, by source: UInt64, returnSteps: Int
  ) throws -> [Drawn] {
    let rewards: [Float] = try #require(checkpoint.numbers("rehearsal.rewards"))
    let discounts: [Float] = try #require(checkpoint.numbers("rehearsal.discounts"))
    let continuations: [Float] = try #require(checkpoint.numbers("rehearsal.continuations"))
    var random = RandomSource(seed: 0, purpose: "")
    random.state = source
    let count = rewards.count
    let rows: [Int] = (0..<5).map { _ in count - 1 - Int(random.uniform() * Double(count)) }
    let noises: [[Float]] = (0..<10).map { _ in [Float(random.normal()), Float(random.normal())] }
    #expect(checkpoint.numbers("rehearsal.random") == [random.state], "nothing else is drawn")
    return try rows.enumerated().map { place, row in
      var last = row
      while last + 1 < count, last + 1 - row < returnSteps, continuations[last + 1] == 1 { last += 1 }
      let steps = row...last
      let weights = steps.map { discounts[row..<$0].reduce(1.0) { $0 * Double($1) } }
      return Drawn(
        state: plain.normalized(try numbers(of: checkpoint, "states", row), "encoder"),
        action: try numbers(of: checkpoint, "actions", row),
        following: plain.normalized(try numbers(of: checkpoint, "following", last), "encoder"),
        reward: zip(steps, weights).reduce(0) { $0 + $1.1 * Double(rewards[$1.0]) },
        discount: discounts[steps].reduce(1) { $0 * Double($1) }, steps: steps.count,
        followingNoise: noises[place], noise: noises[5 + place])
    }
  }

  private func numbers(of checkpoint: Safetensors, _ name: String, _ index: Int) throws -> [Double] {
    let tensor = try #require(checkpoint.tensors["rehearsal." + name])
    let numbers: [Float] = try #require(checkpoint.numbers("rehearsal." + name))
    return numbers[index * tensor.shape[1]..<(index + 1) * tensor.shape[1]].map(Double.init)
  }

  @Test(
    "its gradients are those of the means of δ² and of η log π(a|S) − Q(S, a) over the batch",
    arguments: PenultimateNormalization.allCases, [1, 3])
  func agreesWithFiniteDifferences(normalization: PenultimateNormalization, returnSteps: Int) throws {
    var run = makeResting(normalization, returnSteps: returnSteps)
    // So that the ring has been written over, σ_δ has left 1 and the statistics mean something.
    #expect(run.run(47) == 0)
    var terminations = 0
    var lengths: Set<Int> = []
    for _ in 0..<10 {
      let source: [UInt64] = try #require(run.agent.checkpoint().numbers("rehearsal.random"))
      let update = run.step()
      let batch = try drawn(
        PlainAVG(run.agent), run.agent.checkpoint(), by: source[0], returnSteps: returnSteps)
      compare(run.agent, batch, scale: Double(update.temporalDifferenceScale))
      terminations += batch.count { $0.discount == 0 }
      lengths.formUnion(batch.map(\.steps))
    }
    #expect(lengths == Set(1...returnSteps), "else this test cannot tell")
    #expect(terminations > 0, "else this test cannot tell")
  }

  /// Compares the gradients of an agent's last rehearsal with those of the written-out losses of its batch.
  private func compare(_ agent: AVG, _ batch: [Drawn], scale: Double) {
    let plain = PlainAVG(agent)
    let eta = agent.configuration.entropyCoefficient
    let estimates: [Double] = batch.map { drawn in
      let (action, logProbability) = plain.policy(drawn.following, noise: drawn.followingNoise)
      return drawn.reward + drawn.discount * (plain.value(drawn.following, action) - eta * logProbability)
    }
    func criticLoss(_ plain: PlainAVG) -> Double {
      var sum = 0.0
      for (drawn, estimate) in zip(batch, estimates) {
        let delta = plain.temporalDifferenceError(
          drawn.state, drawn.action, returnEstimate: estimate, scale: scale)
        sum += delta * delta / 5
      }
      return sum
    }
    func actorLoss(_ moved: PlainAVG) -> Double {
      var sum = 0.0
      for drawn in batch {
        let (action, logProbability) = moved.policy(drawn.state, noise: drawn.noise)
        sum += (eta * logProbability - plain.value(drawn.state, action)) / 5
        sum += moved.meanPenalty(drawn.state) / 5
      }
      return sum
    }
    var compared = 0
    agent.forEachRehearsedTensor { parameter, gradients in
      let loss = parameter.name.hasPrefix("actor") ? actorLoss : criticLoss
      compared += compareGradient(parameter, gradients, plain, loss)
    }
    #expect(compared > 150)
  }

  @Test("with step sizes of 0 everything else is as it would be without it")
  func changesNothingElse() throws {
    var usual = RandomRun(configuration { $0.transitions = 0 })
    var rehearsing = RandomRun(
      configuration {
        $0.actorLearningRate = 0
        $0.criticLearningRate = 0
      })
    #expect((usual.run(60), rehearsing.run(60)) == (0, 0))
    let expected = usual.agent.checkpoint().tensors
    let found = rehearsing.agent.checkpoint().tensors
    for (name, tensor) in expected { #expect(found[name]?.bytes == tensor.bytes, "\(name)") }
    let more = Set(found.keys).subtracting(expected.keys)
    #expect(more.allSatisfy { $0.hasPrefix("rehearsal.") })
    #expect(more.contains("rehearsal.states"))
  }

  @Test(
    "each of a step's updates moves critic and actor; without a step size for the actor, the critic alone")
  func moves() throws {
    func weights(_ change: (inout RehearsalConfiguration) -> Void) -> (actor: Data, critic: Data) {
      var run = RandomRun(configuration(change))
      run.run(30)
      let tensors = run.agent.checkpoint().tensors
      func bytes(_ name: String) -> Data { Data(tensors[name]?.bytes ?? []) }
      return (bytes("actor.mu.weight"), bytes("critic.q.weight"))
    }
    let none = weights { $0.transitions = 0 }
    let one = weights { _ in }
    let two = weights { $0.updatesPerStep = 2 }
    #expect(Set([none.actor, one.actor, two.actor]).count == 3)
    #expect(Set([none.critic, one.critic, two.critic]).count == 3)
    var resting = RandomRun(configuration { $0.actorLearningRate = 0 })
    resting.run(30)
    let steps: [UInt64] = try #require(resting.agent.checkpoint().numbers("rehearsal.steps"))
    // The first four steps have no batch to draw from.
    #expect(steps == [0, 26])
  }

  // MARK: The ring

  @Test("the ring keeps the latest transitions, as they were perceived, the oldest first")
  func keepsLatest() throws {
    var run = RandomRun(configuration { $0.transitions = 6 })
    var actions: [[Double]] = []
    var signals: [[Double]] = []
    var rewards: [Double] = []
    for _ in 0..<9 {
      run.agent.act(on: run.current, into: &run.action)
      actions.append(run.action.map(Double.init))
      signals.append(run.current.proprioception.map(Double.init))
      let outcome = run.drawOutcome()
      rewards.append(Double(outcome.reward * 0.1))
      #expect(!run.agent.learn(from: outcome, next: run.next).isRefused)
      swap(&run.current, &run.next)
    }
    let checkpoint = run.agent.checkpoint()
    for (place, step) in (3..<9).enumerated() {
      #expect(try numbers(of: checkpoint, "actions", place) == actions[step])
      let state = try numbers(of: checkpoint, "states", place)
      #expect(Array(state.suffix(3)) == signals[step])
      #expect(try numbers(of: checkpoint, "rewards", place) == [rewards[step]])
      guard step < 8 else { continue }
      let following = try numbers(of: checkpoint, "following", place)
      #expect(Array(following.suffix(3)) == signals[step + 1])
    }
    #expect(checkpoint.tensors["rehearsal.states"]?.shape[0] == 6)
  }

  @Test("a return runs on within an episode, through the policy's own actions that were learned from")
  func endsReturns() throws {
    var configuration = configuration()
    configuration.excursionRate = 0.2
    var run = RandomRun(configuration)
    var expected: [Float] = []
    var continues = false
    for step in 0..<20 {
      run.agent.act(on: run.current, into: &run.action)
      let isOwn = !run.agent.actor.executed.isExcursion
      var outcome = run.drawOutcome()
      outcome.truncated = step == 6
      if step == 12 {
        var stale = Transition(
          for: EnvironmentSpecification(frames: nil, signalCount: 3, actionCount: 2))
        stale.outcome.isStale = true
        #expect(run.agent.take(stale) == nil)
        continues = false
      } else {
        #expect(!run.agent.learn(from: outcome, next: run.next).isRefused)
        expected.append(continues && isOwn ? 1 : 0)
        continues = !outcome.isLast
      }
      swap(&run.current, &run.next)
    }
    #expect(run.agent.checkpoint().numbers("rehearsal.continuations") == expected)
    #expect(expected[7] == 0 && expected[12] == 0 && expected.contains(1))

    // A reward that is not a number: the update is refused.
    run.agent.act(on: run.current, into: &run.action)
    _ = run.drawOutcome()
    #expect(run.agent.learn(from: Outcome(reward: .nan), next: run.next).isRefused)
    run.step()
    let found: [Float] = try #require(run.agent.checkpoint().numbers("rehearsal.continuations"))
    #expect(found.last == 0)
  }

  // MARK: Resuming

  @Test("a run that is resumed is the uninterrupted run, to the byte", arguments: [false, true])
  func resumes(actsFirst: Bool) throws {
    let configuration = configuration {
      $0.updatesPerStep = 2
      $0.returnSteps = 4
    }
    var whole = RandomRun(configuration)
    func advance(_ run: inout RandomRun, _ count: Int) {
      for _ in 0..<count {
        if actsFirst { _ = run.stepActingFirst() } else { run.step() }
      }
    }
    if actsFirst { whole.agent.act(on: whole.current, into: &whole.action) }
    advance(&whole, 33)
    let contents = try whole.agent.checkpoint().encoded()
    var resumed = RandomRun(configuration, seed: 99)
    try resumed.agent.restore(Safetensors(contents, name: "first"), name: "first")
    whole.enterWorld(seed: 7)
    resumed.enterWorld(seed: 7)
    advance(&whole, 25)
    advance(&resumed, 25)
    #expect(try resumed.bytes() == whole.bytes())
  }

  @Test("a ring takes over as many of the latest transitions as it has room for")
  func takesLatest() throws {
    var run = RandomRun(configuration())
    run.run(30)
    let checkpoint = run.agent.checkpoint()
    for (capacity, kept) in [(8, 8), (20, 20), (100, 20)] {
      let other = RandomRun(configuration { $0.transitions = capacity })
      try other.agent.restore(checkpoint, name: "other")
      let found = other.agent.checkpoint()
      #expect(found.tensors["rehearsal.states"]?.shape[0] == kept)
      for place in 0..<kept {
        for name in ["states", "actions", "following", "rewards", "discounts", "continuations"] {
          #expect(try numbers(of: found, name, place) == numbers(of: checkpoint, name, 20 - kept + place))
        }
      }
    }
  }

  @Test(
    "a checkpoint without a ring leaves it empty, and one with a ring is taken by a learner that has none")
  func startsEmpty() throws {
    var usual = RandomRun(configuration { $0.transitions = 0 })
    usual.run(30)
    var rehearsing = RandomRun(configuration())
    rehearsing.run(30)
    try rehearsing.agent.restore(rehearsing.agent.checkpoint(), name: "own")
    let fresh = RandomRun(configuration())
    try fresh.agent.restore(usual.agent.checkpoint(), name: "usual")
    #expect(fresh.agent.checkpoint().tensors["rehearsal.states"] == nil)
    try usual.agent.restore(rehearsing.agent.checkpoint(), name: "rehearsing")
    #expect(usual.run(3) == 0)
  }

  @Test("in a ring of before there were returns of several steps each transition stands for itself")
  func takesEarlierRing() throws {
    var run = RandomRun(configuration { $0.returnSteps = 3 })
    run.run(30)
    var file = run.agent.checkpoint()
    file.tensors["rehearsal.continuations"] = nil
    file.tensors["rehearsal.continuous"] = nil
    var other = RandomRun(configuration { $0.returnSteps = 3 })
    try other.agent.restore(file, name: "earlier")
    #expect(other.run(1) == 0)
    let found: [Float] = try #require(other.agent.checkpoint().numbers("rehearsal.continuations"))
    #expect(found.count == 20 && found.allSatisfy { $0 == 0 })
  }

  @Test("a ring that no run can have left is refused by name")
  func refusesDamage() throws {
    var run = RandomRun(configuration())
    run.run(12)
    let whole = run.agent.checkpoint()
    func expectRefused(_ tensor: String, _ change: (inout Safetensors) -> Void) {
      var file = whole
      change(&file)
      let other = RandomRun(configuration())
      let error = #expect(throws: CheckpointError.self) { try other.agent.restore(file, name: "damaged") }
      #expect(error?.description.contains(tensor) == true, "\(error?.description ?? "")")
    }
    func numbers(_ name: String, _ number: Float) -> (inout Safetensors) -> Void {
      { file in
        let shape = file.tensors[name]?.shape ?? []
        file.set(name, [Float](repeating: number, count: shape.reduce(1, *)), shape: shape)
      }
    }
    for name in ["states", "following", "rewards"] {
      expectRefused("rehearsal." + name, numbers("rehearsal." + name, .nan))
      expectRefused("rehearsal." + name) { $0.set("rehearsal." + name, [Float(1)], shape: [1, 1]) }
    }
    expectRefused("rehearsal.actions", numbers("rehearsal.actions", 1.5))
    expectRefused("rehearsal.discounts", numbers("rehearsal.discounts", 2))
    expectRefused("rehearsal.discounts", numbers("rehearsal.discounts", -1))
    expectRefused("rehearsal.continuations", numbers("rehearsal.continuations", 0.5))
    expectRefused("rehearsal.actions") { $0.tensors["rehearsal.actions"] = nil }
    expectRefused("rehearsal.steps") { $0.set("rehearsal.steps", [UInt64.max, 0], shape: [2]) }
    let moment = "rehearsal.second_moment.actor.mu.bias"
    expectRefused(moment, numbers(moment, -1))
  }

  // MARK: Settings

  @Test("other algorithms, separate encoders and a target network refuse it and say so")
  func refusedSettings() {
    func expectRefused(_ reason: String, _ change: (inout AVGConfiguration) -> Void) {
      var configuration = configuration()
      change(&configuration)
      let error = #expect(throws: InvalidSetting.self) { try configuration.validate() }
      #expect(error?.key == "rehearsal.transitions")
      #expect(error?.allowed.contains(reason) == true)
    }
    expectRefused("iac") { $0.algorithm = .iac }
    expectRefused("sac1") { $0.algorithm = .sac1 }
    expectRefused("encoderSharing") { $0.encoderSharing = .separate }
    expectRefused("targetNetworkRate") { $0.targetNetworkRate = 0.1 }
  }
}

extension AVG {
  /// Visits every tensor of actor and critic with the gradient of the last rehearsal.
  fileprivate func forEachRehearsedTensor(_ body: (Parameter, _ gradients: [Float]) -> Void) {
    rehearsal?.visitGradients(
      actor.learned.parameters.tensors, critic.valueFunction.learned.parameters.tensors, body)
  }
}

extension Rehearsal {
  fileprivate func visitGradients(
    _ actor: [Parameter], _ critic: [Parameter], _ body: (Parameter, _ gradients: [Float]) -> Void
  ) {
    for tensor in actor { body(tensor, tensor.read(from: actorGradients.dense)) }
    for tensor in critic { body(tensor, tensor.read(from: criticGradients.dense)) }
  }
}
