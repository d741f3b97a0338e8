import AVGCore
import AVGNetwork
import Testing

@testable import AVGLearning

/// Compares gradients with central differences of a loss, at up to 25 entries of each tensor.
///
/// - Parameters:
///   - rounding: the error that is allowed, as a share of the tensor's largest gradient.
///   - frozen: a tensor that is not learned.
func compareGradients(
  _ learned: borrowing LearnedParameters, _ plain: PlainAVG, rounding: Double = 1e-4,
  frozen: String? = nil, _ loss: (PlainAVG) -> Double
) throws {
  let gradient = learned.gradients.multipliedOut()
  for parameter in learned.parameters.tensors where parameter.name != frozen {
    compareGradient(
      parameter, parameter.read(from: gradient), plain, entries: 25, rounding: rounding, loss)
  }
}

/// Compares a tensor's gradient with central differences of a loss.
///
/// - Parameters:
///   - entries: how many of them are compared, at the most.
///   - rounding: the error that is allowed, as a share of the largest gradient.
///   - variant: what is being compared, for the words of a failure.
/// - Returns: how many entries were compared.
@discardableResult
func compareGradient(
  _ parameter: Parameter, _ gradients: [Float], _ plain: PlainAVG, entries: Int = 40,
  rounding: Double = 1e-4, in variant: String = "", _ loss: (PlainAVG) -> Double
) -> Int {
  let largest = Double(gradients.map(abs).max() ?? 0)
  let step = 1e-6
  let places = stride(from: 0, to: gradients.count, by: 1 + gradients.count / entries)
  for index in places {
    var moved = plain
    moved.tensors[parameter.name]?[index] += step
    let above = loss(moved)
    moved.tensors[parameter.name]?[index] -= 2 * step
    let numeric = (above - loss(moved)) / (2 * step)
    #expect(
      abs(Double(gradients[index]) - numeric) < 1e-3 * abs(numeric) + rounding * largest + 1e-6,
      "\(variant) \(parameter.name) \(index): \(gradients[index]), \(numeric)")
  }
  return places.reduce(0) { count, _ in count + 1 }
}

extension Safetensors {
  /// A checkpoint with weights that are so large that nothing in the networks is near zero.
  func withLargeWeights() -> Safetensors {
    var file = self
    var random = RandomSource(seed: 5, purpose: "weights of the test")
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key })
    where tensor.type == .float32 && !name.contains("moment") && name != "log_temperature"
      && !name.hasPrefix("exploration.")
    {
      let count = tensor.shape.reduce(1, *)
      var numbers = (0..<count).map { _ in Float(0.4 * random.normal()) }
      // Beyond the bound of log σ²: no gradient may pass.
      if name == "actor.log_std.bias" { numbers[1] = 4 }
      file.set(name, numbers, shape: tensor.shape)
    }
    return file
  }
}

/// A transition that several can refer to.
final class Moment {
  let transition: Transition

  init(_ transition: consuming Transition) { self.transition = transition }
}
