public import AVGCore
internal import CKernels

/// Two hidden LeakyReLU layers, normalised or not, and one or more linear heads: the published actors and critics.
///
/// AVG's normalise the last hidden vector, those of the streaming learners what each hidden layer puts out before its
/// activation.
///
/// The network is constant: `Parameters` hold its values, a `Pass` the activations of a batch, `Gradients` the result of
/// a backward pass. Any number of passes may run at once, each with its own `Pass` and `Gradients`.
public struct MultilayerPerceptron: Sendable {
  /// The length of the input.
  public let inputs: Int
  /// The number of outputs, of all heads together.
  public let outputs: Int
  /// The places of the parameters.
  public let layout: ParameterLayout

  let first: DenseLayer
  let second: DenseLayer
  let head: DenseLayer
  let normalization: PenultimateNormalization
  /// Whether each hidden layer's output is layer-normalised before its activation.
  let normalizesHidden: Bool
  private let hiddenUnits: Int
  private let activations: Activations

  /// Makes a network.
  ///
  /// - Parameters:
  ///   - name: the prefix of the tensors' names: `actor` gives `actor.phi.0.weight` and so on.
  ///   - heads: the names and sizes of the outputs, in their order.
  ///   - penultimateNormalization: the normalisation of the last hidden vector.
  ///   - normalizesHidden: layer-normalises each hidden layer's output, before its activation.
  public init(
    name: String, inputs: Int, hiddenUnits: Int, heads: [(name: String, outputs: Int)],
    penultimateNormalization: PenultimateNormalization, normalizesHidden: Bool = false,
    instructionSet: InstructionSet = .best
  ) {
    self.inputs = inputs
    outputs = heads.reduce(0) { $0 + $1.outputs }
    self.hiddenUnits = hiddenUnits
    normalization = penultimateNormalization
    self.normalizesHidden = normalizesHidden
    let kernels = instructionSet.kernels
    activations = Activations(kernels)
    var layout = ParameterLayout()
    first = DenseLayer(
      inputs: inputs, heads: [.init(name: name + ".phi.0", outputs: hiddenUnits)], layout: &layout,
      kernels: kernels)
    second = DenseLayer(
      inputs: hiddenUnits, heads: [.init(name: name + ".phi.2", outputs: hiddenUnits)], layout: &layout,
      kernels: kernels)
    head = DenseLayer(
      inputs: hiddenUnits, heads: heads.map { .init(name: "\(name).\($0.name)", outputs: $0.outputs) },
      layout: &layout, kernels: kernels)
    self.layout = layout
  }

  /// Makes room for forward and backward passes of `batch` samples.
  public func makePass(batch: Int = 1) -> Pass { Pass(self, batch: batch) }

  /// Draws orthogonal weights (gain 1); biases stay as they are.
  public func initialize(_ parameters: inout Parameters, random: inout RandomSource) {
    first.initialize(&parameters, random: &random)
    second.initialize(&parameters, random: &random)
    head.initialize(&parameters, random: &random)
  }

  /// Sets every bias of the head of this name, if there is one.
  public func setBias(of head: String, to value: Float, in parameters: inout Parameters) {
    for tensor in layout.tensors where tensor.name.hasSuffix(".\(head).bias") {
      tensor.write([Float](repeating: value, count: tensor.count), to: &parameters.values)
    }
  }

  /// Computes `pass.output` from `pass.input`.
  public func forward(_ pass: inout Pass, _ parameters: borrowing Parameters) {
    if pass.batch > 1 { pack(&pass, parameters.values, transposed: false) }
    for samples in pass.pieces {
      forward(samples, pass, parameters.values)
    }
  }

  /// Computes the gradients for the output gradient `outputGradient` [batch, outputs].
  ///
  /// The input's gradient is for `outputGradient` itself; that of the parameters is `scale` times as large. So one
  /// pass with gradient 1 serves both of AVG's losses: ∂Q/∂A for the policy, −2δ/σ_δ·∇Q for the critic.
  ///
  /// - Parameter gradients: takes the gradient of the only sample, or adds those of all.
  public func backward(
    _ pass: inout Pass, _ parameters: borrowing Parameters, outputGradient: [Float], scale: Float = 1,
    into gradients: inout Gradients
  ) {
    precondition(
      pass.batch == 1 || gradients.accumulates, "the gradients of \(pass.batch) samples must be added")
    backwardToInput(&pass, parameters, outputGradient: outputGradient)
    pass.scaleGradients(by: scale)
    let batch = pass.batch
    first.weightGradient(
      pass.input.pointer(0, batch * inputs), step: inputs,
      pass.firstGradient.pointer(0, batch * first.outputs), samples: batch, &gradients)
    second.weightGradient(
      pass.hidden.pointer(0, batch * first.outputs), step: first.outputs,
      pass.secondGradient.pointer(0, batch * second.outputs), samples: batch, &gradients)
    head.weightGradient(
      pass.penultimate.pointer(0, batch * second.outputs), step: second.outputs,
      pass.headGradient.pointer(0, batch * head.outputs), samples: batch, &gradients)
  }

  /// Computes the input's gradient alone.
  public func backwardToInput(
    _ pass: inout Pass, _ parameters: borrowing Parameters, outputGradient: [Float]
  ) {
    precondition(
      outputGradient.count == pass.batch * outputs,
      "\(pass.batch) × \(outputs) outputs, not \(outputGradient.count)")
    pass.clearGradients()
    for sample in 0..<pass.batch {
      for output in 0..<outputs {
        pass.headGradient[sample * head.outputs + output] = outputGradient[sample * outputs + output]
      }
    }
    if pass.batch > 1 { pack(&pass, parameters.values, transposed: true) }
    for samples in pass.pieces {
      backwardToInput(samples, pass, parameters.values)
    }
  }

  /// The floats that a batch's packed weights take.
  var packedCount: Int { first.packedCount + second.packedCount + head.packedCount }

  /// Lays the weights out as a batch's kernels take them, forward or, transposed, backward.
  private func pack(_ pass: inout Pass, _ values: borrowing FloatBuffer, transposed: Bool) {
    var place = 0
    for layer in [first, second, head] {
      let packed = pass.packed.mutablePointer(place, layer.packedCount)
      if transposed {
        layer.packTransposed(values, into: packed)
      } else {
        layer.pack(values, into: packed)
      }
      place += layer.packedCount
    }
  }

  /// The packed weights of each layer; nil for a single sample, whose kernels take them as they are.
  private func packed(
    _ pass: borrowing Pass
  ) -> (first: UnsafePointer<Float>?, second: UnsafePointer<Float>?, head: UnsafePointer<Float>?) {
    guard pass.batch > 1 else { return (nil, nil, nil) }
    return (
      pass.packed.pointer(0, first.packedCount), pass.packed.pointer(first.packedCount, second.packedCount),
      pass.packed.pointer(first.packedCount + second.packedCount, head.packedCount)
    )
  }

  private func forward(_ samples: Range<Int>, _ pass: borrowing Pass, _ values: borrowing FloatBuffer) {
    let (from, count) = (samples.lowerBound, samples.count)
    let packed = packed(pass)
    let hidden = pass.hidden.part(from * first.outputs, count * first.outputs)
    let penultimate = pass.penultimate.part(from * second.outputs, count * second.outputs)
    first.forward(
      pass.input.pointer(from * inputs, count * inputs), step: inputs, hidden, samples: count,
      packed: packed.first, values)
    if normalizesHidden { pass.firstNormalization.normalize(hidden, samples, count: hiddenUnits) }
    activations.leakyRectify(hidden, count: count * first.outputs)
    second.forward(
      hidden, step: first.outputs, penultimate, samples: count, packed: packed.second, values)
    if normalizesHidden { pass.secondNormalization.normalize(penultimate, samples, count: hiddenUnits) }
    activations.leakyRectify(penultimate, count: count * second.outputs)
    normalize(penultimate, samples, pass)
    head.forward(
      penultimate, step: second.outputs, pass.output.part(from * head.outputs, count * head.outputs),
      samples: count, packed: packed.head, values)
  }

  /// Normalises the last hidden vectors of some samples, in place.
  private func normalize(
    _ penultimate: UnsafeMutablePointer<Float>, _ samples: Range<Int>, _ pass: borrowing Pass
  ) {
    if normalization == .layer {
      let count = samples.count * second.outputs
      pass.rectified.part(samples.lowerBound * second.outputs, count).update(from: penultimate, count: count)
    }
    let norms = pass.norms.part(samples.lowerBound, samples.count)
    for sample in 0..<samples.count {
      let vector = penultimate + sample * second.outputs
      switch normalization {
      case .none: break
      case .unit: norms[sample] = Activations.unitNormalize(vector, count: second.outputs)
      case .layer: norms[sample] = Activations.layerNormalize(vector, count: hiddenUnits)
      case .rms: norms[sample] = Activations.rootMeanSquareNormalize(vector, count: hiddenUnits)
      }
    }
  }

  /// Computes the gradients of the heads' input, both hidden vectors and the input from that of the output.
  private func backwardToInput(
    _ samples: Range<Int>, _ pass: borrowing Pass, _ values: borrowing FloatBuffer
  ) {
    let (from, count) = (samples.lowerBound, samples.count)
    let packed = packed(pass)
    let hidden = pass.hidden.pointer(from * first.outputs, count * first.outputs)
    let d1 = pass.firstGradient.part(from * first.outputs, count * first.outputs)
    let d2 = pass.secondGradient.part(from * second.outputs, count * second.outputs)
    head.inputGradient(
      pass.headGradient.pointer(from * head.outputs, count * head.outputs), d2, step: second.outputs,
      samples: count, packed: packed.head, values)
    normalizeGradient(d2, samples, pass)
    // ψ has the sign of the LeakyReLU's output, unless its mean was taken away.
    let rectified =
      normalization == .layer
      ? pass.rectified.pointer(from * second.outputs, count * second.outputs)
      : pass.penultimate.pointer(from * second.outputs, count * second.outputs)
    activations.leakyRectifyGradient(rectified, d2, count: count * second.outputs)
    if normalizesHidden { pass.secondNormalization.backward(d2, samples, count: hiddenUnits) }
    second.inputGradient(d2, d1, step: first.outputs, samples: count, packed: packed.second, values)
    activations.leakyRectifyGradient(hidden, d1, count: count * first.outputs)
    if normalizesHidden { pass.firstNormalization.backward(d1, samples, count: hiddenUnits) }
    first.inputGradient(
      d1, pass.inputGradient.part(from * inputs, count * inputs), step: inputs, samples: count,
      packed: packed.first, values)
  }

  /// Makes the gradients of the last hidden vectors of those of their normalised ones, in place.
  private func normalizeGradient(
    _ gradient: UnsafeMutablePointer<Float>, _ samples: Range<Int>, _ pass: borrowing Pass
  ) {
    let penultimate = pass.penultimate.pointer(
      samples.lowerBound * second.outputs, samples.count * second.outputs)
    for sample in 0..<samples.count {
      let (y, norm) = (penultimate + sample * second.outputs, pass.norms[samples.lowerBound + sample])
      let vector = gradient + sample * second.outputs
      switch normalization {
      case .none: break
      case .unit: Activations.unitNormalizeGradient(y, norm: norm, vector, count: second.outputs)
      case .layer: Activations.layerNormalizeGradient(y, deviation: norm, vector, count: hiddenUnits)
      case .rms: Activations.rootMeanSquareNormalizeGradient(y, root: norm, vector, count: hiddenUnits)
      }
    }
  }
}
