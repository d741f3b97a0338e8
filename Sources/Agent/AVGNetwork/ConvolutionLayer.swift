public import AVGCore
internal import CKernels

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// The output channels, kernel size and stride of a convolution.
public struct ConvolutionShape: ConfigurationSection {
  public var channels = 16
  public var kernelSize = 3
  public var stride = 1

  public init() {}

  public init(channels: Int, kernelSize: Int, stride: Int) {
    self.channels = channels
    self.kernelSize = kernelSize
    self.stride = stride
  }

  public static let keys: [Key<Self>] = [
    Key("channels", \.channels, 1...1024, "Output channels."),
    Key(
      "kernelSize", \.kernelSize, 1...FrameShape.standard.height,
      allowed: "1 … what the layer before leaves of 90 rows", "Rows and columns of the kernel."),
    Key("stride", \.stride, 1...64, "Input pixels from one output pixel to the next."),
  ]
}

/// The geometry of a convolution without padding, with or without a ReLU behind it.
struct ConvolutionLayer: Sendable {
  let shape: avg_convolution
  let isRectified: Bool
  let logicalChannels: Int
  private let logicalInputs: Int
  private let weights: Int
  private let biases: Int
  private let kernels: avg_kernels

  /// Makes a layer and reserves its tensors.
  ///
  /// - Parameters:
  ///   - planes: the images of the input, one after the other in memory, whose channels count as one image's.
  ///   - channels: the channels of one plane, padding left out.
  ///   - isPadded: the input's channels are padded to the kernels' block, as those of any layer's output are.
  init(
    _ convolution: ConvolutionShape, planes: Int, height: Int, width: Int, channels: Int, isPadded: Bool,
    isRectified: Bool, name: String, layout: inout ParameterLayout, kernels: avg_kernels
  ) {
    let size = convolution.kernelSize
    precondition(
      height >= size && width >= size, "a \(height)×\(width) image is too small for a \(size)×\(size) kernel")
    let inputs = isPadded ? padded(channels) : channels
    let outputs = padded(convolution.channels)
    shape = avg_convolution_make(
      Int32(planes), Int32(height), Int32(width), Int32(inputs), Int32(size), Int32(convolution.stride),
      Int32(outputs))
    self.isRectified = isRectified
    self.kernels = kernels
    logicalChannels = convolution.channels
    logicalInputs = planes * channels
    weights = layout.reserve(size * planes * size * inputs * outputs)
    biases = layout.reserve(outputs)
    layout.name(
      name + ".weight", shape: [logicalChannels, planes * channels, size, size],
      dimensions: [
        (logicalChannels, 1), (planes, size * inputs * outputs), (channels, outputs),
        (size, planes * size * inputs * outputs), (size, inputs * outputs),
      ], offset: weights)
    layout.name(
      name + ".bias", shape: [logicalChannels], dimensions: [(logicalChannels, 1)], offset: biases)
  }

  var outputHeight: Int { Int(shape.outputHeight) }
  var outputWidth: Int { Int(shape.outputWidth) }
  var outputChannels: Int { Int(shape.outputChannels) }
  var inputCount: Int { Int(shape.planes * shape.inputHeight * shape.inputWidth * shape.inputChannels) }
  var outputCount: Int { outputHeight * outputWidth * outputChannels }
  var weightCount: Int {
    Int(shape.kernelSize * shape.kernelSize * shape.planes * shape.inputChannels) * outputChannels
  }

  /// Floating-point operations of a forward pass, padding left out; each gradient takes as many.
  var operations: Int {
    2 * outputHeight * outputWidth * logicalChannels * Int(shape.kernelSize * shape.kernelSize)
      * logicalInputs
  }

  /// The floats of the output gradient [outputHeight, gradientWidth, outputChannels].
  ///
  /// Its rows are longer than the output's and have zeros at both ends. The input gradient is a convolution of the output
  /// gradient: with the zeros, its kernel needs no special case at the borders.
  var gradientCount: Int { outputHeight * gradientRowStride }
  var gradientRowStride: Int { Int(shape.gradientWidth) * outputChannels }
  /// The index of the output gradient's first entry that is not part of those zeros.
  var gradientOffset: Int { Int(shape.gradientBorderLeft) * outputChannels }

  /// The place of the first parameter behind this layer's.
  var parameterEnd: Int { biases + outputChannels }

  /// The parts that threads cut the layer into: a third of a million operations or more each.
  var parts: Int32 { Int32(max(1, min(4, operations / 300_000))) }

  /// A part of y = convolution of x, rectified if the layer is. x: `inputCount` floats, y: `outputCount`.
  func forward(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ values: borrowing FloatBuffer,
    part: avg_part
  ) {
    withUnsafePointer(to: shape) {
      kernels.convolve(
        $0, part, x, values.pointer(weights, weightCount), values.pointer(biases, outputChannels), y,
        isRectified ? 1 : 0)
    }
  }

  /// Writes the gradients of weights and biases at their places in `gradient`, which is laid out as the parameters are.
  /// x: `inputCount` floats, dy: `gradientCount`.
  func weightGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: shape) {
      kernels.convolution_weight_gradient($0, x, dy, gradient + weights, gradient + biases)
    }
  }

  /// Writes the weights as `inputGradient` takes them: `weightCount` floats.
  func transposeWeights(_ values: borrowing FloatBuffer, _ transposed: UnsafeMutablePointer<Float>) {
    withUnsafePointer(to: shape) {
      avg_transpose_weights($0, values.pointer(weights, weightCount), transposed)
    }
  }

  /// Computes a part of the gradient of the input, which is the output gradient of the layer below.
  ///
  /// - Parameters:
  ///   - rectified: the input, if a ReLU made it: the gradient is 0 where the input is not positive.
  ///   - dx: the first entry of the input gradient; its rows are `rowStride` floats apart.
  ///   - transposed: what `transposeWeights` wrote.
  func inputGradient(
    _ dy: UnsafePointer<Float>, rectified: UnsafePointer<Float>?, _ dx: UnsafeMutablePointer<Float>,
    rowStride: Int, transposed: UnsafePointer<Float>, part: avg_part
  ) {
    withUnsafePointer(to: shape) {
      kernels.convolution_input_gradient($0, part, dy, transposed, rectified, dx, rowStride)
    }
  }

  /// Draws new weights with the given gain; the biases stay as they are.
  func initialize(
    _ initialization: ConvolutionInitialization, gain: Double, _ parameters: inout Parameters,
    random: inout RandomSource
  ) {
    guard let weight = parameters.tensors.first(where: { $0.offset == weights }) else { return }
    let (outputs, inputs, size) = (weight.shape[0], weight.shape[1], weight.shape[2])
    switch initialization {
    case .orthogonal:
      weight.write(
        orthogonalMatrix(rows: outputs, columns: inputs * size * size, gain: gain, random: &random),
        to: &parameters.values)
    case .deltaOrthogonal:
      let matrix = orthogonalMatrix(rows: outputs, columns: inputs, gain: gain, random: &random)
      var entries = [Float](repeating: 0, count: weight.count)
      for index in matrix.indices {
        entries[index * size * size + (size / 2) * size + size / 2] = matrix[index]
      }
      weight.write(entries, to: &parameters.values)
    }
  }
}
