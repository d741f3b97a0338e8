internal import AVGCore
internal import CKernels

/// The geometry of a dense layer, y = Wx + b. Outputs are padded to the kernels' block with zeros.
struct DenseLayer: Sendable {
  /// Some of the layer's outputs, which are a layer of their own in the published code.
  struct Head {
    var name: String
    var outputs: Int
  }

  let inputs: Int
  let outputs: Int
  private let weights: OuterProduct
  private let biases: Int
  private let weightNames: [String]
  private let kernels: avg_kernels

  /// Makes a layer whose outputs are those of `heads`, one after the other, and reserves their tensors.
  init(inputs: Int, heads: [Head], layout: inout ParameterLayout, kernels: avg_kernels) {
    self.inputs = inputs
    self.kernels = kernels
    outputs = padded(heads.reduce(0) { $0 + $1.outputs })
    weights = layout.reserveOuterProduct(inputs: inputs, outputs: outputs)
    biases = layout.reserve(outputs)
    weightNames = heads.map { $0.name + ".weight" }
    var first = 0
    for head in heads {
      layout.name(
        head.name + ".weight", shape: [head.outputs, inputs],
        dimensions: [(head.outputs, 1), (inputs, outputs)], offset: weights.weights + first)
      layout.name(
        head.name + ".bias", shape: [head.outputs], dimensions: [(head.outputs, 1)], offset: biases + first)
      first += head.outputs
    }
  }

  /// Makes a layer over all numbers of `image`'s output.
  ///
  /// The output lies in memory as [height, width, channels]. PyTorch flattens [channels, height, width], and the weight's
  /// tensor has PyTorch's order.
  init(
    name: String, image: ConvolutionLayer, outputs logicalOutputs: Int, layout: inout ParameterLayout,
    kernels: avg_kernels
  ) {
    inputs = image.outputCount
    self.kernels = kernels
    outputs = padded(logicalOutputs)
    weights = layout.reserveOuterProduct(inputs: inputs, outputs: outputs)
    biases = layout.reserve(outputs)
    weightNames = [name + ".weight"]
    let (height, width, channels) = (image.outputHeight, image.outputWidth, image.logicalChannels)
    let pixel = image.outputChannels * outputs
    layout.name(
      name + ".weight", shape: [logicalOutputs, channels * height * width],
      dimensions: [(logicalOutputs, 1), (channels, outputs), (height, width * pixel), (width, pixel)],
      offset: weights.weights)
    layout.name(
      name + ".bias", shape: [logicalOutputs], dimensions: [(logicalOutputs, 1)], offset: biases)
  }

  /// The floats that a batch's passes want of `scratch`.
  var packedCount: Int {
    var shape = shape(of: 1, step: inputs)
    return avg_packed_count(&shape)
  }

  /// y [samples, outputs] = Wx + b for x [samples, inputs].
  ///
  /// - Parameters:
  ///   - step: the floats from one sample's x to the next one's.
  ///   - packed: what `pack` gave; nil for a single sample.
  func forward(
    _ x: UnsafePointer<Float>, step: Int, _ y: UnsafeMutablePointer<Float>, samples: Int,
    packed: UnsafePointer<Float>?, _ values: borrowing FloatBuffer
  ) {
    let bias = values.pointer(biases, outputs)
    guard let packed else {
      return kernels.dense(
        x, Int32(inputs), values.pointer(weights.weights, weights.count), bias, y, Int32(outputs))
    }
    var shape = shape(of: samples, step: step)
    kernels.dense_batch(&shape, x, packed, bias, y)
  }

  /// dx [samples, inputs] = Wᵀ dy, in rows of `step` floats.
  ///
  /// - Parameter packed: what `packTransposed` gave; nil for a single sample.
  func inputGradient(
    _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, step: Int, samples: Int,
    packed: UnsafePointer<Float>?, _ values: borrowing FloatBuffer
  ) {
    guard let packed else {
      return kernels.dense_input_gradient(
        dy, Int32(outputs), values.pointer(weights.weights, weights.count), dx, Int32(inputs))
    }
    var shape = shape(of: samples, step: step)
    kernels.dense_batch_input_gradient(&shape, dy, packed, dx)
  }

  /// Hands the gradients of weights and biases to `gradients`. x: [samples, inputs], dy: [samples, outputs].
  func weightGradient(
    _ x: UnsafePointer<Float>, step: Int, _ dy: UnsafePointer<Float>, samples: Int,
    _ gradients: inout Gradients
  ) {
    guard gradients.accumulates else {
      gradients.take(weights, x, dy)
      gradients.take(dy, place: biases, count: outputs)
      return
    }
    let sum = gradients.dense.mutablePointer(0, gradients.dense.count)
    for piece in 0..<columnPieces {
      addWeightGradient(x, step: step, dy, samples: samples, piece: piece, sum)
    }
  }

  /// The pieces that a batch's weight gradient is cut into: some columns each.
  var columnPieces: Int { (outputs + Self.pieceColumns - 1) / Self.pieceColumns }

  /// The columns of a piece: a whole panel of the kernels'.
  private static let pieceColumns = 32

  /// Adds one piece of the gradients of weights and biases to `gradient`, which is laid out as the parameters are.
  func addWeightGradient(
    _ x: UnsafePointer<Float>, step: Int, _ dy: UnsafePointer<Float>, samples: Int, piece: Int,
    _ gradient: UnsafeMutablePointer<Float>
  ) {
    var shape = shape(of: samples, step: step)
    let first = piece * Self.pieceColumns
    kernels.dense_batch_weight_gradient(
      &shape, x, dy, first, min(outputs, first + Self.pieceColumns), gradient + weights.weights,
      gradient + biases)
  }

  /// Lays the weights out for `forward` over a batch.
  func pack(_ values: borrowing FloatBuffer, into packed: UnsafeMutablePointer<Float>) {
    var shape = shape(of: 1, step: inputs)
    avg_pack(&shape, values.pointer(weights.weights, weights.count), packed)
  }

  /// Lays the weights out for `inputGradient` over a batch.
  func packTransposed(_ values: borrowing FloatBuffer, into packed: UnsafeMutablePointer<Float>) {
    var shape = shape(of: 1, step: inputs)
    avg_pack_transposed(&shape, values.pointer(weights.weights, weights.count), packed)
  }

  private func shape(of samples: Int, step: Int) -> avg_dense {
    avg_dense(batch: samples, inputs: inputs, outputs: outputs, inputStep: step)
  }

  /// Draws an orthogonal matrix of gain 1 for each head; the biases stay as they are.
  func initialize(_ parameters: inout Parameters, random: inout RandomSource) {
    for name in weightNames {
      guard let weight = parameters.tensors.first(where: { $0.name == name }) else { continue }
      weight.write(
        orthogonalMatrix(rows: weight.shape[0], columns: weight.shape[1], gain: 1, random: &random),
        to: &parameters.values)
    }
  }
}
