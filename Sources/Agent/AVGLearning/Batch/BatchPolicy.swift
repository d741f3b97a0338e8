import AVGNetwork

/// The actor's pass over a slice of a batch, and what its own encoder, if it has one, sees of that.
struct BatchPolicy: ~Copyable {
  /// The actor's inputs and outputs.
  var pass: MultilayerPerceptron.Pass
  /// Absent where the actor takes what the critic sees.
  private var percept: BatchPercept?

  init(_ actor: borrowing Actor<some ActionSample>, width: Int) {
    pass = actor.network.makePass(batch: width)
    if !actor.isShared {
      percept = BatchPercept(actor.perception.encoder, count: actor.perception.count, actor.configuration)
    }
  }

  /// Fills the actor's inputs with what its own encoder, of these parameters, makes of S or S′ of the transitions from
  /// `first` on.
  mutating func see(
    _ first: Int, _ memory: borrowing ReplayMemory, isNext: Bool, through perception: borrowing Perception,
    _ parameters: borrowing Parameters
  ) {
    percept?.perceive(
      memory, from: first, isNext: isNext, through: perception.encoder, parameters, perception.normalizer)
    percept?.copyVectors(into: &pass.input)
  }

  /// The same by the encoder's learned weights.
  mutating func see(
    _ first: Int, _ memory: borrowing ReplayMemory, isNext: Bool, through perception: borrowing Perception
  ) {
    see(first, memory, isNext: isNext, through: perception, perception.learned.parameters)
  }

  /// Adds a slice's gradients of the actor, and of its own encoder.
  mutating func addGradients(
    _ outputGradient: [Float], to actor: inout Actor<some ActionSample>
  ) {
    actor.addGradients(&pass, outputGradient)
    percept?.addGradients(pass.inputGradient, to: &actor.perception)
  }
}
