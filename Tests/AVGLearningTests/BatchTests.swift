import AVGCore
import AVGNetwork
import AVGReplay
import AVGSystem
import AVGTestSupport
import Foundation
import Testing

@testable import AVGLearning

/// What every learner from batches must do.
@Suite("Learners from batches")
struct BatchTests {
  @Test("the same seed gives the same bytes, another seed others", arguments: Algorithm.batch)
  func deterministic(algorithm: Algorithm) throws {
    func bytes(seed: UInt64) throws -> Data {
      var run = BatchRun(algorithm, seed: seed)
      let (updates, refused) = run.run(60)
      #expect(updates == 60 && refused == 0)
      return try run.bytes()
    }
    let first = try bytes(seed: 1)
    #expect(try bytes(seed: 1) == first)
    #expect(try bytes(seed: 2) != first)
  }

  @Test(
    "one, two and three threads end in the same bytes", arguments: Algorithm.batch,
    AVGConfiguration.EncoderSharing.allCases)
  func threads(algorithm: Algorithm, sharing: AVGConfiguration.EncoderSharing) throws {
    func bytes(_ workers: WorkerPool?) throws -> Data {
      var configuration = AVGConfiguration.small
      configuration.algorithm = algorithm
      configuration.encoderSharing = sharing
      configuration.batch.samples = 70
      configuration.batch.slice = 40
      var run = BatchRun(Learner(configuration, for: RandomRun.specification, seed: 1, workers: workers))
      run.run(8)
      return try run.bytes()
    }
    let alone = try bytes(nil)
    for threads in 2...3 { #expect(try bytes(try WorkerPool(threads: threads)) == alone) }
  }

  @Test(
    "one restored from its file, or from a file with the buffer beside it, does the same from there on",
    arguments: Algorithm.batch, AVGConfiguration.EncoderSharing.allCases)
  func roundTrip(algorithm: Algorithm, sharing: AVGConfiguration.EncoderSharing) throws {
    let folder = try TemporaryFolder()
    var first = BatchRun(algorithm, sharing)
    first.run(85)
    let contents = try first.bytes()
    let place = ReplayPlace.beside(folder: folder.path + "/replay", checkpointsKept: 2)
    let beside = try first.agent.checkpoint(metadata: [:], replay: place)
    #expect(beside.tensors["replay.frames"] == nil)
    var second = BatchRun(algorithm, sharing, seed: 2)
    try second.agent.restore(try Safetensors(contents, name: "file"), name: "file")
    var third = BatchRun(algorithm, sharing, seed: 3)
    try third.agent.restore(beside, name: folder.path + "/checkpoint.safetensors")
    let (copied, other) = (try second.bytes(), try third.bytes())
    #expect(copied == contents && other == contents)
    first.enterWorld(seed: 6)
    second.enterWorld(seed: 6)
    third.enterWorld(seed: 6)
    for _ in 0..<20 {
      let update = first.step()
      #expect(second.step() == update && third.step() == update && update?.isRefused == false)
      #expect(first.transition.action == second.transition.action)
    }
    let ends = (try first.bytes(), try second.bytes(), try third.bytes())
    #expect(ends.0 == ends.1 && ends.1 == ends.2 && ends.0 != contents)
    // Both go on in the same folder.
    let again = try third.agent.checkpoint(metadata: [:], replay: place)
    try second.agent.restore(again, name: folder.path + "/checkpoint.safetensors")
    #expect(try second.bytes() == ends.2)
  }

  @Test("a checkpoint whose buffer is not there is refused by one that learns, not by one that only acts")
  func withoutBuffer() throws {
    var run = BatchRun(.sac)
    run.run(20)
    let file = try run.agent.checkpoint(metadata: [:], replay: .nowhere)
    var other = BatchRun(.sac)
    #expect(throws: CheckpointError.self) { try other.agent.restore(file, name: "file") }
    other.agent.mode = .greedy
    try other.agent.restore(file, name: "file")
    run.agent.mode = .greedy
    run.agent.act(on: run.transition.state, into: &run.transition.action)
    other.agent.act(on: run.transition.state, into: &other.transition.action)
    #expect(run.transition.action == other.transition.action)
  }

  @Test("no learner takes another's file", arguments: Algorithm.batch)
  func otherFile(algorithm: Algorithm) throws {
    let file = BatchRun(algorithm).agent.checkpoint(metadata: [:])
    for other in Algorithm.allCases where other != algorithm {
      var run = BatchRun(other)
      #expect(throws: CheckpointError.self) { try run.agent.restore(file, name: "file") }
      let foreign = run.agent.checkpoint(metadata: [:])
      var own = BatchRun(algorithm)
      #expect(throws: CheckpointError.self) { try own.agent.restore(foreign, name: "file") }
    }
  }

  @Test(
    "its first actions are drawn uniformly, and nothing is learned until they end", arguments: Algorithm.batch
  )
  func warmUp(algorithm: Algorithm) throws {
    var run = BatchRun(algorithm) { $0.batch.warmUpSteps = 400 }
    let before = run.weights()
    var actions: [Float] = []
    for step in 0..<399 {
      #expect(run.step() == nil, "step \(step)")
      actions += run.transition.action
    }
    #expect(run.weights() == before)
    let mean = actions.reduce(0, +) / Float(actions.count)
    let square = actions.reduce(0) { $0 + $1 * $1 } / Float(actions.count)
    #expect(abs(mean) < 0.08 && abs(square - 1 / 3) < 0.04)
    #expect(run.step()?.isRefused == false)
    #expect(run.weights() != before)
  }

  @Test("it makes as many updates a step as it is told, and its batches no larger than its buffer")
  func amounts() throws {
    var run = BatchRun(.sac) {
      $0.batch.updatesPerStep = 3
      $0.replay.steps = 2
    }
    run.run(10)
    let steps = try #require(run.agent.checkpoint().numbers("optimizer.steps", as: UInt64.self))
    #expect(steps[0] == 30)
    let kept = try #require(run.agent.checkpoint().numbers("replay", as: UInt64.self))
    #expect(kept[0] == 10 && kept[2] == 2)
  }

  @Test(
    "an update that is spread over steps is the one of a single step, and ends at the last of them",
    arguments: Algorithm.batch, AVGConfiguration.EncoderSharing.allCases)
  func spread(algorithm: Algorithm, sharing: AVGConfiguration.EncoderSharing) throws {
    func run(steps: Int) -> BatchRun<Learner> {
      BatchRun(algorithm, sharing) {
        $0.batch.samples = 20
        $0.batch.slice = 3
        $0.batch.stepsPerUpdate = steps
        $0.td31.policyDelay = 1
        // Else what is perceived between the first slice and the last changes the statistics.
        $0.normalizesObservations = false
      }
    }
    for steps in [2, 5, 14, 40] {
      var whole = run(steps: 1)
      var parts = run(steps: steps)
      let update = whole.step()
      for step in 1..<steps { #expect(parts.step() == nil, "step \(step) of \(steps)") }
      // It drew its batch when there was one transition, as the other did.
      let last = parts.step()
      #expect(last == update && last?.isRefused == false, "\(steps)")
      #expect(parts.weights() == whole.weights())
    }
  }

  @Test(
    "an update that is spread over steps is taken up where a checkpoint was written",
    arguments: Algorithm.batch, AVGConfiguration.EncoderSharing.allCases)
  func spreadResumed(algorithm: Algorithm, sharing: AVGConfiguration.EncoderSharing) throws {
    func run(seed: UInt64) -> BatchRun<Learner> {
      BatchRun(algorithm, sharing, seed: seed) {
        $0.batch.samples = 12
        $0.batch.slice = 3
        $0.batch.stepsPerUpdate = 8
      }
    }
    for steps in 40...48 {
      var first = run(seed: 1)
      first.run(steps)
      var second = run(seed: 2)
      second.run(3)
      let contents = try first.bytes()
      try second.agent.restore(try Safetensors(contents, name: "file"), name: "file")
      #expect(try second.bytes() == contents, "\(steps)")
      first.enterWorld(seed: 6)
      second.enterWorld(seed: 6)
      for _ in 0..<20 { #expect(first.step() == second.step()) }
      let ends = (try first.bytes(), try second.bytes())
      #expect(ends.0 == ends.1, "\(steps)")
    }
  }

  @Test("a buffer that is full has its oldest transitions spared by updates that are spread over steps")
  func spreadInFullBuffer() {
    var run = BatchRun(.sac) {
      $0.batch.samples = 8
      $0.batch.slice = 2
      $0.batch.stepsPerUpdate = 6
      $0.replay.steps = 60
    }
    let full = run.run(600)
    #expect(full.updates == 100 && full.refused == 0)
    // One that holds less than the steps of an update gives the update up.
    var small = BatchRun(.sac) {
      $0.batch.samples = 8
      $0.batch.slice = 2
      $0.batch.stepsPerUpdate = 6
      $0.replay.steps = 3
    }
    let (updates, refused) = small.run(60)
    #expect(updates == refused && refused > 5)
  }

  @Test("the statistics of signals count each observation once", arguments: Algorithm.allCases)
  func statistics(algorithm: Algorithm) throws {
    var configuration = AVGConfiguration.small
    configuration.algorithm = algorithm
    let specification = EnvironmentSpecification(frames: nil, signalCount: 3, actionCount: 2)
    var agent = Learner(configuration, for: specification, seed: 1)
    var transition = Transition(for: specification)
    for step in 1...20 {
      var action = transition.action
      agent.act(on: transition.state, into: &action)
      transition.action = action
      for index in 0..<3 { transition.next.proprioception[index] = Float(step) / Float(index + 1) }
      agent.take(transition)
      transition.advance()
    }
    let count = try #require(agent.checkpoint().numbers("normalizer.count", as: Double.self))[0]
    #expect(abs(count - 20) < 1.1, "\(count)")
  }

  @Test("acting greedily or by a seed of its own changes nothing in the learner", arguments: Algorithm.batch)
  func actingOnly(algorithm: Algorithm) throws {
    var run = BatchRun(algorithm)
    run.run(20)
    let before = try run.bytes()
    for mode in [ActingMode.greedy, .sampling(seed: 5)] {
      run.agent.mode = mode
      for _ in 0..<20 {
        run.drawOutcome()
        run.agent.act(on: run.transition.next, into: &run.transition.action)
      }
      #expect(try run.bytes() == before)
    }
  }

  @Test("answering before learning learns from every step too", arguments: Algorithm.batch)
  func answersFirst(algorithm: Algorithm) throws {
    for sharing in AVGConfiguration.EncoderSharing.allCases {
      var run = BatchRun(algorithm, sharing)
      run.agent.act(on: run.transition.state, into: &run.transition.action)
      let before = run.weights()
      var answer: [Float] = [0, 0]
      for _ in 0..<20 {
        run.drawOutcome()
        run.transition.outcome.terminated = false
        run.agent.anticipate(run.transition.next, into: &answer)
        #expect(run.agent.take(run.transition)?.isRefused == false)
        run.advance()
        run.transition.action = answer
      }
      #expect(run.weights() != before)
      let kept = run.agent.checkpoint().numbers("replay", as: UInt64.self)
      #expect(kept?[0] == 20)
    }
  }

  @Test(
    "numbers that are not finite give the action zero, are not kept, and change nothing",
    arguments: Algorithm.batch, [Float.nan, .infinity])
  func refuses(algorithm: Algorithm, bad: Float) throws {
    var run = BatchRun(algorithm)
    run.run(20)
    let before = run.weights()
    run.agent.act(on: run.transition.state, into: &run.transition.action)
    run.drawOutcome()
    run.transition.outcome.reward = bad
    #expect(run.agent.take(run.transition)?.isRefused == true)
    run.transition.outcome.reward = 0
    run.transition.next.proprioception[0] = bad
    #expect(run.agent.take(run.transition)?.isRefused == true)
    run.transition.state.proprioception[1] = bad
    run.agent.act(on: run.transition.state, into: &run.transition.action)
    #expect(run.transition.action == [0, 0])
    #expect(run.agent.take(run.transition)?.isRefused == true)
    #expect(run.weights() == before)
    run.enterWorld(seed: 3)
    let (updates, refused) = run.run(5)
    #expect(updates == 5 && refused == 0)
  }

  @Test(
    "an update whose gradient is not finite is refused and changes no weight",
    arguments: ["critic.1.q.bias", "target.critic.2.q.bias", "critic.2.phi.2.weight"])
  func badWeight(name: String) throws {
    for algorithm in Algorithm.batch {
      var run = BatchRun(algorithm)
      run.run(20)
      let good = run.agent.checkpoint()
      var file = good
      var numbers: [Float] = try #require(file.numbers(name))
      // Restoring refuses what is not finite: so large that squares overflow.
      numbers[0] = -3e38
      file.set(name, numbers, shape: try #require(file.tensors[name]?.shape))
      try run.agent.restore(file, name: "file")
      let before = run.weights()
      #expect(run.step()?.isRefused == true, "\(algorithm)")
      #expect(run.weights() == before, "\(algorithm)")
      try run.agent.restore(good, name: "file")
      #expect(run.step()?.isRefused == false)
    }
  }

  @Test("every key makes a difference", arguments: Algorithm.batch)
  func switches(algorithm: Algorithm) throws {
    func weights(_ change: (inout AVGConfiguration) -> Void) throws -> [UInt8]? {
      var run = BatchRun(algorithm, .shared, change)
      let (_, refused) = run.run(40)
      #expect(refused == 0)
      return run.agent.checkpoint().tensors["actor.phi.0.weight"]?.bytes
    }
    var seen = [try weights { _ in }]
    for normalization in PenultimateNormalization.allCases where normalization != .unit {
      seen.append(try weights { $0.penultimateNormalization = normalization })
    }
    seen.append(try weights { $0.normalizesObservations = false })
    seen.append(try weights { $0.encoderHead = .linear })
    seen.append(try weights { $0.negativeSlope = 0 })
    seen.append(try weights { $0.activation = .tanh })
    seen.append(try weights { $0.replay.steps = 20 })
    seen.append(try weights { $0.replay.newest = 1 })
    seen.append(try weights { $0.batch.samples = 6 })
    seen.append(try weights { $0.batch.updatesPerStep = 2 })
    seen.append(try weights { $0.batch.warmUpSteps = 3 })
    seen.append(try weights { $0.batch.stepsPerUpdate = 2 })
    if algorithm == .sac {
      seen.append(try weights { $0.sac1.targetNetworkRate = 0.5 })
      seen.append(try weights { $0.sac1.initialTemperature = 0.5 })
      seen.append(try weights { $0.sac1.temperatureLearningRate = 0.01 })
    } else {
      seen.append(try weights { $0.td31.targetNetworkRate = 0.5 })
      seen.append(try weights { $0.td31.policyDelay = 1 })
      seen.append(try weights { $0.td31.targetNoise = 0.1 })
      seen.append(try weights { $0.td31.targetNoiseBound = 0.1 })
      seen.append(try weights { $0.td31.explorationNoise = 0.3 })
    }
    #expect(Set(seen.map { $0 ?? [] }).count == seen.count)
  }

  /// Signals x; the best action is (x₀, −x₁), and each step is an episode.
  @Test("from signals alone, each learns a task of one step that has an answer", arguments: Algorithm.batch)
  func learnsFromSignals(algorithm: Algorithm) {
    var configuration = AVGConfiguration()
    configuration.algorithm = algorithm
    configuration.hiddenUnits = 32
    configuration.rewardScale = 1
    configuration.actorLearningRate = 3e-3
    configuration.criticLearningRate = 3e-3
    configuration.firstMomentDecay = 0.9
    configuration.normalizesObservations = false
    configuration.penultimateNormalization = .none
    configuration.batch.samples = 16
    configuration.batch.warmUpSteps = 100
    configuration.explorePlainly()
    let specification = EnvironmentSpecification(frames: nil, signalCount: 2, actionCount: 2)
    var agent = Learner(configuration, for: specification, seed: 3)
    var world = RandomSource(seed: 3, purpose: "world")
    var transition = Transition(for: specification)
    func meanGreedyReward() -> Float {
      agent.mode = .greedy
      defer { agent.mode = .learning }
      return (0..<200).reduce(0) { sum, _ in sum + tryOnce() / 200 }
    }
    func tryOnce() -> Float { transition.tryOnce(&agent, &world) }
    for _ in 0..<1500 {
      transition.outcome = Outcome(reward: tryOnce(), terminated: true)
      _ = agent.take(transition)
    }
    let trained = meanGreedyReward()
    #expect(trained > -0.05, "\(trained)")
  }
}
