public import AVGCore
internal import CKernels

/// What makes features of the last convolution.
public enum EncoderHead: String, Codable, Sendable, CaseIterable {
  /// The expected position of each channel's softmax.
  case spatialSoftmax
  /// A linear layer over all of its numbers, with as many features.
  case linear
}

/// Convolutions and a spatial softmax: stacked RGB frames in, image points out (Finn et al. 2016; ReLoD's encoder).
///
/// A linear layer may take the softmax's place. The features are then its outputs instead of points.
///
/// An encoder of no frames serves an agent without a camera: it has no layers and no features.
public struct Encoder: ~Copyable, Sendable {
  /// The length of the features: two for each channel of the last convolution, with the softmax its x and y.
  public let featureCount: Int
  /// Values, gradients and moments.
  public var store: ParameterStore

  let layers: [ConvolutionLayer]
  private let activationOffsets: [Int]
  private let gradientOffsets: [Int]
  private var layerGradients: FloatBuffer
  private var transposed: FloatBuffer
  private var pointsGradient: FloatBuffer
  private let linear: DenseLayer?
  private var imageGradient: FloatBuffer
  private let frames: FrameStack?
  private let kernels: avg_kernels

  /// Makes an encoder with zero weights.
  ///
  /// - Parameters:
  ///   - name: the prefix of the tensors' names: `encoder` gives `encoder.convs.0.weight` and so on.
  ///   - frames: nil for an encoder without layers.
  ///   - rectifiesLast: a ReLU stands behind the last convolution too.
  ///   - head: what makes features of the last convolution.
  public init(
    name: String, convolutions: [ConvolutionShape], rectifiesLast: Bool, frames: FrameStack?,
    head: EncoderHead = .spatialSoftmax, instructionSet: InstructionSet = .best
  ) {
    precondition(frames == nil || !convolutions.isEmpty, "an encoder needs a convolution")
    kernels = instructionSet.kernels
    self.frames = frames
    var layout = ParameterLayout()
    var layers: [ConvolutionLayer] = []
    for (index, convolution) in convolutions.enumerated() {
      guard let frames else { break }
      let previous = layers.last
      layers.append(
        ConvolutionLayer(
          convolution, planes: previous == nil ? frames.count : 1,
          height: previous?.outputHeight ?? frames.shape.height,
          width: previous?.outputWidth ?? frames.shape.width,
          channels: previous?.logicalChannels ?? 3, isPadded: previous != nil,
          isRectified: rectifiesLast || index < convolutions.count - 1,
          // PyTorch numbers a sequence's ReLUs too.
          name: "\(name).convs.\(2 * index)", layout: &layout, kernels: kernels))
    }
    self.layers = layers
    let featureCount = 2 * (layers.last?.logicalChannels ?? 0)
    self.featureCount = featureCount
    if head == .linear, let last = layers.last {
      linear = DenseLayer(
        name: name + ".linear", image: last, outputs: featureCount, layout: &layout, kernels: kernels)
    } else {
      linear = nil
    }
    imageGradient = FloatBuffer(count: linear?.inputs ?? 0)
    activationOffsets = layers.indices.map { layers[..<$0].reduce(0) { $0 + $1.outputCount } }
    gradientOffsets = layers.indices.map { layers[..<$0].reduce(0) { $0 + $1.gradientCount } }
    store = ParameterStore(layout)
    layerGradients = FloatBuffer(count: layers.reduce(0) { $0 + $1.gradientCount })
    transposed = FloatBuffer(count: layers.map(\.weightCount).max() ?? 0)
    pointsGradient = FloatBuffer(count: linear?.outputs ?? 2 * (layers.last?.outputChannels ?? 0))
  }

  /// The images and activations of one forward pass, kept for the backward pass.
  public struct Pass: ~Copyable, Sendable {
    fileprivate var input: FloatBuffer
    fileprivate var activations: FloatBuffer
    fileprivate var probabilities: FloatBuffer
    /// The image points x₀ y₀ x₁ y₁ …, each −1…1, or a linear head's outputs; the first `featureCount` are the features.
    public fileprivate(set) var points: FloatBuffer

    fileprivate init(_ encoder: borrowing Encoder) {
      input = FloatBuffer(count: encoder.layers.first?.inputCount ?? 0)
      activations = FloatBuffer(count: encoder.layers.reduce(0) { $0 + $1.outputCount })
      probabilities = FloatBuffer(count: encoder.layers.last?.outputCount ?? 0)
      points = FloatBuffer(count: encoder.pointsGradient.count)
    }

    /// Everything the pass keeps, for a file.
    public var numbers: [Float] {
      get {
        input.array(0, input.count) + activations.array(0, activations.count)
          + probabilities.array(0, probabilities.count) + points.array(0, points.count)
      }
      set {
        var rest = newValue[...]
        input.write(taking: &rest)
        activations.write(taking: &rest)
        probabilities.write(taking: &rest)
        points.write(taking: &rest)
      }
    }
  }

  /// Makes room for one forward and backward pass.
  public func makePass() -> Pass { Pass(self) }

  /// Draws new weights (gain √2, for the ReLU behind each layer; 1 for a linear head) and sets the biases to zero.
  public mutating func initialize(_ initialization: ConvolutionInitialization, random: inout RandomSource) {
    for layer in layers {
      layer.initialize(initialization, gain: 2.0.squareRoot(), in: &store, random: &random)
    }
    linear?.initialize(in: &store, random: &random)
  }

  /// Widens the stacked frames to floats, x / 255 − 0.5: the one copy between camera and network.
  public func load(_ images: [Frame], into pass: inout Pass) {
    let stackCount = frames?.count ?? 0
    precondition(images.count == stackCount, "\(stackCount) frames expected, not \(images.count)")
    guard let shape = frames?.shape else { return }
    let count = shape.byteCount
    for index in images.indices {
      precondition(images[index].shape == shape, "frames of \(shape) expected, not \(images[index].shape)")
      let target = pass.input.pointer(index * count, count)
      images[index].pixels.withUnsafeBufferPointer { pixels in
        // Never nil: a frame has at least one pixel, or the first layer's precondition had failed.
        if let source = pixels.baseAddress { kernels.widen(source, target, count) }
      }
    }
  }

  /// Computes `pass.points` from the loaded frames.
  public func forward(_ pass: inout Pass) {
    for index in layers.indices {
      forward(layer: index, &pass)
    }
    features(&pass)
  }

  /// Computes the parameters' gradients for the gradient of the features [featureCount].
  public mutating func backward(_ pass: borrowing Pass, featureGradient: borrowing FloatBuffer) {
    precondition(
      featureGradient.count == featureCount, "\(featureCount) features, not \(featureGradient.count)")
    for index in 0..<featureCount {
      pointsGradient[index] = featureGradient[index]
    }
    featuresGradient(pass)
    for index in layers.indices.reversed() {
      weightGradient(layer: index, pass)
      if index > 0 { inputGradient(layer: index, pass) }
    }
  }

  /// Layer `index` from the one below it.
  func forward(layer index: Int, _ pass: inout Pass) {
    layers[index].forward(
      input(of: index, pass), pass.activations.pointer(activationOffsets[index], layers[index].outputCount),
      store.values)
  }

  /// The features from the last layer.
  func features(_ pass: inout Pass) {
    guard let last = layers.last else { return }
    if let linear {
      return linear.forward(
        input(of: layers.count, pass), pass.points.pointer(0, linear.outputs), store.values)
    }
    kernels.spatial_softmax(
      input(of: layers.count, pass), Int32(last.outputHeight), Int32(last.outputWidth),
      Int32(last.outputChannels), pass.probabilities.pointer(0, last.outputCount),
      pass.points.pointer(0, 2 * last.outputChannels))
  }

  /// The last layer's gradient from that of the features, and a linear head's own.
  mutating func featuresGradient(_ pass: borrowing Pass) {
    guard let last = layers.last else { return }
    if let linear { return linearGradient(linear, of: last, pass) }
    kernels.spatial_softmax_gradient(
      pass.probabilities.pointer(0, last.outputCount), pass.points.pointer(0, pass.points.count),
      pointsGradient.pointer(0, pointsGradient.count), Int32(last.outputHeight), Int32(last.outputWidth),
      Int32(last.outputChannels), last.isRectified ? input(of: layers.count, pass) : nil,
      trueGradient(of: layers.count - 1), last.gradientRowStride)
  }

  /// A linear head's gradients, and the last layer's, whose rows have zeros at both ends.
  private mutating func linearGradient(
    _ linear: DenseLayer, of last: ConvolutionLayer, _ pass: borrowing Pass
  ) {
    let image = input(of: layers.count, pass)
    let gradient = pointsGradient.pointer(0, linear.outputs)
    linear.weightGradient(image, gradient, &store)
    let source = imageGradient.pointer(0, linear.inputs)
    linear.inputGradient(gradient, source, store.values)
    let target = trueGradient(of: layers.count - 1)
    let length = last.outputWidth * last.outputChannels
    for row in 0..<last.outputHeight {
      for index in 0..<length {
        let place = row * length + index
        target[row * last.gradientRowStride + index] =
          last.isRectified && image[place] <= 0 ? 0 : source[place]
      }
    }
  }

  /// The gradients of layer `index`'s weights and biases.
  mutating func weightGradient(layer index: Int, _ pass: borrowing Pass) {
    let gradient = layerGradients.pointer(gradientOffsets[index], layers[index].gradientCount)
    layers[index].weightGradient(input(of: index, pass), gradient, &store.plainGradients)
  }

  /// The gradient of layer `index` − 1 from that of layer `index`.
  mutating func inputGradient(layer index: Int, _ pass: borrowing Pass) {
    let layer = layers[index]
    layer.inputGradient(
      layerGradients.pointer(gradientOffsets[index], layer.gradientCount),
      rectified: layers[index - 1].isRectified ? input(of: index, pass) : nil, trueGradient(of: index - 1),
      rowStride: layers[index - 1].gradientRowStride, transposed: transposed.pointer(0, layer.weightCount),
      store.values)
  }

  /// What layer `index` sees: the loaded frames, or the layer below; `layers.count` stands for the softmax.
  private func input(of index: Int, _ pass: borrowing Pass) -> UnsafePointer<Float> {
    UnsafePointer(
      index == 0
        ? pass.input.pointer(0, pass.input.count)
        : pass.activations.pointer(activationOffsets[index - 1], layers[index - 1].outputCount))
  }

  /// Where layer `index`'s gradient begins, behind the zeros of its border.
  private func trueGradient(of index: Int) -> UnsafeMutablePointer<Float> {
    let layer = layers[index]
    return layerGradients.pointer(
      gradientOffsets[index] + layer.gradientOffset, layer.gradientCount - layer.gradientOffset)
  }

  /// Floating-point operations of a linear head's forward pass; 0 for the softmax, where they are not what counts.
  var linearOperations: Int {
    guard linear != nil, let last = layers.last else { return 0 }
    return 2 * featureCount * last.outputHeight * last.outputWidth * last.logicalChannels
  }

  /// Σ of the squared gradients; not finite when any of them is not.
  public func gradientSumOfSquares() -> Float {
    store.gradientSumOfSquares(kernels)
  }

  /// The image columns that image points of x = −1 and of x = 1 stand for.
  public var imageColumns: (first: Float, last: Float) { receptiveCentres(layers.last?.outputWidth ?? 0) }

  /// The image rows that image points of y = −1 and of y = 1 stand for.
  public var imageRows: (first: Float, last: Float) { receptiveCentres(layers.last?.outputHeight ?? 0) }

  /// The centres of what the first and the last of `count` outputs in a line see, as pixel numbers.
  private func receptiveCentres(_ count: Int) -> (first: Float, last: Float) {
    var centre: Float = 0
    var step: Float = 1
    for layer in layers {
      centre += Float(layer.shape.kernelSize - 1) / 2 * step
      step *= Float(layer.shape.stride)
    }
    return (centre, centre + Float(max(0, count - 1)) * step)
  }

  /// The last convolution's activations, the channels' padding left out: for a picture, not for the loop.
  public func featureMaps(of pass: borrowing Pass) -> FeatureMaps? {
    guard let last = layers.last, let offset = activationOffsets.last else { return nil }
    let pixelCount = last.outputHeight * last.outputWidth
    let values = (0..<last.logicalChannels).flatMap { channel in
      (0..<pixelCount).map { pass.activations[offset + $0 * last.outputChannels + channel] }
    }
    return FeatureMaps(
      height: last.outputHeight, width: last.outputWidth, channels: last.logicalChannels, values: values)
  }
}
