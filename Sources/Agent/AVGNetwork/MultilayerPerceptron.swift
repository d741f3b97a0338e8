public import AVGCore
public import AVGSystem
internal import CKernels

/// Two hidden layers, normalised or not, and one or more linear heads: the published actors and critics.
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
  let hiddenUnits: Int
  let activations: Activations
  /// Whether passes keep the last hidden vector as it was before its normalisation.
  let keepsActivated: Bool
  /// Who shares the work of a batch; nil for the calling thread alone.
  let workers: WorkerPool?

  /// Makes a network.
  ///
  /// - Parameters:
  ///   - name: the prefix of the tensors' names: `actor` gives `actor.phi.0.weight` and so on.
  ///   - heads: the names and sizes of the outputs, in their order.
  ///   - penultimateNormalization: the normalisation of the last hidden vector.
  ///   - normalizesHidden: layer-normalises each hidden layer's output, before its activation.
  ///   - activation: what the hidden layers put their outputs through.
  ///   - negativeSlope: LeakyReLU's slope below zero, as published unless it is given.
  ///   - workers: who shares the work of a batch; nobody's number changes a result.
  public init(
    name: String, inputs: Int, hiddenUnits: Int, heads: [(name: String, outputs: Int)],
    penultimateNormalization: PenultimateNormalization, normalizesHidden: Bool = false,
    activation: HiddenActivation = .leakyReLU, negativeSlope: Float = 0.01,
    instructionSet: InstructionSet = .best, workers: WorkerPool? = nil
  ) {
    self.inputs = inputs
    outputs = heads.reduce(0) { $0 + $1.outputs }
    self.hiddenUnits = hiddenUnits
    self.workers = workers
    normalization = penultimateNormalization
    self.normalizesHidden = normalizesHidden
    let kernels = instructionSet.kernels
    activations = Activations(kernels, activation, leak: negativeSlope)
    // Of a vector that was divided, or whose mean was taken away, an activation's derivative cannot be told.
    keepsActivated =
      penultimateNormalization == .layer || activation == .tanh && penultimateNormalization != .none
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
}
