import AVGCore
import Testing

@testable import AVGNetwork

@Suite("Initialisation")
struct InitializationTests {
  @Test(
    "the shorter side of an orthogonal matrix is orthonormal times its gain",
    arguments: [(5, 12), (12, 5), (8, 8)])
  func isOrthogonal(rows: Int, columns: Int) {
    var random = RandomSource(seed: 4, purpose: "weights")
    let matrix = orthogonalMatrix(rows: rows, columns: columns, gain: 3, random: &random)
    func entry(_ vector: Int, _ index: Int) -> Double {
      Double(rows <= columns ? matrix[vector * columns + index] : matrix[index * columns + vector])
    }
    for first in 0..<min(rows, columns) {
      for second in 0..<min(rows, columns) {
        let product = (0..<max(rows, columns)).reduce(0) { $0 + entry(first, $1) * entry(second, $1) }
        #expect(abs(product - (first == second ? 9 : 0)) < 1e-5)
      }
    }
  }

  @Test("a zero vector survives the unit norm, forward and backward")
  func zeroVector() {
    var y = FloatBuffer(count: 4)
    let norm = Activations.unitNormalize(y.mutablePointer(0, 4), count: 4)
    #expect(norm == 0 && y.array(0, 4) == [0, 0, 0, 0])
    var gradient = FloatBuffer(count: 4)
    gradient.write([1, 2, 3, 4])
    Activations.unitNormalizeGradient(y.pointer(0, 4), norm: norm, gradient.mutablePointer(0, 4), count: 4)
    #expect(gradient.array(0, 4) == [0, 0, 0, 0])
  }

  @Test("delta-orthogonal kernels are zero but at their centre")
  func deltaOrthogonal() {
    var random = RandomSource(seed: 5, purpose: "weights")
    let encoder = Encoder(
      name: "e", convolutions: [ConvolutionShape(channels: 6, kernelSize: 5, stride: 2)], rectifiesLast: true,
      frames: FrameStack(shape: FrameShape(height: 9, width: 9)))
    var parameters = Parameters(encoder.layout)
    encoder.initialize(&parameters, .deltaOrthogonal, random: &random)
    let weights = parameters.tensors[0].read(from: parameters.values)
    for (index, weight) in weights.enumerated() {
      #expect((weight != 0) == (index % 25 == 12))
    }
  }
}
