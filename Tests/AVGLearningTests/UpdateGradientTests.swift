import AVGCore
import AVGNetwork
import Testing
@testable import AVGLearning

/// The gradients of one whole update against finite differences of the written-out losses.
@Suite("Gradients of the update")
struct UpdateGradientTests {
  struct Variant: CustomStringConvertible, Sendable {
    var sharing: AVGConfiguration.EncoderSharing
    var normalizesObservations: Bool
    var normalization: PenultimateNormalization
    var head = EncoderHead.spatialSoftmax

    var description: String {
      "\(sharing), normalised \(normalizesObservations), \(normalization) normalisation, \(head)"
    }

    static let all = AVGConfiguration.EncoderSharing.allCases.flatMap { sharing in
      PenultimateNormalization.allCases.flatMap { normalization in
        [false, true].map {
          Variant(sharing: sharing, normalizesObservations: $0, normalization: normalization)
        }
      } + [Variant(sharing: sharing, normalizesObservations: true, normalization: .unit, head: .linear)]
    }
  }

  /// Learning rates of zero keep the weights where the gradients were taken; the statistics move.
  private func makeRun(_ variant: Variant, excursionRate: Double = 0.3) -> RandomRun {
    var configuration = AVGConfiguration.small
    configuration.excursionRate = excursionRate
    configuration.encoderSharing = variant.sharing
    configuration.normalizesObservations = variant.normalizesObservations
    configuration.penultimateNormalization = variant.normalization
    configuration.encoderHead = variant.head
    configuration.actorLearningRate = 0
    configuration.criticLearningRate = 0
    configuration.encoderLearningRate = 0
    // Large enough to show in the actor's gradient.
    configuration.entropyCoefficient = 0.3
    configuration.rewardScale = 0.7
    // Small enough that some means are beyond it.
    configuration.meanBound = 0.1
    // Small enough that some numbers are clipped.
    configuration.normalizerClip = 1.2
    let run = RandomRun(configuration, seed: 4)
    var random = RandomSource(seed: 5, purpose: "weights of the test")
    var counts: [String: Int] = [:]
    PlainAVG.visit(run.agent) { parameter, _, _ in counts[parameter.name] = parameter.count }
    run.agent.setWeights { name in
      var numbers = (0..<(counts[name] ?? 0)).map { _ in Float(0.4 * random.normal()) }
      // Beyond the bound of log σ²: no gradient may pass.
      if name == "actor.log_std.bias" { numbers[1] = 4 }
      return numbers
    }
    return run
  }

  @Test(
    "every gradient is that of the losses δ² and η log π(A|S) − Q(S, A), and of the pull on means",
    arguments: Variant.all)
  func agreesWithFiniteDifferences(variant: Variant) {
    var run = makeRun(variant)
    // So that σ_δ has left 1 and the statistics mean something.
    for _ in 0..<30 { run.step() }
    for terminated in [false, true] {
      let (noise, nextNoise): ([Float], [Float]) = ([0.7, -0.4], [-1.1, 0.2])
      run.agent.act(on: run.current, noise: noise, into: &run.action)
      var outcome = run.drawOutcome()
      outcome.terminated = terminated
      let update = run.agent.learn(from: outcome, next: run.next, noise: nextNoise)
      #expect(!update.isRefused)
      #expect(update.temporalDifferenceScale != 1)
      check(run, variant, outcome, noise, nextNoise, update)
    }
  }

  @Test(
    "on an excursion the critic learns from what was done, the actor from its own", arguments: Variant.all)
  func learnsOnExcursions(variant: Variant) {
    var run = makeRun(variant, excursionRate: 1)
    for _ in 0..<30 { run.step() }
    run.agent.act(on: run.current, into: &run.action)
    #expect(run.agent.actor.executed.isExcursion)
    let (noise, nextNoise): ([Float], [Float]) = (run.agent.actor.sample.noise, [-1.1, 0.2])
    #expect(run.action != run.agent.actor.sample.action)
    let outcome = run.drawOutcome()
    let update = run.agent.learn(from: outcome, next: run.next, noise: nextNoise)
    #expect(!update.isRefused)
    check(run, variant, outcome, noise, nextNoise, update)
  }

  private func check(
    _ run: borrowing RandomRun, _ variant: Variant, _ outcome: Outcome, _ noise: [Float],
    _ nextNoise: [Float], _ update: Update
  ) {
    let plain = PlainAVG(run.agent)
    let scale = Double(update.temporalDifferenceScale)
    // What the losses hold constant: the target, σ_δ, A in the critic's, the critic's vector in the actor's.
    let returnEstimate = plain.returnEstimate(outcome, run.next, noise: nextNoise)
    let criticVector = plain.vector(run.current, through: "encoder")
    let actorVector = plain.vector(run.current, through: plain.actorEncoder)
    let (own, logProbability) = plain.policy(actorVector, noise: noise)
    let action = run.action.map(Double.init)
    if !run.agent.actor.executed.isExcursion {
      for (number, expected) in zip(action, own) { #expect(abs(number - expected) < 1e-4) }
    }
    let delta = plain.temporalDifferenceError(
      criticVector, action, returnEstimate: returnEstimate, scale: scale)
    #expect(abs(Double(update.temporalDifferenceError) - delta) < 1e-4 * max(1, abs(delta)))
    #expect(abs(Double(update.logProbability) - logProbability) < 1e-4 * max(1, abs(logProbability)))
    #expect(abs(Double(update.value) - plain.value(criticVector, action)) < 1e-4)

    let sharesEncoder = variant.sharing == .shared
    PlainAVG.visit(run.agent) { parameter, _, gradients in
      let isEncoder = parameter.name.contains("encoder")
      let belongsToActor = parameter.name.hasPrefix("actor")
      func loss(_ plain: PlainAVG) -> Double {
        guard !belongsToActor else {
          let vector =
            isEncoder && !sharesEncoder
            ? plain.vector(run.current, through: "actor.encoder") : actorVector
          return plain.actorLoss(vector, criticVector, noise: noise)
        }
        let vector = isEncoder ? plain.vector(run.current, through: "encoder") : criticVector
        let delta = plain.temporalDifferenceError(
          vector, action, returnEstimate: returnEstimate, scale: scale)
        return delta * delta
      }
      compareGradient(parameter, gradients, plain, in: "\(variant)", loss)
    }
  }
}
