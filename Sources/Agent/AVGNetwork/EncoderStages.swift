public import AVGCore

/// Runs each stage of an encoder by itself, so that a benchmark can time it.
public final class EncoderStages {
  /// A stage of the forward or the backward pass.
  public enum Stage: Hashable, Sendable {
    /// Bytes to floats.
    case widen
    /// A convolution, from 0.
    case forward(layer: Int)
    /// A convolution's weight and bias gradients.
    case weights(layer: Int)
    /// The gradient of a convolution's input.
    case inputs(layer: Int)
    /// Spatial softmax, forward and backward.
    case softmax
  }

  private let encoder: Encoder
  private var learned: LearnedParameters
  private var pass: Encoder.Pass
  private let frames: [Frame]

  /// Takes apart an encoder whose weights have been drawn.
  public init(_ encoder: Encoder, _ learned: consuming LearnedParameters, frames: [Frame]) {
    self.encoder = encoder
    self.frames = frames
    pass = encoder.makePass()
    encoder.load(frames, into: &pass)
    encoder.forward(&pass, learned.parameters)
    encoder.transposeWeights(&pass, learned.parameters)
    self.learned = learned
  }

  /// Every stage, in the order of a learning step.
  public var stages: [Stage] {
    let layers = encoder.layers.indices
    return [.widen] + layers.map { .forward(layer: $0) } + [.softmax]
      + layers.reversed().flatMap {
        $0 > 0 ? [.weights(layer: $0), .inputs(layer: $0)] : [.weights(layer: $0)]
      }
  }

  /// Does a stage once.
  public func run(_ stage: Stage) {
    switch stage {
    case .widen: encoder.load(frames, into: &pass)
    case .forward(let layer): encoder.forward(layer: layer, 0, pass, learned.parameters)
    case .weights(let layer):
      encoder.weightGradient(
        layer: layer, 0, slot: 0, pass, learned.gradients.dense.part(0, encoder.convolutionCount))
    case .inputs(let layer): encoder.inputGradient(layer: layer, 0, slot: 0, pass)
    case .softmax:
      encoder.features(&pass, learned.parameters)
      encoder.featuresGradient(0, slot: 0, pass)
    }
  }

  /// Moves all parameters once.
  public func optimize() { learned.step() }

  /// The floating-point operations of a stage, padding left out; 0 where they are not what counts.
  public func operations(_ stage: Stage) -> Int {
    switch stage {
    case .forward(let layer), .weights(let layer), .inputs(let layer): encoder.layers[layer].operations
    case .widen, .softmax: 0
    }
  }
}

extension Encoder {
  /// Floating-point operations of a forward pass; a multiply-add is two.
  public var forwardOperations: Int { layers.reduce(linearOperations) { $0 + $1.operations } }

  /// Floating-point operations of a backward pass: all weights, and all inputs but the first.
  public var backwardOperations: Int { 2 * forwardOperations - (layers.first?.operations ?? 0) }
}

extension MultilayerPerceptron {
  /// Floating-point operations of a forward pass; a gradient of all weights, or of the input, takes as many.
  public var operations: Int {
    layout.tensors.filter { $0.shape.count == 2 }.reduce(0) { $0 + 2 * $1.count }
  }
}
