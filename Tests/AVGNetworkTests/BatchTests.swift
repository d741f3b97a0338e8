import AVGCore
import AVGSystem
import Testing

@testable import AVGNetwork

/// A batch against its samples, one after the other.
@Suite("Batches")
struct BatchTests {
  private static let batch = Subject.samples

  @Test(
    "a perceptron's batch has each sample's outputs, to the bit, its input gradient, and the sum of their gradients",
    arguments: PenultimateNormalization.allCases, InstructionSet.available)
  func perceptron(normalization: PenultimateNormalization, instructionSet: InstructionSet) {
    let subject = Perceptron(normalization, instructionSet)
    let (whole, together) = subject.run(samples: 0..<Self.batch, accumulates: true)
    var sum = [Float](repeating: 0, count: whole.count)
    var apart = [Float]()
    for sample in 0..<Self.batch {
      let (gradient, results) = subject.run(samples: sample..<sample + 1, accumulates: false)
      for index in sum.indices { sum[index] += gradient[index] }
      apart += results
    }
    let outputs = { (results: [Float]) in results.indices.filter { $0 % 16 < 5 }.map { results[$0] } }
    #expect(outputs(apart) == outputs(together))
    #expect(Reference.largestError(together, apart.map(Double.init)) < 1e-5)
    #expect(Reference.largestError(whole, sum.map(Double.init)) < 1e-5)
    #expect(sum.contains { $0 != 0 })
  }

  @Test(
    "an encoder's batch has each sample's features, and the sum of their gradients",
    arguments: EncoderHead.allCases, InstructionSet.available)
  func encoder(head: EncoderHead, instructionSet: InstructionSet) {
    let subject = Eye(head, instructionSet)
    let (whole, together) = subject.run(samples: 0..<Self.batch, accumulates: true)
    var sum = [Float](repeating: 0, count: whole.count)
    var apart = [Float]()
    for sample in 0..<Self.batch {
      let (gradient, features) = subject.run(samples: sample..<sample + 1, accumulates: false)
      for index in sum.indices { sum[index] += gradient[index] }
      apart += features
    }
    #expect(apart == together)
    #expect(Reference.largestError(whole, sum.map(Double.init)) < 1e-5)
    #expect(sum.contains { $0 != 0 })
  }

  @Test("a batch taken in pieces of two samples or more has the same gradient")
  func pieces() {
    let perceptron = Perceptron(.unit, .best)
    let eye = Eye(.linear, .best)
    var perceptronSum = Gradients(perceptron.network.layout, accumulates: true)
    var eyeSum = Gradients(eye.encoder.layout, accumulates: true)
    for piece in [0..<2, 2..<35, 35..<Self.batch] {
      perceptron.run(samples: piece, into: &perceptronSum)
      eye.run(samples: piece, into: &eyeSum)
    }
    #expect(
      perceptronSum.dense.array(0, perceptronSum.dense.count)
        == perceptron.run(samples: 0..<Self.batch, accumulates: true).gradient)
    #expect(
      eyeSum.dense.array(0, eyeSum.dense.count)
        == eye.run(samples: 0..<Self.batch, accumulates: true).gradient)
  }

  @Test(
    "samples without an output gradient are passed over, and the others have their input gradients, to the bit",
    arguments: PenultimateNormalization.allCases, InstructionSet.available)
  func passedOver(normalization: PenultimateNormalization, instructionSet: InstructionSet) {
    let subject = Perceptron(normalization, instructionSet)
    let all = subject.inputGradients { _ in true }
    for isUsed in [{ $0 % 3 == 1 }, { $0 > 30 }, { $0 == 0 }, { _ in false }] as [(Int) -> Bool] {
      let some = subject.inputGradients(isUsed)
      for sample in 0..<Self.batch where isUsed(sample) { #expect(some[sample] == all[sample]) }
    }
  }

  @Test("weights that are laid out once are laid out again when they have changed")
  func laidOutOnce() {
    let (before, after) = (Perceptron(.unit, .best), Perceptron(.unit, .best, seed: 9))
    var pass = before.network.makePass(batch: Self.batch)
    pass.beginParameters()
    let first = before.outputs(&pass)
    #expect(before.outputs(&pass) == first)
    pass.beginParameters()
    let second = after.outputs(&pass)
    #expect(second != first)
    var other = after.network.makePass(batch: Self.batch)
    #expect(second == after.outputs(&other))
    #expect(before.outputs(&other) != second)
  }

  @Test("threads share a batch without a trace", arguments: 2...3)
  func sharedBatch(threads: Int) throws {
    let pool = try WorkerPool(threads: threads)
    pool.begin()
    let all = 0..<Self.batch
    let alone = Perceptron(.layer, .best).run(samples: all, accumulates: true)
    let shared = Perceptron(.layer, .best, workers: pool).run(samples: all, accumulates: true)
    #expect(shared.gradient == alone.gradient)
    #expect(shared.results == alone.results)
    for head in EncoderHead.allCases {
      let alone = Eye(head, .best).run(samples: all, accumulates: true)
      let shared = Eye(head, .best, workers: pool).run(samples: all, accumulates: true)
      #expect(shared.gradient == alone.gradient)
      #expect(shared.features == alone.features)
    }
  }

  @Test("passes of one network and one set of parameters can run at once")
  func threads() async {
    let perceptron = Perceptron(.layer, .best)
    let eye = Eye(.spatialSoftmax, .best)
    let expected = (0..<Self.batch).map { sample in
      perceptron.run(samples: sample..<sample + 1, accumulates: false).gradient
        + eye.run(samples: sample..<sample + 1, accumulates: false).gradient
    }
    await withTaskGroup(of: Bool.self) { group in
      for round in 0..<40 {
        let sample = round % Self.batch
        group.addTask {
          let found =
            perceptron.run(samples: sample..<sample + 1, accumulates: false).gradient
            + eye.run(samples: sample..<sample + 1, accumulates: false).gradient
          return found == expected[sample]
        }
      }
      for await isEqual in group { #expect(isEqual) }
    }
  }
}

/// What is common to what is tested.
private enum Subject {
  /// More than a perceptron takes through its layers together, and no multiple of that.
  static let samples = 37
}

/// A perceptron of drawn weights, with drawn inputs and output gradients of a batch.
private final class Perceptron: Sendable {
  let network: MultilayerPerceptron
  private let parameters: Parameters
  private let inputs: [Float]
  private let outputGradients: [Float]
  private let instructionSet: InstructionSet

  init(
    _ normalization: PenultimateNormalization, _ instructionSet: InstructionSet, seed: UInt64 = 7,
    workers: WorkerPool? = nil
  ) {
    self.instructionSet = instructionSet
    var random = RandomSource(seed: seed, purpose: "batch")
    network = MultilayerPerceptron(
      name: "n", inputs: 11, hiddenUnits: 19, heads: [("a", 3), ("b", 2)],
      penultimateNormalization: normalization, instructionSet: instructionSet, workers: workers)
    var parameters = Parameters(network.layout)
    network.initialize(&parameters, random: &random)
    self.parameters = parameters
    inputs = (0..<Subject.samples * 11).map { _ in Float(random.normal()) }
    outputGradients = (0..<Subject.samples * 5).map { _ in Float(random.normal()) }
  }

  /// Returns the gradient, then each sample's outputs and input gradient.
  func run(samples: Range<Int>, accumulates: Bool) -> (gradient: [Float], results: [Float]) {
    var gradients = Gradients(network.layout, accumulates: accumulates, instructionSet: instructionSet)
    let results = run(samples: samples, into: &gradients)
    let gradient = gradients.multipliedOut()
    return (gradient.array(0, gradient.count), results)
  }

  /// The batch's outputs and input gradients.
  func outputs(_ pass: inout MultilayerPerceptron.Pass) -> [Float] {
    pass.input.write(inputs)
    network.forward(&pass, parameters)
    network.backwardToInput(&pass, parameters, outputGradient: outputGradients)
    return pass.output.array(0, pass.output.count) + pass.inputGradient.array(0, pass.inputGradient.count)
  }

  /// Each sample's input gradient, where only some have an output gradient.
  func inputGradients(_ isUsed: (Int) -> Bool) -> [[Float]] {
    var pass = network.makePass(batch: Subject.samples)
    pass.input.write(inputs)
    network.forward(&pass, parameters)
    let gradient = outputGradients.enumerated().map { isUsed($0.offset / 5) ? $0.element : 0 }
    network.backwardToInput(&pass, parameters, outputGradient: gradient)
    return (0..<Subject.samples).map { pass.inputGradient.array($0 * 11, 11) }
  }

  @discardableResult
  func run(samples: Range<Int>, into gradients: inout Gradients) -> [Float] {
    var pass = network.makePass(batch: samples.count)
    pass.input.write(Array(inputs[samples.lowerBound * 11..<samples.upperBound * 11]))
    network.forward(&pass, parameters)
    network.backward(
      &pass, parameters,
      outputGradient: Array(outputGradients[samples.lowerBound * 5..<samples.upperBound * 5]), scale: -0.7,
      into: &gradients)
    return (0..<samples.count).flatMap {
      pass.output.array($0 * pass.outputStride, 5) + pass.inputGradient.array($0 * 11, 11)
    }
  }
}

/// An encoder of drawn weights, with drawn images and feature gradients of a batch.
private final class Eye: Sendable {
  let encoder: Encoder
  private let parameters: Parameters
  private let images: [[Frame]]
  private let featureGradients: [Float]
  private let instructionSet: InstructionSet

  init(_ head: EncoderHead, _ instructionSet: InstructionSet, workers: WorkerPool? = nil) {
    self.instructionSet = instructionSet
    var random = RandomSource(seed: 8, purpose: "batch")
    let shape = FrameShape(height: 23, width: 29)
    encoder = Encoder(
      name: "e",
      convolutions: [(5, 3, 2), (18, 4, 3), (3, 2, 1)].map {
        ConvolutionShape(channels: $0.0, kernelSize: $0.1, stride: $0.2)
      }, rectifiesLast: true, frames: FrameStack(count: 2, shape: shape), head: head,
      instructionSet: instructionSet, workers: workers)
    var parameters = Parameters(encoder.layout)
    encoder.initialize(&parameters, .orthogonal, random: &random)
    self.parameters = parameters
    images = (0..<Subject.samples).map { _ in
      (0..<2).map { _ in
        var frame = Frame(shape: shape)
        frame.fill(&random)
        return frame
      }
    }
    featureGradients = (0..<Subject.samples * encoder.featureCount).map { _ in Float(random.normal()) }
  }

  /// Returns the gradient, then each sample's features.
  func run(samples: Range<Int>, accumulates: Bool) -> (gradient: [Float], features: [Float]) {
    var gradients = Gradients(encoder.layout, accumulates: accumulates, instructionSet: instructionSet)
    let features = run(samples: samples, into: &gradients)
    let gradient = gradients.multipliedOut()
    return (gradient.array(0, gradient.count), features)
  }

  @discardableResult
  func run(samples: Range<Int>, into gradients: inout Gradients) -> [Float] {
    let count = encoder.featureCount
    var pass = encoder.makePass(batch: samples.count)
    for (place, sample) in samples.enumerated() {
      encoder.load(images[sample], into: &pass, sample: place)
    }
    encoder.forward(&pass, parameters)
    var featureGradient = FloatBuffer(count: samples.count * count)
    featureGradient.write(Array(featureGradients[samples.lowerBound * count..<samples.upperBound * count]))
    encoder.backward(&pass, parameters, featureGradient: featureGradient, into: &gradients)
    return (0..<samples.count).flatMap { pass.points.array($0 * pass.pointStride, count) }
  }
}
