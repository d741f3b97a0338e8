extension MultilayerPerceptron {
  /// The memory of a forward and a backward pass of a batch; one thread's at a time.
  public struct Pass: ~Copyable, Sendable {
    /// The number of samples.
    public let batch: Int
    /// The input [batch, inputs], to be filled before `forward`.
    public var input: FloatBuffer
    /// The heads' outputs, one after the other: [batch, `outputStride`].
    public internal(set) var output: FloatBuffer
    /// The numbers from one sample's outputs to the next one's: the outputs are padded with zeros.
    public let outputStride: Int
    /// The gradient of the input [batch, inputs], after `backward`.
    public internal(set) var inputGradient: FloatBuffer
    /// The divisor of each last hidden vector: ‖ψ‖, its deviation, or its root mean square; 1 without normalisation.
    var norms: FloatBuffer
    /// The first hidden vectors, behind their activation.
    var hidden: FloatBuffer
    /// The last hidden vectors ψ, normalised.
    var penultimate: FloatBuffer
    /// The last hidden vectors before their normalisation, where the activation's derivative needs them; else empty.
    var activated: FloatBuffer
    /// The layer normalisations in front of both activations; empty without.
    var firstNormalization: HiddenNormalization
    var secondNormalization: HiddenNormalization
    /// The gradients of each layer's outputs, before their activation.
    var firstGradient: FloatBuffer
    var secondGradient: FloatBuffer
    var headGradient: FloatBuffer
    /// A batch's weights as its kernels take them, forward and backward; empty for a single sample.
    var packed: PackedWeights
    var packedTransposed: PackedWeights
    /// The samples that `gather` moved, in their order.
    private var gathered: [Int] = []

    /// The samples that go through all layers together: so many that weights are seldom loaded, so few that what the
    /// layers hand on stays in the cache. Threads take pieces, and no result depends on how they do.
    static let pieceSamples = 32

    /// The samples that the pass under way has, from the first on.
    var usedSamples: Int

    static func pieceCount(of samples: Int) -> Int { (samples + pieceSamples - 1) / pieceSamples }

    /// The samples of a piece.
    func samples(of piece: Int) -> Range<Int> {
      piece * Self.pieceSamples..<min((piece + 1) * Self.pieceSamples, usedSamples)
    }

    init(_ network: MultilayerPerceptron, batch: Int) {
      precondition(batch > 0, "a batch cannot have \(batch) samples")
      self.batch = batch
      usedSamples = batch
      outputStride = network.head.outputs
      input = FloatBuffer(count: batch * network.inputs)
      inputGradient = FloatBuffer(count: batch * network.inputs)
      hidden = FloatBuffer(count: batch * network.first.outputs)
      penultimate = FloatBuffer(count: batch * network.second.outputs)
      activated = FloatBuffer(count: network.keepsActivated ? penultimate.count : 0)
      output = FloatBuffer(count: batch * outputStride)
      norms = FloatBuffer(count: batch)
      norms.fill(1)
      let normalized = network.normalizesHidden ? batch : 0
      firstNormalization = HiddenNormalization(batch: normalized, units: network.first.outputs)
      secondNormalization = HiddenNormalization(batch: normalized, units: network.second.outputs)
      firstGradient = FloatBuffer(count: hidden.count)
      secondGradient = FloatBuffer(count: penultimate.count)
      headGradient = FloatBuffer(count: output.count)
      gathered.reserveCapacity(batch)
      packed = PackedWeights(count: batch > 1 ? network.packedCount : 0)
      packedTransposed = PackedWeights(count: packed.weights.count)
    }

    /// Says that the parameters are not those of passes before. From one call to the next they are the same, and a batch's
    /// kernels have them laid out once; who never calls this has them laid out for every pass.
    public mutating func beginParameters() {
      packed.begin()
      packedTransposed.begin()
    }

    /// Everything the backward pass needs, for a file.
    public var numbers: [Float] {
      get {
        input.array(0, input.count) + hidden.array(0, hidden.count)
          + penultimate.array(0, penultimate.count) + activated.array(0, activated.count)
          + output.array(0, output.count) + norms.array(0, norms.count)
          + firstNormalization.numbers + secondNormalization.numbers
      }
      set {
        var rest = newValue[...]
        input.write(taking: &rest)
        hidden.write(taking: &rest)
        penultimate.write(taking: &rest)
        activated.write(taking: &rest)
        output.write(taking: &rest)
        norms.write(taking: &rest)
        firstNormalization.write(taking: &rest)
        secondNormalization.write(taking: &rest)
      }
    }

    /// Clears the layers' gradients where there is padding. Kernels do not write it, and scaling it by a number that is
    /// not finite makes NaN of its zeros.
    mutating func clearGradients(isPadded: Bool) {
      if isPadded {
        firstGradient.fill()
        secondGradient.fill()
      }
      headGradient.fill()
    }

    /// Whether a sample has an output gradient.
    private func hasGradient(_ sample: Int) -> Bool {
      for place in sample * outputStride..<(sample + 1) * outputStride where headGradient[place] != 0 {
        return true
      }
      return false
    }

    /// Moves the samples that have an output gradient to the front.
    ///
    /// - Returns: how many these are.
    mutating func gather(_ network: MultilayerPerceptron) -> Int {
      gathered.removeAll(keepingCapacity: true)
      for sample in 0..<batch where hasGradient(sample) {
        let place = gathered.count
        gathered.append(sample)
        guard place < sample else { continue }
        hidden.moveRow(sample, to: place, length: network.first.outputs)
        penultimate.moveRow(sample, to: place, length: network.second.outputs)
        if network.keepsActivated { activated.moveRow(sample, to: place, length: network.second.outputs) }
        norms.moveRow(sample, to: place, length: 1)
        headGradient.moveRow(sample, to: place, length: outputStride)
      }
      return gathered.count
    }

    /// Moves the input gradients of those samples to their places.
    mutating func scatterInputGradients(_ network: MultilayerPerceptron, count: Int) {
      for place in (0..<count).reversed() where gathered[place] != place {
        inputGradient.moveRow(place, to: gathered[place], length: network.inputs)
      }
    }
  }
}

/// The weights of all layers, laid out for a batch's kernels.
struct PackedWeights: ~Copyable, Sendable {
  var weights: FloatBuffer
  private var isKept = false
  private var isPacked = false

  init(count: Int) { weights = FloatBuffer(count: count) }

  /// Has the next weights kept until this is called again.
  mutating func begin() {
    isKept = true
    isPacked = false
  }

  /// Whether the weights are to be laid out, after which they are there.
  mutating func wantWeights() -> Bool {
    defer { isPacked = isKept }
    return !isPacked
  }
}
