import AVGNetwork
import AVGCore

/// The policy of the streaming actor-critics and of PPO: a Gaussian that is not squashed, a = μ + σε with σ = softplus(head),
/// or σ = exp(head) for PPO.
///
/// What is done in the world is a cut to −1…1, and what is learned from is a itself (Elsayed et al. 2024).
struct Gaussian: ActionSample {
  /// The noise ε that made the sample.
  private(set) var noise: [Float]
  /// The sample a before the cut.
  private(set) var sample: [Float]
  /// The sample cut to −1…1.
  private(set) var action: [Float]
  /// log π of the sample.
  private(set) var logProbability: Float = 0
  /// μ.
  private(set) var means: [Float]
  /// σ.
  private(set) var deviations: [Float]
  /// The derivative of σ with respect to the network's output.
  private var slopes: [Float]
  private let headIsLogDeviation: Bool

  /// - Parameter headIsLogDeviation: the second head is log σ.
  init(actionCount: Int, headIsLogDeviation: Bool = false) {
    self.headIsLogDeviation = headIsLogDeviation
    noise = [Float](repeating: 0, count: actionCount)
    sample = noise
    action = noise
    means = noise
    deviations = noise
    slopes = noise
  }

  mutating func sample(_ output: borrowing FloatBuffer, noise newNoise: [Float]) {
    for index in noise.indices { noise[index] = newNoise[index] }
    judge(output)
    for index in noise.indices { sample[index] = means[index] + deviations[index] * noise[index] }
    finish()
  }

  /// Takes a given action; what it was cut from is not known.
  mutating func sample(_ output: borrowing FloatBuffer, action given: [Float]) {
    sample(output, at: 0, action: given, from: 0)
  }

  /// The same for one of a batch, whose output begins at `place` and whose action, as it was drawn, at `first`.
  mutating func sample(
    _ output: borrowing FloatBuffer, at place: Int, action given: [Float], from first: Int
  ) {
    judge(output, at: place)
    for index in noise.indices {
      sample[index] = given[first + index]
      noise[index] = (sample[index] - means[index]) / deviations[index]
    }
    finish()
  }

  private mutating func judge(_ output: borrowing FloatBuffer, at place: Int = 0) {
    let count = noise.count
    for index in 0..<count {
      let head = output[place + count + index]
      means[index] = output[place + index]
      if headIsLogDeviation {
        deviations[index] = Elementary.exp(head)
        slopes[index] = deviations[index]
        continue
      }
      let decayed = Elementary.exp(-abs(head))
      deviations[index] = max(head, 0) + Elementary.log1p(decayed)
      slopes[index] = head >= 0 ? 1 / (1 + decayed) : decayed / (1 + decayed)
    }
  }

  private mutating func finish() {
    logProbability = 0
    for index in noise.indices {
      action[index] = max(-1, min(1, sample[index]))
      logProbability +=
        -noise[index] * noise[index] / 2 - Elementary.log(deviations[index]) - Elementary.log(2 * Float.pi)
        / 2
    }
  }

  /// The entropy of the Gaussian.
  var entropy: Float {
    deviations.reduce(0) { $0 + 0.5 + Elementary.log(2 * Float.pi) / 2 + Elementary.log($1) }
  }

  // The sample too: its cut makes a number of an infinity. A deviation of 0 has an infinite likelihood.
  var isFinite: Bool { logProbability.isFinite && sample.allSatisfy(\.isFinite) }

  func explain(into target: inout [Float]) -> Float {
    for index in target.indices { target[index] = noise[index] }
    return logProbability
  }

  /// The gradient of log π(a) + τ·H with respect to the network's output, a being constant.
  ///
  /// - Parameter entropyWeight: τ, with the sign of the TD error: a good surprise widens the policy and a bad one
  ///   narrows it.
  func likelihoodGradient(entropyWeight: Float, into gradient: inout [Float]) {
    let count = noise.count
    for index in 0..<count {
      let (epsilon, deviation) = (noise[index], deviations[index])
      gradient[index] = epsilon / deviation
      gradient[count + index] = (epsilon * epsilon - 1 + entropyWeight) / deviation * slopes[index]
    }
  }

  /// The gradient of w log π(a) − v H with respect to the network's output, a being constant.
  ///
  /// - Parameters:
  ///   - weight: w.
  ///   - entropyWeight: v.
  ///   - gradient: receives its numbers from `place` on.
  func lossGradient(weight: Float, entropyWeight: Float, into gradient: inout [Float], at place: Int) {
    let count = noise.count
    for index in 0..<count {
      let (epsilon, deviation) = (noise[index], deviations[index])
      gradient[place + index] = weight * epsilon / deviation
      gradient[place + count + index] =
        (weight * (epsilon * epsilon - 1) - entropyWeight) / deviation * slopes[index]
    }
  }

  var numbers: [Float] {
    get { noise + sample + action + means + deviations + slopes + [logProbability] }
    set {
      let count = noise.count
      precondition(newValue.count == 6 * count + 1, "\(newValue.count) numbers for \(count) of an action")
      func part(_ index: Int) -> [Float] { Array(newValue[index * count..<(index + 1) * count]) }
      (noise, sample, action) = (part(0), part(1), part(2))
      (means, deviations, slopes) = (part(3), part(4), part(5))
      logProbability = newValue[6 * count]
    }
  }
}
