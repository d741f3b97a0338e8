import AVGCore
import AVGNetwork

/// An action, drawn from an actor's outputs and noise.
protocol ActionSample: Sendable {
  /// The action, each number in −1…1.
  var action: [Float] { get }
  /// Whether the action and all numbers behind it are finite.
  var isFinite: Bool { get }
  /// log π of the action; 0 where the policy has no density.
  var logProbability: Float { get }
  /// The sample and what its gradient needs, for a file.
  var numbers: [Float] { get set }
  /// Copies the noise of the action into `target`, if there is any, and returns log π of the action.
  func explain(into target: inout [Float]) -> Float
  /// Makes the action that `noise` gives for the actor's output; zero noise gives the greedy one.
  mutating func sample(_ output: borrowing FloatBuffer, noise: [Float])
  /// Takes an action that was not drawn from the policy, such as a person's; `output` is the actor's output.
  mutating func sample(_ output: borrowing FloatBuffer, action: [Float])
}

extension ActionSample {
  /// Leaves `target` as it is: there is no noise.
  func explain(into target: inout [Float]) -> Float { logProbability }

  /// Copies the action into `target`, or zeros, which stop the robot, if it is not valid.
  func write(to target: inout [Float], isValid: Bool) {
    for index in target.indices {
      target[index] = isValid ? action[index] : 0
    }
  }
}

/// The policy a = tanh μ, explored by adding Gaussian noise (Lillicrap et al. 2016; Fujimoto et al. 2018).
struct NoisyTanh: ActionSample {
  /// tanh μ.
  private(set) var mean: [Float]
  /// tanh μ with its noise, within −1…1.
  private(set) var action: [Float]
  /// The standard deviation of the noise.
  private let deviation: Float
  /// The greatest magnitude of the noise.
  private let bound: Float

  init(actionCount: Int, deviation: Double, bound: Double = .infinity) {
    mean = [Float](repeating: 0, count: actionCount)
    action = mean
    self.deviation = Float(deviation)
    self.bound = Float(bound)
  }

  mutating func sample(_ output: borrowing FloatBuffer, noise: [Float]) {
    sample(output, at: 0, noise: noise, from: 0)
  }

  /// The same for one of a batch, whose output begins at `place` and whose noise at `first`.
  mutating func sample(_ output: borrowing FloatBuffer, at place: Int, noise: [Float], from first: Int) {
    for index in action.indices {
      mean[index] = Elementary.tanh(output[place + index])
      let shift = max(-bound, min(bound, deviation * noise[first + index]))
      action[index] = max(-1, min(1, mean[index] + shift))
    }
  }

  mutating func sample(_ output: borrowing FloatBuffer, action: [Float]) {
    for index in action.indices {
      mean[index] = Elementary.tanh(output[index])
      self.action[index] = action[index]
    }
  }

  var logProbability: Float { 0 }

  // The mean as well: clipping turns a NaN in the action into a bound.
  var isFinite: Bool { mean.allSatisfy(\.isFinite) && action.allSatisfy(\.isFinite) }

  var numbers: [Float] {
    get { mean + action }
    set {
      let count = action.count
      precondition(newValue.count == 2 * count, "\(newValue.count) numbers for \(count) of an action")
      mean = Array(newValue[..<count])
      action = Array(newValue[count...])
    }
  }

  /// The gradient of −Q(s, tanh μ) with respect to μ.
  ///
  /// - Parameters:
  ///   - valueGradient: ∂Q/∂a, the last numbers of the critic's input gradient, from `offset` on.
  ///   - scale: what the loss is multiplied by.
  ///   - gradient: receives its numbers from `place` on.
  func lossGradient(
    valueGradient: borrowing FloatBuffer, offset: Int, scale: Float = 1, into gradient: inout [Float],
    at place: Int = 0
  ) {
    for index in mean.indices {
      gradient[place + index] =
        -scale * valueGradient[offset + index] * (1 - mean[index] * mean[index])
    }
  }
}
