public import AVGCore
public import AVGSystem
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
  let gradientOffsets: [Int]
  private let frames: FrameStack?
  let kernels: avg_kernels
  /// Who shares the work; nil for the calling thread alone.
  let workers: WorkerPool?

  /// Makes an encoder.
  ///
  /// - Parameters:
  ///   - name: the prefix of the tensors' names: `encoder` gives `encoder.convs.0.weight` and so on.
  ///   - frames: nil for an encoder without layers.
  ///   - rectifiesLast: the last convolution has a ReLU behind it too.
  ///   - head: the step from the last convolution to the features.
  ///   - workers: who shares the work; nobody's number changes a result.
  public init(
    name: String, convolutions: [ConvolutionShape], rectifiesLast: Bool, frames: FrameStack?,
    head: EncoderHead = .spatialSoftmax, instructionSet: InstructionSet = .best, workers: WorkerPool? = nil
  ) {
    precondition(frames == nil || !convolutions.isEmpty, "an encoder needs a convolution")
    kernels = instructionSet.kernels
    self.workers = workers
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

  /// The frames that a sample stacks.
  public var frameCount: Int { frames?.count ?? 0 }

  /// Widens one frame of a sample, [height, width, 3], to floats.
  ///
  /// - Parameter slot: its place in the stack, from the oldest on.
  public func load(
    _ pixels: UnsafeBufferPointer<UInt8>, slot: Int, into pass: inout Pass, sample: Int
  ) {
    let count = frames?.shape.byteCount ?? 0
    precondition(pixels.count == count && slot < frameCount, "\(count) bytes expected, not \(pixels.count)")
    if let source = pixels.baseAddress {
      kernels.widen(source, pass.input.mutablePointer(sample * inputCount + slot * count, count), count)
    }
  }

  /// Floating-point operations of a linear head's forward pass; 0 for the softmax, where they are not what counts.
  var linearOperations: Int {
    guard linear != nil, let last = layers.last else { return 0 }
    return 2 * featureCount * last.outputHeight * last.outputWidth * last.logicalChannels
  }
}
