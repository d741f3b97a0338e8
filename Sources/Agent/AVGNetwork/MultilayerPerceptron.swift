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
    for sample in 0..<pass.batch {
      forward(sample, &pass, parameters.values)
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
    for sample in 0..<pass.batch {
      first.weightGradient(
        pass.input.pointer(sample * inputs, inputs),
        pass.firstGradient.pointer(sample * first.outputs, first.outputs), &gradients)
      second.weightGradient(
        pass.hidden.pointer(sample * first.outputs, first.outputs),
        pass.secondGradient.pointer(sample * second.outputs, second.outputs), &gradients)
      head.weightGradient(
        pass.penultimate.pointer(sample * second.outputs, second.outputs),
        pass.headGradient.pointer(sample * head.outputs, head.outputs), &gradients)
    }
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
      backwardToInput(sample, &pass, parameters.values)
    }
  }

  private func forward(_ sample: Int, _ pass: inout Pass, _ values: borrowing FloatBuffer) {
    let hidden = pass.hidden.mutablePointer(sample * first.outputs, first.outputs)
    let penultimate = pass.penultimate.mutablePointer(sample * second.outputs, second.outputs)
    first.forward(pass.input.pointer(sample * inputs, inputs), hidden, values)
    if normalizesHidden { pass.firstNormalization.normalize(hidden, sample, count: hiddenUnits) }
    Activations.leakyRectify(hidden, count: first.outputs)
    second.forward(hidden, penultimate, values)
    if normalizesHidden { pass.secondNormalization.normalize(penultimate, sample, count: hiddenUnits) }
    Activations.leakyRectify(penultimate, count: second.outputs)
    switch normalization {
    case .none: break
    case .unit: pass.norms[sample] = Activations.unitNormalize(penultimate, count: second.outputs)
    case .layer:
      pass.rectified.mutablePointer(sample * second.outputs, second.outputs)
        .update(from: penultimate, count: second.outputs)
      pass.norms[sample] = Activations.layerNormalize(penultimate, count: hiddenUnits)
    case .rms: pass.norms[sample] = Activations.rootMeanSquareNormalize(penultimate, count: hiddenUnits)
    }
    head.forward(penultimate, pass.output.mutablePointer(sample * head.outputs, head.outputs), values)
  }

  /// Computes the gradients of the heads' input, both hidden vectors and the input from that of the output.
  private func backwardToInput(_ sample: Int, _ pass: inout Pass, _ values: borrowing FloatBuffer) {
    let hidden = pass.hidden.pointer(sample * first.outputs, first.outputs)
    let penultimate = pass.penultimate.pointer(sample * second.outputs, second.outputs)
    let d1 = pass.firstGradient.mutablePointer(sample * first.outputs, first.outputs)
    let d2 = pass.secondGradient.mutablePointer(sample * second.outputs, second.outputs)
    head.inputGradient(pass.headGradient.pointer(sample * head.outputs, head.outputs), d2, values)
    let norm = pass.norms[sample]
    // ψ has the sign of the LeakyReLU's output, unless its mean was taken away.
    var rectified = penultimate
    switch normalization {
    case .none: break
    case .unit: Activations.unitNormalizeGradient(penultimate, norm: norm, d2, count: second.outputs)
    case .layer:
      Activations.layerNormalizeGradient(penultimate, deviation: norm, d2, count: hiddenUnits)
      rectified = pass.rectified.pointer(sample * second.outputs, second.outputs)
    case .rms:
      Activations.rootMeanSquareNormalizeGradient(penultimate, root: norm, d2, count: hiddenUnits)
    }
    Activations.leakyRectifyGradient(rectified, d2, count: second.outputs)
    if normalizesHidden { pass.secondNormalization.backward(d2, sample, count: hiddenUnits) }
    second.inputGradient(d2, d1, values)
    Activations.leakyRectifyGradient(hidden, d1, count: first.outputs)
    if normalizesHidden { pass.firstNormalization.backward(d1, sample, count: hiddenUnits) }
    first.inputGradient(d1, pass.inputGradient.mutablePointer(sample * inputs, inputs), values)
  }
}
