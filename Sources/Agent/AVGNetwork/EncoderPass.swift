internal import AVGSystem

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

    /// The gradient of the features [batch, `pointStride`].
    var pointsGradient: FloatBuffer
    /// A linear head's input gradient, for each sample.
    var imageGradient: FloatBuffer
    /// The weights of all layers but the first, as the input gradients take them.
    var transposed: FloatBuffer
    /// A linear head's weights as a batch's kernels take them; empty for a single sample.
    var packed: FloatBuffer

    /// The samples that go backward at the same time: one a thread.
    let slots: Int
    /// The output gradients of all layers, one layer after the other, for each slot. Kernels want zeros at both ends of
    /// each row; nothing ever writes there.
    var layerGradients: FloatBuffer
    /// The convolutions' gradient for each slot, before it is added to a sum.
    var slotGradients: FloatBuffer

    init(_ encoder: Encoder, batch: Int) {
      precondition(batch > 0, "a batch cannot have \(batch) samples")
      let layers = encoder.layers
      self.batch = batch
      pointStride = encoder.linear?.outputs ?? 2 * (layers.last?.outputChannels ?? 0)
      points = FloatBuffer(count: batch * pointStride)
      input = FloatBuffer(count: batch * encoder.inputCount)
      activations = FloatBuffer(count: batch * encoder.activationCount)
      probabilities = FloatBuffer(count: batch * (layers.last?.outputCount ?? 0))
      pointsGradient = FloatBuffer(count: batch * pointStride)
      imageGradient = FloatBuffer(count: batch * (encoder.linear?.inputs ?? 0))
      transposed = FloatBuffer(count: encoder.transposedCount)
      packed = FloatBuffer(count: batch > 1 ? encoder.linear?.packedCount ?? 0 : 0)
      slots = min(batch, encoder.workers?.threadCount ?? 1)
      layerGradients = FloatBuffer(count: slots * encoder.gradientCount)
      slotGradients = FloatBuffer(count: slots * encoder.convolutionCount)
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
