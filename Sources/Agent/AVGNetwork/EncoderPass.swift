extension Encoder {
  /// The memory of a forward and a backward pass of a batch of image stacks; one thread's at a time.
  public struct Pass: ~Copyable, Sendable {
    /// The number of samples.
    public let batch: Int
    /// The image points x₀ y₀ x₁ y₁ …, each −1…1, or a linear head's outputs: [batch, `pointStride`]. The first
    /// `featureCount` of each sample are the features, what follows is padding.
    public internal(set) var points: FloatBuffer
    /// The numbers from one sample's points to the next one's.
    public let pointStride: Int
    /// The frames as floats: [batch, `Encoder.inputCount`].
    var input: FloatBuffer
    /// The outputs of all layers, one layer after the other: [batch, `Encoder.activationCount`].
    var activations: FloatBuffer
    /// The softmax of each channel of the last layer, for each sample.
    var probabilities: FloatBuffer

    // A backward pass takes one sample after the other, so these have the size of one.

    /// The output gradients of all layers, one layer after the other. Kernels want zeros at both ends of each row; nothing
    /// ever writes there.
    var layerGradients: FloatBuffer
    /// Room for one layer's transposed weights, or for its gradient before it is added to a sum.
    var scratch: FloatBuffer
    var pointsGradient: FloatBuffer
    /// A linear head's input gradient.
    var imageGradient: FloatBuffer

    init(_ encoder: Encoder, batch: Int) {
      precondition(batch > 0, "a batch cannot have \(batch) samples")
      let layers = encoder.layers
      self.batch = batch
      pointStride = encoder.linear?.outputs ?? 2 * (layers.last?.outputChannels ?? 0)
      points = FloatBuffer(count: batch * pointStride)
      input = FloatBuffer(count: batch * encoder.inputCount)
      activations = FloatBuffer(count: batch * encoder.activationCount)
      probabilities = FloatBuffer(count: batch * (layers.last?.outputCount ?? 0))
      layerGradients = FloatBuffer(count: layers.reduce(0) { $0 + $1.gradientCount })
      scratch = FloatBuffer(count: layers.map { $0.weightCount + $0.outputChannels }.max() ?? 0)
      pointsGradient = FloatBuffer(count: pointStride)
      imageGradient = FloatBuffer(count: encoder.linear?.inputs ?? 0)
    }

    /// Everything the backward pass needs, for a file.
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
}
