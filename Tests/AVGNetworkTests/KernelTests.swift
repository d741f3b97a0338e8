import AVGCore
import CKernels
import Testing

@testable import AVGNetwork

@Suite("Kernels")
struct KernelTests {
  @Test("spatial softmax gives the expected positions of the definition", arguments: InstructionSet.available)
  func spatialSoftmax(instructionSet: InstructionSet) {
    var random = RandomSource(seed: 1, purpose: "softmax")
    for (height, width, channels) in [(1, 1, 16), (1, 9, 16), (7, 1, 32), (8, 17, 48)] {
      let image = (0..<height * width * channels).map { _ in Float(20 * random.normal()) }
      var probabilities = [Float](repeating: 0, count: image.count)
      var points = [Float](repeating: 0, count: 2 * channels)
      instructionSet.kernels.spatial_softmax(
        image, Int32(height), Int32(width), Int32(channels), &probabilities, &points)
      let expected = Reference.spatialSoftmax(
        image.map(Double.init), height: height, width: width, channels: channels)
      for (found, wanted) in zip(points, expected) {
        #expect(abs(Double(found) - wanted) < 2e-6)
      }
    }
  }

  @Test("every instruction set with a fused multiply-add gives the same bits; SSE2 is within 10⁻⁴")
  func instructionSetsAgree() throws {
    let found = InstructionSet.available.map { ($0, features($0)) }
    let (_, widest) = try #require(found.last)
    for (set, features) in found {
      #expect(Reference.largestError(features, widest.map(Double.init)) < 1e-4)
      #expect(set == .sse2 || features == widest, "\(set)")
    }
  }

  /// The features and all gradients of ReLoD's encoder on one random observation, after an Adam step.
  private func features(_ instructionSet: InstructionSet) -> [Float] {
    var random = RandomSource(seed: 2, purpose: "features")
    let encoder = Encoder(
      name: "e",
      convolutions: [2, 2, 2, 1].map { ConvolutionShape(channels: 32, kernelSize: 3, stride: $0) },
      rectifiesLast: false, frames: FrameStack(), instructionSet: instructionSet)
    var parameters = Parameters(encoder.layout)
    var gradients = Gradients(encoder.layout, instructionSet: instructionSet)
    encoder.initialize(&parameters, .orthogonal, random: &random)
    var frames = (0..<3).map { _ in Frame() }
    for frame in frames.indices { frames[frame].fill(&random) }
    var pass = encoder.makePass()
    encoder.load(frames, into: &pass)
    encoder.forward(&pass, parameters)
    var gradient = FloatBuffer(count: encoder.featureCount)
    gradient.write((0..<encoder.featureCount).map { _ in Float(random.normal()) })
    encoder.backward(&pass, parameters, featureGradient: gradient, into: &gradients)
    var adam = Adam(
      encoder.layout, learningRate: 1e-3, firstMomentDecay: 0.9, instructionSet: instructionSet)
    adam.step(&parameters, gradients)
    encoder.forward(&pass, parameters)
    return pass.points.array(0, encoder.featureCount)
  }

  @Test(
    "Adam follows its definition, with and without momentum", arguments: [0.0, 0.9], InstructionSet.available)
  func adam(firstMomentDecay: Double, instructionSet: InstructionSet) {
    let layout = ParameterLayout(name: "w", count: 37)
    var parameters = Parameters(layout)
    var gradients = Gradients(layout, instructionSet: instructionSet)
    var random = RandomSource(seed: 3, purpose: "adam")
    var optimizer = Adam(
      layout, learningRate: 0.01, firstMomentDecay: firstMomentDecay, secondMomentDecay: 0.99,
      instructionSet: instructionSet)
    var values = [Double](repeating: 0, count: 37)
    var first = values
    var second = values
    var powers = (1.0, 1.0)
    for _ in 1...50 {
      powers = (powers.0 * firstMomentDecay, powers.1 * 0.99)
      for index in values.indices {
        let gradient = random.normal()
        gradients.dense[index] = Float(gradient)
        first[index] = firstMomentDecay * first[index] + (1 - firstMomentDecay) * gradient
        second[index] = 0.99 * second[index] + 0.01 * gradient * gradient
        values[index] -=
          0.01 * first[index] / (1 - powers.0) / ((second[index] / (1 - powers.1)).squareRoot() + 1e-8)
      }
      optimizer.step(&parameters, gradients)
    }
    #expect(Reference.largestError(parameters.values.array(0, 37), values) < 1e-5)
    // The padding behind the last parameter stays zero.
    #expect(parameters.values.array(37, parameters.values.count - 37).allSatisfy { $0 == 0 })
  }

  @Test("a sum of squares is not finite when any entry is not", arguments: InstructionSet.available)
  func sumOfSquares(instructionSet: InstructionSet) {
    for count in [1, 15, 16, 100, 257] {
      var numbers = (0..<count).map { Float($0) / 10 }
      let expected = numbers.reduce(0) { $0 + Double($1) * Double($1) }
      #expect(
        abs(Double(instructionSet.kernels.sum_of_squares(numbers, count)) - expected) < 1e-4 * expected + 1e-9
      )
      for poison in [Float.nan, .infinity, -.infinity] {
        numbers[count - 1] = poison
        #expect(!instructionSet.kernels.sum_of_squares(numbers, count).isFinite)
      }
    }
  }

  @Test("bytes are widened to −0.5…0.5", arguments: InstructionSet.available)
  func widen(instructionSet: InstructionSet) {
    let bytes = (0..<301).map { UInt8(truncatingIfNeeded: $0 * 7) }
    var floats = [Float](repeating: 9, count: 301)
    instructionSet.kernels.widen(bytes, &floats, 301)
    for (byte, float) in zip(bytes, floats) {
      #expect(abs(float - (Float(byte) / 255 - 0.5)) < 1e-6)
    }
  }
}
