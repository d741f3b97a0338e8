import AVGCore
import CKernels
import Testing

@testable import AVGNetwork

@Suite("Convolution")
struct ConvolutionTests {
  /// Odd in every way: channels, sizes, strides, widths below and around the register blocks.
  static let shapes: [Reference.Convolution] = [
    .init(planes: 3, height: 11, width: 13, channels: 3, outputs: 7, size: 3, stride: 2),
    .init(planes: 1, height: 9, width: 40, channels: 5, outputs: 16, size: 5, stride: 4),
    .init(planes: 1, height: 8, width: 8, channels: 20, outputs: 40, size: 3, stride: 1),
    .init(planes: 2, height: 7, width: 5, channels: 3, outputs: 33, size: 4, stride: 3),
    .init(planes: 1, height: 6, width: 23, channels: 32, outputs: 32, size: 3, stride: 2),
    .init(planes: 1, height: 3, width: 3, channels: 1, outputs: 1, size: 3, stride: 1),
    .init(planes: 1, height: 5, width: 17, channels: 9, outputs: 17, size: 1, stride: 1),
    .init(planes: 1, height: 12, width: 12, channels: 4, outputs: 8, size: 2, stride: 5),
    // Pairs of rows and of pixels, with and without one left over, and more rows than one visit of a weight takes.
    .init(planes: 1, height: 13, width: 25, channels: 32, outputs: 32, size: 3, stride: 1),
    .init(planes: 2, height: 20, width: 10, channels: 3, outputs: 32, size: 3, stride: 1),
    .init(planes: 1, height: 12, width: 18, channels: 64, outputs: 32, size: 3, stride: 2),
    .init(planes: 3, height: 23, width: 16, channels: 3, outputs: 64, size: 3, stride: 2),
    .init(planes: 1, height: 7, width: 3, channels: 32, outputs: 32, size: 3, stride: 2),
    .init(planes: 1, height: 10, width: 14, channels: 16, outputs: 32, size: 2, stride: 1),
    // Too many weights for the scratch of pairs.
    .init(planes: 1, height: 7, width: 7, channels: 112, outputs: 112, size: 3, stride: 2),
  ]

  @Test(
    "forward, weight gradient and input gradient agree with the definition",
    arguments: shapes, InstructionSet.available)
  func agreesWithDefinition(shape: Reference.Convolution, instructionSet: InstructionSet) {
    var random = RandomSource(seed: 3, purpose: "convolution")
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
    let input = numbers(shape.inputs * shape.height * shape.width)
    let weights = numbers(shape.outputs * shape.inputs * shape.size * shape.size)
    let biases = numbers(shape.outputs)
    let gradient = numbers(shape.outputHeight * shape.outputWidth * shape.outputs)

    for isRectified in [false, true] {
      let run = LayerRun(
        shape, instructionSet, isRectified: isRectified, input: input, weights: weights, biases: biases)
      let expected = shape.forward(input, weights, biases, isRectified: isRectified)
      #expect(Reference.largestError(run.output, expected) < 1e-5)
    }

    let run = LayerRun(
      shape, instructionSet, isRectified: false, input: input, weights: weights, biases: biases)
    let (dw, db, dx) = run.backward(gradient)
    var expectedWeights = [Double](repeating: 0, count: weights.count)
    var expectedInput = [Double](repeating: 0, count: input.count)
    shape.forEachTap { x, w, y in
      expectedWeights[w] += Double(gradient[y]) * Double(input[x])
      expectedInput[x] += Double(gradient[y]) * Double(weights[w])
    }
    var expectedBiases = [Double](repeating: 0, count: biases.count)
    for (index, number) in gradient.enumerated() {
      expectedBiases[index % shape.outputs] += Double(number)
    }
    #expect(Reference.largestError(dw, expectedWeights) < 1e-5)
    #expect(Reference.largestError(db, expectedBiases) < 1e-5)
    // Only a first layer takes several planes, and nothing lies before it.
    if let dx { #expect(Reference.largestError(dx, expectedInput) < 1e-5) }
  }

  /// One layer with its buffers, fed and read in logical (unpadded) order.
  struct LayerRun {
    let shape: Reference.Convolution
    let layer: ConvolutionLayer
    let layout: ParameterLayout
    let input: [Float]
    let output: [Float]
    let weights: [Float]
    let biases: [Float]

    init(
      _ shape: Reference.Convolution, _ instructionSet: InstructionSet, isRectified: Bool, input: [Float],
      weights: [Float], biases: [Float]
    ) {
      self.shape = shape
      self.weights = weights
      self.biases = biases
      var layout = ParameterLayout()
      layer = ConvolutionLayer(
        ConvolutionShape(channels: shape.outputs, kernelSize: shape.size, stride: shape.stride),
        planes: shape.planes, height: shape.height, width: shape.width, channels: shape.channels,
        isPadded: shape.planes == 1, isRectified: isRectified, name: "layer", layout: &layout,
        kernels: instructionSet.kernels)
      self.layout = layout
      self.input = Self.pad(input, from: shape.channels, to: Int(layer.shape.inputChannels))
      let parameters = Self.makeParameters(layout, weights, biases)
      var x = FloatBuffer(count: layer.inputCount)
      x.write(self.input)
      var y = FloatBuffer(count: layer.outputCount)
      layer.forward(x.pointer(0, x.count), y.mutablePointer(0, y.count), parameters.values, part: .whole)
      output = Self.unpad(y.array(0, y.count), from: layer.outputChannels, to: shape.outputs)
    }

    func backward(_ gradient: [Float]) -> (weights: [Float], biases: [Float], input: [Float]?) {
      let parameters = Self.makeParameters(layout, weights, biases)
      var gradients = Gradients(layout)
      var x = FloatBuffer(count: layer.inputCount)
      x.write(input)
      var dy = FloatBuffer(count: layer.gradientCount)
      for row in 0..<layer.outputHeight {
        for column in 0..<layer.outputWidth {
          for output in 0..<shape.outputs {
            dy[
              layer.gradientOffset + row * layer.gradientRowStride + column * layer.outputChannels + output] =
              gradient[shape.y(output, row, column)]
          }
        }
      }
      layer.weightGradient(
        x.pointer(0, x.count), dy.pointer(0, dy.count),
        gradients.dense.mutablePointer(0, gradients.dense.count))
      let (weight, bias) = (
        layout.tensors[0].read(from: gradients.dense), layout.tensors[1].read(from: gradients.dense)
      )
      guard shape.planes == 1 else { return (weight, bias, nil) }
      var dx = FloatBuffer(count: layer.inputCount)
      var transposed = FloatBuffer(count: layer.weightCount)
      layer.transposeWeights(parameters.values, transposed.mutablePointer(0, transposed.count))
      layer.inputGradient(
        dy.pointer(0, dy.count), rectified: nil, dx.mutablePointer(0, dx.count),
        rowStride: shape.width * Int(layer.shape.inputChannels),
        transposed: transposed.pointer(0, transposed.count), part: .whole)
      return (
        weight, bias,
        Self.unpad(dx.array(0, dx.count), from: Int(layer.shape.inputChannels), to: shape.channels)
      )
    }

    private static func makeParameters(_ layout: ParameterLayout, _ weights: [Float], _ biases: [Float])
      -> Parameters
    {
      var parameters = Parameters(layout)
      layout.tensors[0].write(weights, to: &parameters.values)
      layout.tensors[1].write(biases, to: &parameters.values)
      return parameters
    }

    private static func pad(_ numbers: [Float], from channels: Int, to padded: Int) -> [Float] {
      (0..<numbers.count / channels * padded).map { index in
        index % padded < channels ? numbers[index / padded * channels + index % padded] : 0
      }
    }

    private static func unpad(_ numbers: [Float], from padded: Int, to channels: Int) -> [Float] {
      (0..<numbers.count / padded * channels).map { numbers[$0 / channels * padded + $0 % channels] }
    }
  }
}
