/// A fading sum of a network's gradients: which parameters had a share in the values of the last steps
/// (Sutton and Barto 2018, chapter 12).
///
/// zₜ = γλ·zₜ₋₁ + ∇Q(Sₜ, Aₜ). With it one TD error corrects the values of all the steps that led to it, the older the
/// less, and not of the last alone.
public struct EligibilityTrace: ~Copyable, Sendable {
  /// z, in the order of the parameters' places.
  public var sums: FloatBuffer

  /// Makes a trace of `store`'s parameters without a past.
  public init(of store: borrowing ParameterStore) {
    sums = FloatBuffer(count: store.values.count)
  }

  /// Takes in the gradients that lie in `store`, and puts `scale` times the trace in their place.
  ///
  /// - Parameter decay: γλ, what is left of the older ones.
  public mutating func accumulate(_ store: inout ParameterStore, decay: Float, scale: Float) {
    let count = sums.count
    let trace = sums.pointer(0, count)
    let gradients = store.gradients.pointer(0, count)
    for index in 0..<count {
      let sum = decay * trace[index] + gradients[index]
      trace[index] = sum
      gradients[index] = scale * sum
    }
  }

  /// Forgets the past: what follows has nothing to do with it.
  public mutating func clear() {
    sums.clear()
  }
}
