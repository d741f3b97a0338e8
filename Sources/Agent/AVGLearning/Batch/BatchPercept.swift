internal import AVGCore
internal import AVGNetwork
internal import AVGReplay

/// What some transitions of a batch look like to a network: the encoder's features and the signals, normalised.
///
/// It does for many observations what `Perception.Percept` does for one. Batches of images are taken in slices, for what
/// the layers put out for 256 stacks of three frames takes more than 200 MB.
struct BatchPercept: ~Copyable, Sendable {
  /// The transitions of a slice.
  let width: Int
  /// The vectors [width, count].
  private(set) var vectors: FloatBuffer
  private let count: Int
  private let samples: Int
  private var pass: Encoder.Pass
  /// The derivative of each number of the vectors with respect to the raw one.
  private var scales: FloatBuffer
  private var featureGradient: FloatBuffer

  /// Makes room for slices of a configuration's batches, seen through encoders like this one, as vectors of `count`.
  init(_ encoder: Encoder, count: Int, _ configuration: AVGConfiguration) {
    samples = configuration.batchSamples
    let isSliced = encoder.featureCount > 0 || configuration.batch.stepsPerUpdate > 1
    width = isSliced ? min(samples, configuration.batch.slice) : samples
    self.count = count
    vectors = FloatBuffer(count: width * count)
    scales = FloatBuffer(count: width * count)
    scales.fill(1)
    pass = encoder.makePass(batch: width)
    featureGradient = FloatBuffer(count: width * encoder.featureCount)
  }

  /// The slices of a batch.
  var slices: Int { (samples + width - 1) / width }

  /// The transitions of a slice, of which the last may have fewer than its width.
  func samples(of slice: Int) -> Range<Int> { slice * width..<min(samples, (slice + 1) * width) }

  /// Perceives S or S′ of the batch's transitions from `first` on; behind the last one it goes on with the last.
  ///
  /// - Parameters:
  ///   - isNext: S′.
  ///   - isLoaded: their frames were perceived last, with other parameters.
  ///   - parameters: the encoder's.
  mutating func perceive(
    _ memory: borrowing ReplayMemory, from first: Int, isNext: Bool, isLoaded: Bool = false,
    through encoder: Encoder, _ parameters: borrowing Parameters, _ normalizer: RunningNormalizer?
  ) {
    if encoder.featureCount > 0 {
      for index in 0..<width where !isLoaded {
        load(index, memory, memory.sample(first, index), isNext, encoder)
      }
      encoder.forward(&pass, parameters)
    }
    for index in 0..<width {
      fill(index, memory, memory.sample(first, index), isNext, encoder.featureCount, normalizer)
    }
  }

  /// Widens a transition's frames.
  private mutating func load(
    _ index: Int, _ memory: borrowing ReplayMemory, _ sample: Int, _ isNext: Bool, _ encoder: Encoder
  ) {
    for slot in 0..<encoder.frameCount {
      memory.withPixels(sample, isNext: isNext, slot: slot) {
        encoder.load($0, slot: slot, into: &pass, sample: index)
      }
    }
  }

  /// Makes a transition's vector of features and signals.
  private mutating func fill(
    _ index: Int, _ memory: borrowing ReplayMemory, _ sample: Int, _ isNext: Bool, _ features: Int,
    _ normalizer: RunningNormalizer?
  ) {
    let place = index * count
    let signals = count - features
    vectors.copy(features, of: pass.points, from: index * pass.pointStride, at: place)
    vectors.copy(
      signals, of: isNext ? memory.batch.nextSignals : memory.batch.signals, from: sample * signals,
      at: place + features)
    normalizer?.normalize(&vectors, scales: &scales, at: place)
  }

  /// Copies the vectors.
  func copyVectors(into target: inout FloatBuffer) { target.copy(from: vectors) }

  /// The same to those of a perception.
  mutating func addGradients(_ vectorGradient: borrowing FloatBuffer, to perception: inout Perception) {
    perception.addGradients(&self, vectorGradient)
  }

  /// Adds the encoder's gradients for the gradient of the vectors [width, count] to `gradients`.
  mutating func backward(
    _ vectorGradient: borrowing FloatBuffer, through encoder: Encoder, _ parameters: borrowing Parameters,
    into gradients: inout Gradients
  ) {
    let features = encoder.featureCount
    guard features > 0 else { return }
    for index in 0..<width {
      featureGradient.setProducts(
        features, vectorGradient, scales, from: index * count, at: index * features)
    }
    encoder.backward(&pass, parameters, featureGradient: featureGradient, into: &gradients)
  }
}
