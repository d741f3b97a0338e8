/// Layer normalisation of what a hidden layer puts out, before its activation, without gains or offsets (Ba et al. 2016;
/// Elsayed et al. 2024): n = (x − mean) / √(variance + 10⁻⁵).
struct HiddenNormalization: ~Copyable, Sendable {
  /// n [batch, units], kept for the backward pass.
  private var normalized: FloatBuffer
  /// The deviations that were divided by [batch].
  private var deviations: FloatBuffer
  private let units: Int

  init(batch: Int, units: Int) {
    normalized = FloatBuffer(count: batch * units)
    deviations = FloatBuffer(count: batch)
    self.units = units
  }

  /// Normalises the first `count` numbers of each sample in place; behind them stands padding.
  func normalize(_ x: UnsafeMutablePointer<Float>, _ samples: Range<Int>, count: Int) {
    let length = samples.count * units
    let deviations = deviations.part(samples.lowerBound, samples.count)
    for sample in 0..<samples.count {
      deviations[sample] = Activations.layerNormalize(x + sample * units, count: count)
    }
    normalized.part(samples.lowerBound * units, length).update(from: x, count: length)
  }

  /// Makes the gradient of x of that of n, in place.
  func backward(_ gradient: UnsafeMutablePointer<Float>, _ samples: Range<Int>, count: Int) {
    let normalized = normalized.pointer(samples.lowerBound * units, samples.count * units)
    for sample in 0..<samples.count {
      Activations.layerNormalizeGradient(
        normalized + sample * units, deviation: deviations[samples.lowerBound + sample],
        gradient + sample * units, count: count)
    }
  }

  /// What the backward pass needs, for a file.
  var numbers: [Float] { normalized.array(0, normalized.count) + deviations.array(0, deviations.count) }

  mutating func write(taking numbers: inout ArraySlice<Float>) {
    normalized.write(taking: &numbers)
    deviations.write(taking: &numbers)
  }
}
