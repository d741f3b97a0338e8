import AVGCore
import AVGNetwork
import Testing

/// Central differences against the backward passes of whole networks, at odd sizes and for every instruction set.
@Suite("Gradients")
struct GradientTests {
  @Test(
    "an actor or critic's gradients are those of finite differences",
    arguments: PenultimateNormalization.allCases, InstructionSet.available)
  func perceptron(normalization: PenultimateNormalization, instructionSet: InstructionSet) {
    var random = RandomSource(seed: 5, purpose: "gradients")
    var network = MultilayerPerceptron(
      name: "n", inputs: 11, hiddenUnits: 19, heads: [("a", 3), ("b", 2)],
      penultimateNormalization: normalization, instructionSet: instructionSet)
    network.initialize(random: &random)
    for index in 0..<network.store.values.count where network.store.values[index] != 0 {
      network.store.values[index] += 0.05 * Float(random.normal())
    }
    var pass = network.makePass()
    pass.input.write((0..<11).map { _ in Float(random.normal()) })
    let direction = (0..<5).map { _ in Float(random.normal()) }
    func loss(_ network: borrowing MultilayerPerceptron, _ pass: inout MultilayerPerceptron.Pass) -> Double {
      network.forward(&pass)
      return direction.indices.reduce(0) { $0 + Double(direction[$1]) * Double(pass.output[$1]) }
    }

    _ = loss(network, &pass)
    network.backward(&pass, outputGradient: direction, scale: 3)
    let inputGradient = pass.inputGradient.array(0, 11)
    network.backwardToInput(&pass, outputGradient: direction)
    #expect(pass.inputGradient.array(0, 11) == inputGradient)
    for index in 0..<11 {
      let kept = pass.input[index]
      let numeric = centralDifference { step in
        pass.input[index] = kept + step
        return loss(network, &pass)
      }
      pass.input[index] = kept
      #expect(isClose(inputGradient[index], numeric), "input \(index)")
    }
    let parameters = network.store.parameters
    for parameter in parameters {
      let gradient = parameter.read(from: network.store.gradients)
      var values = parameter.read(from: network.store.values)
      for index in stride(from: 0, to: values.count, by: 1 + values.count / 40) {
        let kept = values[index]
        let numeric = centralDifference { step in
          values[index] = kept + step
          parameter.write(values, to: &network.store.values)
          return loss(network, &pass)
        }
        values[index] = kept
        parameter.write(values, to: &network.store.values)
        #expect(isClose(gradient[index], 3 * numeric), "\(parameter.name) \(index)")
      }
    }
  }

  @Test(
    "an encoder's gradients are those of finite differences",
    arguments: [true, false].flatMap { rectifies in EncoderHead.allCases.map { (rectifies, $0) } },
    InstructionSet.available)
  func encoder(variant: (rectifiesLast: Bool, head: EncoderHead), instructionSet: InstructionSet) {
    var random = RandomSource(seed: 6, purpose: "gradients")
    let frameShape = FrameShape(height: 23, width: 29)
    var encoder = Encoder(
      name: "e",
      convolutions: [
        ConvolutionShape(channels: 5, kernelSize: 3, stride: 2),
        ConvolutionShape(channels: 18, kernelSize: 4, stride: 3),
        ConvolutionShape(channels: 3, kernelSize: 2, stride: 1),
      ],
      rectifiesLast: variant.rectifiesLast, frames: FrameStack(count: 2, shape: frameShape),
      head: variant.head,
      instructionSet: instructionSet)
    for parameter in encoder.store.parameters {
      parameter.write(
        (0..<parameter.count).map { _ in Float(0.4 * random.normal()) }, to: &encoder.store.values)
    }
    var frames = [Frame(shape: frameShape), Frame(shape: frameShape)]
    for frame in frames.indices {
      for index in frames[frame].pixels.indices {
        frames[frame].pixels[index] = UInt8(truncatingIfNeeded: random.next())
      }
    }
    var pass = encoder.makePass()
    encoder.load(frames, into: &pass)
    let direction = (0..<encoder.featureCount).map { _ in Float(random.normal()) }
    var featureGradient = FloatBuffer(count: encoder.featureCount)
    featureGradient.write(direction)
    func loss(_ encoder: borrowing Encoder, _ pass: inout Encoder.Pass) -> Double {
      encoder.forward(&pass)
      return direction.indices.reduce(0) { $0 + Double(direction[$1]) * Double(pass.points[$1]) }
    }

    _ = loss(encoder, &pass)
    encoder.backward(pass, featureGradient: featureGradient)
    let parameters = encoder.store.parameters
    for parameter in parameters {
      let gradient = parameter.read(from: encoder.store.gradients)
      let largest = Double(gradient.map(abs).max() ?? 0)
      var values = parameter.read(from: encoder.store.values)
      for index in stride(from: 0, to: values.count, by: 1 + values.count / 30) {
        let kept = values[index]
        let numeric = centralDifference { step in
          values[index] = kept + step
          parameter.write(values, to: &encoder.store.values)
          return loss(encoder, &pass)
        }
        values[index] = kept
        parameter.write(values, to: &encoder.store.values)
        #expect(
          abs(Double(gradient[index]) - numeric) < 0.02 * abs(numeric) + 0.01 * largest + 2e-4,
          "\(parameter.name) \(index): \(gradient[index]), \(numeric)")
      }
    }
  }

  /// The derivative by a step that float32 still resolves.
  private func centralDifference(_ loss: (Float) -> Double) -> Double {
    let step: Float = 1.0 / 512
    return (loss(step) - loss(-step)) / (2 * Double(step))
  }

  private func isClose(_ found: Float, _ expected: Double) -> Bool {
    abs(Double(found) - expected) < 0.01 * abs(expected) + 2e-3
  }
}
