public import AVGCore
internal import CKernels

/// The step from the last convolution to the features.
public enum EncoderHead: String, SettingChoice {
  case spatialSoftmax, linear

  /// What the features are.
  public var meaning: String {
    switch self {
    case .spatialSoftmax:
      "Where each channel is, the expected position of its softmax: two features a channel."
    case .linear: "A linear layer over all of its numbers, with as many features."
    }
  }
}

/// Convolutions and a spatial softmax: stacked RGB frames in, image points out (Finn et al. 2016; ReLoD's encoder).
///
/// A linear layer may take the softmax's place. The features are then its outputs instead of points. An agent without a
/// camera has an encoder without layers and features.
///
/// The encoder is constant: `Parameters` hold its values, a `Pass` the activations of a batch, `Gradients` the result of
/// a backward pass. Any number of passes may run at once, each with its own `Pass` and `Gradients`.
public struct Encoder: Sendable {
  /// The length of the features: two for each channel of the last convolution, with the softmax its x and y.
  public let featureCount: Int
  /// The places of the parameters.
  public let layout: ParameterLayout

  let layers: [ConvolutionLayer]
  let linear: DenseLayer?
  /// The floats of one sample's frames.
  let inputCount: Int
  /// The floats that all layers put out for one sample.
  let activationCount: Int
  /// The place of each layer's output among them.
  let activationOffsets: [Int]
  /// The place of each layer's output gradient among those of all layers.
  private let gradientOffsets: [Int]
  private let frames: FrameStack?
  private let kernels: avg_kernels

  /// Makes an encoder.
  ///
  /// - Parameters:
  ///   - name: the prefix of the tensors' names: `encoder` gives `encoder.convs.0.weight` and so on.
  ///   - frames: nil for an encoder without layers.
  ///   - rectifiesLast: the last convolution has a ReLU behind it too.
  ///   - head: the step from the last convolution to the features.
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
    inputCount = layers.first?.inputCount ?? 0
    activationCount = layers.reduce(0) { $0 + $1.outputCount }
    activationOffsets = layers.indices.map { layers[..<$0].reduce(0) { $0 + $1.outputCount } }
    gradientOffsets = layers.indices.map { layers[..<$0].reduce(0) { $0 + $1.gradientCount } }
    self.layout = layout
  }

  /// Makes room for forward and backward passes of `batch` samples.
  public func makePass(batch: Int = 1) -> Pass { Pass(self, batch: batch) }

  /// Draws new weights (gain √2, for the ReLU behind each layer; 1 for a linear head); biases stay as they are.
  public func initialize(
    _ parameters: inout Parameters, _ initialization: ConvolutionInitialization, random: inout RandomSource
  ) {
    for layer in layers {
      layer.initialize(initialization, gain: 2.0.squareRoot(), &parameters, random: &random)
    }
    linear?.initialize(&parameters, random: &random)
  }

  /// Widens the stacked frames of one sample to floats, x / 255 − 0.5: the one copy between camera and network.
  public func load(_ images: [Frame], into pass: inout Pass, sample: Int = 0) {
    let stackCount = frames?.count ?? 0
    precondition(images.count == stackCount, "\(stackCount) frames expected, not \(images.count)")
    guard let shape = frames?.shape else { return }
    let count = shape.byteCount
    for index in images.indices {
      precondition(images[index].shape == shape, "frames of \(shape) expected, not \(images[index].shape)")
      let target = pass.input.mutablePointer(sample * inputCount + index * count, count)
      images[index].pixels.withUnsafeBufferPointer { pixels in
        // Never nil: the first layer's precondition asks for at least one pixel.
        if let source = pixels.baseAddress { kernels.widen(source, target, count) }
      }
    }
  }

  /// Computes `pass.points` from the loaded frames.
  public func forward(_ pass: inout Pass, _ parameters: borrowing Parameters) {
    for sample in 0..<pass.batch {
      for index in layers.indices {
        forward(layer: index, sample, &pass, parameters)
      }
      features(sample, &pass, parameters)
    }
  }

  /// Computes the parameters' gradients for the gradient of the features [batch, featureCount].
  ///
  /// - Parameter gradients: takes the gradient of the only sample, or adds those of all.
  public func backward(
    _ pass: inout Pass, _ parameters: borrowing Parameters, featureGradient: borrowing FloatBuffer,
    into gradients: inout Gradients
  ) {
    precondition(
      pass.batch == 1 || gradients.accumulates, "the gradients of \(pass.batch) samples must be added")
    precondition(
      featureGradient.count == pass.batch * featureCount,
      "\(pass.batch) × \(featureCount) features, not \(featureGradient.count)")
    for sample in 0..<pass.batch {
      for index in 0..<featureCount {
        pass.pointsGradient[index] = featureGradient[sample * featureCount + index]
      }
      featuresGradient(sample, &pass, parameters, &gradients)
      for index in layers.indices.reversed() {
        weightGradient(layer: index, sample, &pass, &gradients)
        if index > 0 { inputGradient(layer: index, sample, &pass, parameters) }
      }
    }
  }

  /// Computes layer `index` from the one below it.
  func forward(layer index: Int, _ sample: Int, _ pass: inout Pass, _ parameters: borrowing Parameters) {
    layers[index].forward(input(of: index, sample, pass), output(of: index, sample, &pass), parameters.values)
  }

  /// Computes the features from the last layer.
  func features(_ sample: Int, _ pass: inout Pass, _ parameters: borrowing Parameters) {
    guard let last = layers.last else { return }
    let image = input(of: layers.count, sample, pass)
    let points = pass.points.mutablePointer(sample * pass.pointStride, pass.pointStride)
    if let linear {
      return linear.forward(
        image, step: linear.inputs, points, samples: 1, packed: nil, parameters.values)
    }
    kernels.spatial_softmax(
      image, Int32(last.outputHeight), Int32(last.outputWidth), Int32(last.outputChannels),
      pass.probabilities.mutablePointer(sample * last.outputCount, last.outputCount), points)
  }

  /// Computes the last layer's gradient from that of the features, and a linear head's own.
  func featuresGradient(
    _ sample: Int, _ pass: inout Pass, _ parameters: borrowing Parameters, _ gradients: inout Gradients
  ) {
    guard let last = layers.last else { return }
    if let linear { return linearGradient(linear, of: last, sample, &pass, parameters, &gradients) }
    kernels.spatial_softmax_gradient(
      pass.probabilities.pointer(sample * last.outputCount, last.outputCount),
      pass.points.pointer(sample * pass.pointStride, pass.pointStride),
      pass.pointsGradient.pointer(0, pass.pointStride), Int32(last.outputHeight), Int32(last.outputWidth),
      Int32(last.outputChannels), last.isRectified ? input(of: layers.count, sample, pass) : nil,
      trueGradient(of: layers.count - 1, &pass), last.gradientRowStride)
  }

  /// Computes a linear head's gradients, and copies its input gradient into the longer rows of the last layer's.
  private func linearGradient(
    _ linear: DenseLayer, of last: ConvolutionLayer, _ sample: Int, _ pass: inout Pass,
    _ parameters: borrowing Parameters, _ gradients: inout Gradients
  ) {
    let image = input(of: layers.count, sample, pass)
    let gradient = pass.pointsGradient.pointer(0, linear.outputs)
    linear.weightGradient(image, step: linear.inputs, gradient, samples: 1, &gradients)
    let source = pass.imageGradient.mutablePointer(0, linear.inputs)
    linear.inputGradient(
      gradient, source, step: linear.inputs, samples: 1, packed: nil, parameters.values)
    let target = trueGradient(of: layers.count - 1, &pass)
    let length = last.outputWidth * last.outputChannels
    for row in 0..<last.outputHeight {
      for index in 0..<length {
        let place = row * length + index
        target[row * last.gradientRowStride + index] =
          last.isRectified && image[place] <= 0 ? 0 : source[place]
      }
    }
  }

  /// Computes the gradients of layer `index`'s weights and biases.
  func weightGradient(layer index: Int, _ sample: Int, _ pass: inout Pass, _ gradients: inout Gradients) {
    let layer = layers[index]
    layer.weightGradient(
      input(of: index, sample, pass),
      pass.layerGradients.pointer(gradientOffsets[index], layer.gradientCount),
      scratch: pass.scratch.mutablePointer(0, layer.weightCount + layer.outputChannels), &gradients)
  }

  /// Computes the gradient of layer `index` − 1 from that of layer `index`.
  func inputGradient(
    layer index: Int, _ sample: Int, _ pass: inout Pass, _ parameters: borrowing Parameters
  ) {
    let layer = layers[index]
    layer.inputGradient(
      pass.layerGradients.pointer(gradientOffsets[index], layer.gradientCount),
      rectified: layers[index - 1].isRectified ? input(of: index, sample, pass) : nil,
      trueGradient(of: index - 1, &pass), rowStride: layers[index - 1].gradientRowStride,
      transposed: pass.scratch.mutablePointer(0, layer.weightCount), parameters.values)
  }

  /// The input of layer `index`: the loaded frames or the output of the layer below. `layers.count` stands for the head.
  private func input(of index: Int, _ sample: Int, _ pass: borrowing Pass) -> UnsafePointer<Float> {
    index == 0
      ? pass.input.pointer(sample * inputCount, inputCount)
      : pass.activations.pointer(
        sample * activationCount + activationOffsets[index - 1], layers[index - 1].outputCount)
  }

  private func output(of index: Int, _ sample: Int, _ pass: inout Pass) -> UnsafeMutablePointer<Float> {
    pass.activations.mutablePointer(
      sample * activationCount + activationOffsets[index], layers[index].outputCount)
  }

  /// The output gradient of layer `index`, from the first entry behind the zeros of its border on.
  private func trueGradient(of index: Int, _ pass: inout Pass) -> UnsafeMutablePointer<Float> {
    let layer = layers[index]
    return pass.layerGradients.mutablePointer(
      gradientOffsets[index] + layer.gradientOffset, layer.gradientCount - layer.gradientOffset)
  }

  /// Floating-point operations of a linear head's forward pass; 0 for the softmax, where they are not what counts.
  var linearOperations: Int {
    guard linear != nil, let last = layers.last else { return 0 }
    return 2 * featureCount * last.outputHeight * last.outputWidth * last.logicalChannels
  }
}
