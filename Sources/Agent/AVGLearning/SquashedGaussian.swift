import AVGCore
import AVGNetwork

/// The policy's distribution: a = tanh(u), u = μ + σε with ε ~ N(0, 1) (Haarnoja et al. 2018, appendix C).
///
/// As in the code published with AVG the network's second head is the logarithm of the *variance*: σ = exp(head / 2), the
/// head clamped to −20…2. SAC's is that of σ itself, likewise clamped.
struct SquashedGaussian: ActionSample {
  /// The noise ε that made the sample.
  private(set) var noise: [Float]
  /// The sample a, each number in −1…1.
  private(set) var action: [Float]
  /// log π(a).
  private(set) var logProbability: Float = 0
  private var means: [Float]
  private var deviations: [Float]
  private var isClamped: [Bool]

  private let meanBound: Float
  /// What log σ² is of the second head: 1, or 2 where that is log σ.
  private let headFactor: Float

  static let logVarianceRange: ClosedRange<Float> = -20...2
  /// κ, the weight of the squared distance of a mean beyond its bound.
  static let meanPenalty: Float = 0.1

  /// - Parameters:
  ///   - meanBound: the magnitude beyond which a gradient pulls means back.
  ///   - headIsDeviation: the second head is log σ, not log σ².
  init(actionCount: Int, meanBound: Float = .infinity, headIsDeviation: Bool = false) {
    self.meanBound = meanBound
    headFactor = headIsDeviation ? 2 : 1
    noise = [Float](repeating: 0, count: actionCount)
    action = noise
    means = noise
    deviations = noise
    isClamped = [Bool](repeating: false, count: actionCount)
  }

  /// Draws the action that `noise` gives for the actor's output (means, then log-variances).
  mutating func sample(_ output: borrowing FloatBuffer, noise newNoise: [Float]) {
    sample(output, at: 0, noise: newNoise, from: 0)
  }

  /// The same for one of a batch, whose output begins at `place` and whose noise at `first`.
  mutating func sample(
    _ output: borrowing FloatBuffer, at place: Int, noise newNoise: [Float], from first: Int
  ) {
    let count = action.count
    var sum: Float = 0
    for index in 0..<count {
      let head = output[place + count + index]
      let range = Self.logVarianceRange
      let clamped = min(max(head, range.lowerBound), range.upperBound)
      let logVariance = headFactor * clamped
      let epsilon = newNoise[first + index]
      let deviation = Elementary.exp(logVariance / 2)
      let u = output[place + index] + deviation * epsilon
      means[index] = output[place + index]
      noise[index] = epsilon
      deviations[index] = deviation
      isClamped[index] = head != clamped
      action[index] = Elementary.tanh(u)
      sum += -epsilon * epsilon / 2 - logVariance / 2 - Elementary.log(2 * .pi) / 2
      sum -= 2 * (Elementary.log(2) - u - softplus(-2 * u))
    }
    logProbability = sum
  }

  /// Takes `given` as the sample, with the noise that would have drawn it. No finite noise gives −1 or 1, so the action is
  /// kept a little within.
  mutating func sample(_ output: borrowing FloatBuffer, action given: [Float]) {
    let count = action.count
    var matching = noise
    for index in 0..<count {
      let range = Self.logVarianceRange
      let logVariance = headFactor * min(max(output[count + index], range.lowerBound), range.upperBound)
      let bounded = min(max(given[index], -0.999_999), 0.999_999)
      matching[index] = (Elementary.atanh(bounded) - output[index]) / Elementary.exp(logVariance / 2)
    }
    sample(output, noise: matching)
  }

  /// Copies the noise into `target`, and returns log π(a).
  func explain(into target: inout [Float]) -> Float {
    for index in target.indices { target[index] = noise[index] }
    return logProbability
  }

  /// Whether action and log-probability are finite.
  var isFinite: Bool { logProbability.isFinite && action.allSatisfy(\.isFinite) }

  /// The gradient of η log π(a) − Q(s, a) with respect to the actor's output, a reparametrised by its noise.
  ///
  /// Means beyond their bound m add κ(|μ| − m)² to the loss: tanh is so flat there that neither noise nor gradient would
  /// bring an action back.
  ///
  /// - Parameters:
  ///   - valueGradient: ∂Q/∂a, the last numbers of the critic's input gradient, from `offset` on.
  ///   - gradient: receives its numbers from `place` on.
  func lossGradient(
    entropyCoefficient: Float, valueGradient: borrowing FloatBuffer, offset: Int,
    into gradient: inout [Float],
    at place: Int = 0
  ) {
    let count = action.count
    for index in 0..<count {
      let a = action[index]
      // d log π/du = 2a: −2(log 2 − u − softplus(−2u)) has the derivative 2 tanh u.
      let du = entropyCoefficient * 2 * a - valueGradient[offset + index] * (1 - a * a)
      gradient[place + index] = du + pull(index)
      gradient[place + count + index] =
        isClamped[index]
        ? 0 : headFactor * (du * noise[index] * deviations[index] / 2 - entropyCoefficient / 2)
    }
  }

  /// The gradient of −(δ log π(a) + η H) with respect to the actor's output, a being constant and H the entropy of
  /// the Gaussian before its squashing: the likelihood-ratio gradient, as published for IAC.
  func likelihoodRatioGradient(
    advantage: Float, entropyCoefficient: Float, into gradient: inout [Float]
  ) {
    let count = action.count
    for index in 0..<count {
      let epsilon = noise[index]
      gradient[index] = -advantage * epsilon / deviations[index] + pull(index)
      gradient[count + index] =
        isClamped[index] ? 0 : -advantage * (epsilon * epsilon - 1) / 2 - entropyCoefficient / 2
    }
  }

  /// The gradient of κ(|μ| − m)² beyond the bound m, 0 within.
  private func pull(_ index: Int) -> Float {
    let mean = means[index]
    return 2 * Self.meanPenalty * (mean - min(max(mean, -meanBound), meanBound))
  }

  /// log(1 + eˣ), without overflow.
  private func softplus(_ x: Float) -> Float {
    max(x, 0) + Elementary.log1p(Elementary.exp(-abs(x)))
  }

  /// The sample and what its gradient needs, for a file.
  var numbers: [Float] {
    get { noise + action + means + deviations + isClamped.map { $0 ? 1 : 0 } + [logProbability] }
    set {
      let count = action.count
      precondition(newValue.count == 5 * count + 1, "\(newValue.count) numbers for \(count) of an action")
      noise = Array(newValue[..<count])
      action = Array(newValue[count..<2 * count])
      means = Array(newValue[2 * count..<3 * count])
      deviations = Array(newValue[3 * count..<4 * count])
      isClamped = newValue[4 * count..<5 * count].map { $0 != 0 }
      logProbability = newValue[5 * count]
    }
  }
}
