import AVGCore
import AVGNetwork
import Testing

/// Central differences against the backward passes of whole networks, at odd sizes and for every instruction set.
@Suite("Gradients")
struct GradientTests {
  @Test(
    "an actor or critic's gradients, of a sample and of a batch, are those of finite differences",
    arguments: PenultimateNormalization.allCases.flatMap {
      [($0, false, 1), ($0, false, 3), ($0, true, 1), ($0, true, 3)]
    }, InstructionSet.available)
  func perceptron(
    variant: (penultimate: PenultimateNormalization, normalizesHidden: Bool, batch: Int),
    instructionSet: InstructionSet
  ) {
    let batch = variant.batch
    var random = RandomSource(seed: 5, purpose: "gradients")
    let network = MultilayerPerceptron(
      name: "n", inputs: 11, hiddenUnits: 19, heads: [("a", 3), ("b", 2)],
      penultimateNormalization: variant.penultimate, normalizesHidden: variant.normalizesHidden,
      instructionSet: instructionSet)
    var parameters = Parameters(network.layout)
    network.initialize(&parameters, random: &random)
    for index in 0..<parameters.values.count where parameters.values[index] != 0 {
      parameters.values[index] += 0.05 * Float(random.normal())
    }
    var pass = network.makePass(batch: batch)
    pass.input.write((0..<batch * 11).map { _ in Float(random.normal()) })
    let direction = (0..<batch * 5).map { _ in Float(random.normal()) }
    func loss(_ parameters: borrowing Parameters, _ pass: inout MultilayerPerceptron.Pass) -> Double {
      network.forward(&pass, parameters)
      return direction.indices.reduce(0) { sum, index in
        sum + Double(direction[index]) * Double(pass.output[index / 5 * pass.outputStride + index % 5])
      }
    }

    _ = loss(parameters, &pass)
    var gradients = Gradients(network.layout, accumulates: batch > 1, instructionSet: instructionSet)
    network.backward(&pass, parameters, outputGradient: direction, scale: 3, into: &gradients)
    let inputGradient = pass.inputGradient.array(0, batch * 11)
    network.backwardToInput(&pass, parameters, outputGradient: direction)
    #expect(pass.inputGradient.array(0, batch * 11) == inputGradient)
    for index in inputGradient.indices {
      let kept = pass.input[index]
      let numeric = centralDifference { step in
        pass.input[index] = kept + step
        return loss(parameters, &pass)
      }
      pass.input[index] = kept
      #expect(isClose(inputGradient[index], numeric), "input \(index)")
    }
    let multipliedOut = gradients.multipliedOut()
    for tensor in network.layout.tensors {
      let gradient = tensor.read(from: multipliedOut)
      var values = tensor.read(from: parameters.values)
      for index in stride(from: 0, to: values.count, by: 1 + values.count / 40) {
        let kept = values[index]
        let numeric = centralDifference { step in
          values[index] = kept + step
          tensor.write(values, to: &parameters.values)
          return loss(parameters, &pass)
        }
        values[index] = kept
        tensor.write(values, to: &parameters.values)
        #expect(isClose(gradient[index], 3 * numeric), "\(tensor.name) \(index)")
      }
    }
  }

  @Test(
    "an encoder's gradients, of a sample and of a batch, are those of finite differences",
    arguments: [(true, 1), (false, 1), (false, 2)].flatMap { variant in
      EncoderHead.allCases.map { (variant.0, variant.1, $0) }
    }, InstructionSet.available)
  func encoder(
    variant: (rectifiesLast: Bool, batch: Int, head: EncoderHead), instructionSet: InstructionSet
  ) {
    let batch = variant.batch
    var random = RandomSource(seed: 6, purpose: "gradients")
    let frameShape = FrameShape(height: 23, width: 29)
    let encoder = Encoder(
      name: "e",
      convolutions: [
        ConvolutionShape(channels: 5, kernelSize: 3, stride: 2),
        ConvolutionShape(channels: 18, kernelSize: 4, stride: 3),
        ConvolutionShape(channels: 3, kernelSize: 2, stride: 1),
      ],
      rectifiesLast: variant.rectifiesLast, frames: FrameStack(count: 2, shape: frameShape),
      head: variant.head, instructionSet: instructionSet)
    var parameters = Parameters(encoder.layout)
    for tensor in encoder.layout.tensors {
      tensor.write((0..<tensor.count).map { _ in Float(0.4 * random.normal()) }, to: &parameters.values)
    }
    var pass = encoder.makePass(batch: batch)
    var frames = [Frame(shape: frameShape), Frame(shape: frameShape)]
    for sample in 0..<batch {
      for frame in frames.indices { frames[frame].fill(&random) }
      encoder.load(frames, into: &pass, sample: sample)
    }
    let features = encoder.featureCount
    let direction = (0..<batch * features).map { _ in Float(random.normal()) }
    var featureGradient = FloatBuffer(count: direction.count)
    featureGradient.write(direction)
    func loss(_ parameters: borrowing Parameters, _ pass: inout Encoder.Pass) -> Double {
      encoder.forward(&pass, parameters)
      return direction.indices.reduce(0) { sum, index in
        let place = index / features * pass.pointStride + index % features
        return sum + Double(direction[index]) * Double(pass.points[place])
      }
    }

    _ = loss(parameters, &pass)
    var gradients = Gradients(encoder.layout, accumulates: batch > 1, instructionSet: instructionSet)
    encoder.backward(&pass, parameters, featureGradient: featureGradient, into: &gradients)
    let multipliedOut = gradients.multipliedOut()
    for tensor in encoder.layout.tensors {
      let gradient = tensor.read(from: multipliedOut)
      let largest = Double(gradient.map(abs).max() ?? 0)
      var values = tensor.read(from: parameters.values)
      for index in stride(from: 0, to: values.count, by: 1 + values.count / 30) {
        let kept = values[index]
        // A linear head's features are large: they resolve a smaller step, which crosses fewer kinks of the ReLUs.
        let step: Float = variant.head == .linear ? 1.0 / 4096 : 1.0 / 512
        let numeric = centralDifference(step) { step in
          values[index] = kept + step
          tensor.write(values, to: &parameters.values)
          return loss(parameters, &pass)
        }
        values[index] = kept
        tensor.write(values, to: &parameters.values)
        #expect(
          abs(Double(gradient[index]) - numeric) < 0.02 * abs(numeric) + 0.01 * largest + 2e-4,
          "\(tensor.name) \(index): \(gradient[index]), \(numeric)")
      }
    }
  }

  /// The derivative by a step that float32 still resolves.
  private func centralDifference(_ step: Float = 1.0 / 512, _ loss: (Float) -> Double) -> Double {
    return (loss(step) - loss(-step)) / (2 * Double(step))
  }

  private func isClose(_ found: Float, _ expected: Double) -> Bool {
    abs(Double(found) - expected) < 0.01 * abs(expected) + 2e-3
  }
}

extension Frame {
  /// Fills the frame with random bytes.
  mutating func fill(_ random: inout RandomSource) {
    for index in pixels.indices { pixels[index] = UInt8(truncatingIfNeeded: random.next()) }
  }
}
