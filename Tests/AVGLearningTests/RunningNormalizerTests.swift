import AVGCore
import AVGLearning
import AVGNetwork
import Testing

@Suite("Running normaliser")
struct RunningNormalizerTests {
  private func buffer(_ numbers: [Float]) -> FloatBuffer {
    var buffer = FloatBuffer(count: numbers.count)
    buffer.write(numbers)
    return buffer
  }

  private func vectors(_ count: Int, length: Int) -> [[Float]] {
    var random = RandomSource(seed: 3, purpose: "normaliser")
    return (0..<count).map { _ in (0..<length).map { Float(Double($0) + 2 * random.normal()) } }
  }

  /// Mean and variance of all numbers, with Gymnasium's prior as a number of weight 10⁻⁴, mean 0 and variance 1.
  private func moments(_ numbers: [Double]) -> (mean: Double, variance: Double) {
    let weight = Double(numbers.count) + 1e-4
    let mean = numbers.reduce(0, +) / weight
    let squares = numbers.reduce(1e-4 * (1 + mean * mean)) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, squares / weight)
  }

  @Test("mean and variance are those of all vectors and the prior")
  func followsDefinition() {
    let vectors = vectors(200, length: 3)
    var normalizer = RunningNormalizer(length: 3)
    #expect(normalizer.means == [0, 0, 0] && normalizer.variances == [1, 1, 1] && normalizer.count == 1e-4)
    for seen in 1...vectors.count {
      normalizer.update(buffer(vectors[seen - 1]))
      for index in 0..<3 {
        let expected = moments(vectors[..<seen].map { Double($0[index]) })
        #expect(abs(normalizer.means[index] - expected.mean) < 1e-12 * Double(seen))
        #expect(abs(normalizer.variances[index] / expected.variance - 1) < 1e-12 * Double(seen))
      }
    }
    #expect(abs(normalizer.count - 200.0001) < 1e-9)
  }

  @Test("the first vector does not become zero")
  func firstVectorIsKept() {
    var normalizer = RunningNormalizer(length: 2)
    var vector = buffer([0.5, -3])
    var scales = FloatBuffer(count: 2)
    normalizer.update(vector)
    normalizer.normalize(&vector, scales: &scales)
    // 10⁻⁴ x / √(10⁻⁴ (1 + x²)), nearly.
    #expect(abs(vector[0] - 0.01 * 0.5 / 1.25.squareRoot().float) < 1e-5)
    #expect(abs(vector[1] + 0.01 * 3 / 10.0.squareRoot().float) < 1e-5)
  }

  @Test("with a horizon the count is bounded and old vectors fade")
  func forgets() {
    var normalizer = RunningNormalizer(length: 1, horizon: 50)
    for _ in 0..<1000 { normalizer.update(buffer([-3])) }
    #expect(normalizer.count == 50)
    let before = normalizer.means[0]
    normalizer.update(buffer([5]))
    #expect(abs(normalizer.means[0] - (before + (5 - before) / 51)) < 1e-12)
    for _ in 0..<2000 { normalizer.update(buffer([5])) }
    #expect(abs(normalizer.means[0] - 5) < 1e-9)
    #expect(normalizer.variances[0] < 1e-9)

    var unbounded = RunningNormalizer(length: 1)
    for _ in 0..<1000 { unbounded.update(buffer([-3])) }
    for _ in 0..<2000 { unbounded.update(buffer([5])) }
    #expect(abs(unbounded.means[0] - 7.0 / 3) < 1e-3)
  }

  @Test("numbers are normalised and clipped, and the scale is the derivative: zero where clipped")
  func clips() {
    var normalizer = RunningNormalizer(length: 2, clip: 2)
    for vector in vectors(500, length: 2) { normalizer.update(buffer(vector)) }
    let inputs: [[Float]] = [[0.3, 0.4], [40, 0], [-40, 1], [0, -60]]
    for input in inputs {
      var scales = FloatBuffer(count: 2)
      var vector = buffer(input)
      normalizer.normalize(&vector, scales: &scales)
      for index in 0..<2 {
        let deviation = (normalizer.variances[index] + 1e-8).squareRoot()
        let exact = (Double(input[index]) - normalizer.means[index]) / deviation
        #expect(abs(Double(vector[index]) - min(max(exact, -2), 2)) < 1e-6)
        #expect(abs(Double(scales[index]) - (abs(exact) < 2 ? 1 / deviation : 0)) < 1e-6)
      }
    }
  }

  @Test("without a clip no number is bounded")
  func clipIsOptional() {
    let normalizer = RunningNormalizer(length: 1)
    var vector = buffer([1e6])
    var scales = FloatBuffer(count: 1)
    normalizer.normalize(&vector, scales: &scales)
    #expect(vector[0] == 1e6 && scales[0] == 1)
  }
}

extension Double {
  fileprivate var float: Float { Float(self) }
}
