public import AVGCore
internal import CKernels

/// Two hidden LeakyReLU layers, the penultimate normalisation, and one or more linear heads (the published actor
/// and critic).
public struct MultilayerPerceptron: ~Copyable, Sendable {
  /// The length of the input.
  public let inputs: Int
  /// Values, gradients and moments.
  public var store: ParameterStore

  private let first: DenseLayer
  private let second: DenseLayer
  private let head: DenseLayer
  private let hiddenUnits: Int
  private let normalization: PenultimateNormalization
  private var firstGradient: FloatBuffer
  private var secondGradient: FloatBuffer
  private var headGradient: FloatBuffer
  private let kernels: avg_kernels

  /// Makes a network with zero weights.
  ///
  /// - Parameters:
  ///   - name: the prefix of the tensors' names: `actor` gives `actor.phi.0.weight` and so on.
  ///   - heads: the names and sizes of the outputs, in their order.
  ///   - penultimateNormalization: what is done to the last hidden vector.
  public init(
    name: String, inputs: Int, hiddenUnits: Int, heads: [(name: String, outputs: Int)],
    penultimateNormalization: PenultimateNormalization, instructionSet: InstructionSet = .best
  ) {
    self.inputs = inputs
    self.hiddenUnits = hiddenUnits
    normalization = penultimateNormalization
    kernels = instructionSet.kernels
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
    store = ParameterStore(layout)
    firstGradient = FloatBuffer(count: first.outputs)
    secondGradient = FloatBuffer(count: second.outputs)
    headGradient = FloatBuffer(count: head.outputs)
  }

  /// What a forward pass leaves for the backward pass.
  public struct Pass: ~Copyable, Sendable {
    /// The input [inputs], to be filled before `forward`.
    public var input: FloatBuffer
    /// The heads' outputs, one after the other.
    public private(set) var output: FloatBuffer
    /// The gradient of the input, after `backward`.
    public private(set) var inputGradient: FloatBuffer
    /// What the last hidden vector has been divided by: ‖ψ‖, its deviation, or its root mean square; 1 without.
    public fileprivate(set) var norm: Float = 1
    fileprivate var hidden: FloatBuffer
    fileprivate var penultimate: FloatBuffer
    /// The last hidden vector before its mean is taken away, whose signs that would change; else empty.
    fileprivate var rectified: FloatBuffer

    fileprivate init(_ network: borrowing MultilayerPerceptron) {
      input = FloatBuffer(count: network.inputs)
      inputGradient = FloatBuffer(count: network.inputs)
      hidden = FloatBuffer(count: network.first.outputs)
      penultimate = FloatBuffer(count: network.second.outputs)
      rectified = FloatBuffer(count: network.normalization == .layer ? network.second.outputs : 0)
      output = FloatBuffer(count: network.head.outputs)
    }

    /// Everything the backward pass needs, for a file.
    public var numbers: [Float] {
      get {
        input.array(0, input.count) + hidden.array(0, hidden.count)
          + penultimate.array(0, penultimate.count) + rectified.array(0, rectified.count)
          + output.array(0, output.count) + [norm]
      }
      set {
        var rest = newValue[...]
        input.write(taking: &rest)
        hidden.write(taking: &rest)
        penultimate.write(taking: &rest)
        rectified.write(taking: &rest)
        output.write(taking: &rest)
        norm = rest.first ?? 1
      }
    }
  }

  /// Makes room for one forward and backward pass.
  public func makePass() -> Pass { Pass(self) }

  /// Draws orthogonal weights (gain 1) and sets the biases to zero.
  public mutating func initialize(random: inout RandomSource) {
    first.initialize(in: &store, random: &random)
    second.initialize(in: &store, random: &random)
    head.initialize(in: &store, random: &random)
  }

  /// Sets every bias of the head of this name, if there is one.
  public mutating func setBias(of head: String, to value: Float) {
    for parameter in store.parameters where parameter.name.hasSuffix(".\(head).bias") {
      parameter.write([Float](repeating: value, count: parameter.count), to: &store.values)
    }
  }

  /// Computes `pass.output` from `pass.input`.
  public func forward(_ pass: inout Pass) {
    let hidden = pass.hidden.pointer(0, first.outputs)
    let penultimate = pass.penultimate.pointer(0, second.outputs)
    first.forward(pass.input.pointer(0, inputs), hidden, store.values)
    Activations.leakyRectify(hidden, count: first.outputs)
    second.forward(hidden, penultimate, store.values)
    Activations.leakyRectify(penultimate, count: second.outputs)
    switch normalization {
    case .none: break
    case .unit: pass.norm = Activations.unitNormalize(penultimate, count: second.outputs)
    case .layer:
      pass.rectified.copy(from: pass.penultimate)
      pass.norm = Activations.layerNormalize(penultimate, count: hiddenUnits)
    case .rms: pass.norm = Activations.rootMeanSquareNormalize(penultimate, count: hiddenUnits)
    }
    head.forward(penultimate, pass.output.pointer(0, head.outputs), store.values)
  }

  /// Computes the gradients for the output gradient `outputGradient` [outputs of all heads].
  ///
  /// The input's gradient is for `outputGradient` itself; that of the parameters is `scale` times as large. So one
  /// pass with gradient 1 serves both of AVG's losses: ∂Q/∂A for the policy, −2δ/σ_δ·∇Q for the critic.
  public mutating func backward(_ pass: inout Pass, outputGradient: [Float], scale: Float = 1) {
    backwardToInput(&pass, outputGradient: outputGradient)
    let hidden = pass.hidden.pointer(0, first.outputs)
    let penultimate = pass.penultimate.pointer(0, second.outputs)
    let d1 = firstGradient.pointer(0, first.outputs)
    let d2 = secondGradient.pointer(0, second.outputs)
    let d3 = headGradient.pointer(0, head.outputs)
    if scale != 1 {
      for index in 0..<first.outputs { d1[index] *= scale }
      for index in 0..<second.outputs { d2[index] *= scale }
      for index in 0..<head.outputs { d3[index] *= scale }
    }
    first.weightGradient(pass.input.pointer(0, inputs), d1, &store)
    second.weightGradient(hidden, d2, &store)
    head.weightGradient(penultimate, d3, &store)
  }

  /// Computes the input's gradient alone and leaves those of the parameters as they are.
  public mutating func backwardToInput(_ pass: inout Pass, outputGradient: [Float]) {
    // The padding, which no kernel writes, must be zero: a number that was not finite makes NaN of it.
    firstGradient.clear()
    secondGradient.clear()
    headGradient.clear()
    headGradient.write(outputGradient)
    let hidden = pass.hidden.pointer(0, first.outputs)
    let penultimate = pass.penultimate.pointer(0, second.outputs)
    let d1 = firstGradient.pointer(0, first.outputs)
    let d2 = secondGradient.pointer(0, second.outputs)
    let d3 = headGradient.pointer(0, head.outputs)
    head.inputGradient(d3, d2, store.values)
    // ψ has the sign of the LeakyReLU's output, unless its mean was taken away.
    var rectified = penultimate
    switch normalization {
    case .none: break
    case .unit: Activations.unitNormalizeGradient(penultimate, norm: pass.norm, d2, count: second.outputs)
    case .layer:
      Activations.layerNormalizeGradient(penultimate, deviation: pass.norm, d2, count: hiddenUnits)
      rectified = pass.rectified.pointer(0, second.outputs)
    case .rms:
      Activations.rootMeanSquareNormalizeGradient(penultimate, root: pass.norm, d2, count: hiddenUnits)
    }
    Activations.leakyRectifyGradient(rectified, d2, count: second.outputs)
    second.inputGradient(d2, d1, store.values)
    Activations.leakyRectifyGradient(hidden, d1, count: first.outputs)
    first.inputGradient(d1, pass.inputGradient.pointer(0, inputs), store.values)
  }

  /// Σ of the squared gradients; not finite when any of them is not.
  public func gradientSumOfSquares() -> Float {
    store.gradientSumOfSquares(kernels)
  }
}
