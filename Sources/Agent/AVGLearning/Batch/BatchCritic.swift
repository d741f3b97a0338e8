internal import AVGCore
internal import AVGNetwork

/// A network that is learned from slices of a batch.
final class BatchNetwork {
  let network: MultilayerPerceptron
  var learned: LearnedParameters
  var pass: MultilayerPerceptron.Pass

  /// Q of a vector and an action, or V of a vector.
  init(
    value name: String, head: String = "q", _ design: LearnerDesign, inputs: Int, width: Int,
    weights: inout RandomSource
  ) {
    network = MultilayerPerceptron(name: name, design, inputs: inputs, heads: [(head, 1)])
    learned = LearnedParameters(network.layout, design, .critic, \.criticLearningRate)
    network.initialize(&learned.parameters, design, random: &weights)
    pass = network.makePass(batch: width)
  }

  /// Computes the values [width] of the inputs that stand in the pass.
  func evaluate(into values: inout [Float]) {
    network.forward(&pass, learned.parameters)
    pass.readValues(into: &values)
  }

  /// Adds the gradients for that of the values [width] to what there is.
  func backward(_ gradient: [Float], reachesInput: Bool = true) {
    learned.addGradients(of: network, &pass, gradient, reachesInput: reachesInput)
  }

  /// Computes the inputs' gradients alone, of the samples whose gradient is not zero.
  func backwardToInput(_ gradient: [Float]) {
    network.backwardToInput(&pass, learned.parameters, outputGradient: gradient)
  }
}

/// The target network of a value function.
struct BatchTarget: ~Copyable {
  var parameters: Parameters
  private let network: MultilayerPerceptron
  var pass: MultilayerPerceptron.Pass

  init(of learned: BatchNetwork) {
    network = learned.network
    parameters = learned.learned.parameters.copy()
    pass = network.makePass(batch: learned.pass.batch)
  }

  /// Computes the values [width] of the inputs that stand in the pass.
  mutating func evaluate(into values: inout [Float]) {
    network.forward(&pass, parameters)
    pass.readValues(into: &values)
  }
}

extension MultilayerPerceptron.Pass {
  /// Fills the inputs with vectors [batch, …] and actions [batch, …].
  fileprivate mutating func setInputs(
    _ vectors: borrowing FloatBuffer, at first: Int, _ actions: [Float]
  ) {
    let (inputs, actionCount) = (input.count / batch, actions.count / batch)
    let count = inputs - actionCount
    for sample in 0..<batch {
      let place = sample * inputs
      input.copy(count, of: vectors, from: (first + sample) * count, at: place)
      input.copy(actionCount, of: actions, from: sample * actionCount, at: place + count)
    }
  }

  /// Copies the values [batch], after a forward pass.
  fileprivate func readValues(into values: inout [Float]) {
    for sample in values.indices { values[sample] = output[sample * outputStride] }
  }
}

/// Two value functions, of whose values the smaller counts, their target networks, and the encoder that their loss trains,
/// with a target of its own: SAC's and TD3's.
final class BatchCritic {
  var perception: Perception
  var percept: BatchPercept
  var first: BatchNetwork
  var second: BatchNetwork
  /// What the critics see of each S of the batch [samples, count], before the update.
  var states: FloatBuffer
  private var firstTarget: BatchTarget
  private var secondTarget: BatchTarget
  private var targetEncoder: Parameters
  private var vectorGradient: FloatBuffer
  /// Of a slice: the values of both, and the gradients of those [width].
  private var values: [Float]
  private var otherValues: [Float]
  private var gradients: [Float]
  private var otherGradients: [Float]
  private let samples: Int
  private let rate: Double

  init(
    _ design: LearnerDesign, targetRate: Double, perception: consuming Perception,
    weights: inout RandomSource
  ) {
    samples = design.configuration.batchSamples
    rate = targetRate
    percept = BatchPercept(perception.encoder, count: perception.count, design.configuration)
    let (width, count) = (percept.width, perception.count)
    let inputs = count + design.environment.actionCount
    first = BatchNetwork(value: "critic.1", design, inputs: inputs, width: width, weights: &weights)
    second = BatchNetwork(value: "critic.2", design, inputs: inputs, width: width, weights: &weights)
    firstTarget = BatchTarget(of: first)
    secondTarget = BatchTarget(of: second)
    targetEncoder = perception.learned.parameters.copy()
    // Whole slices.
    states = FloatBuffer(count: (samples + width - 1) / width * width * count)
    vectorGradient = FloatBuffer(count: width * count)
    values = [Float](repeating: 0, count: width)
    otherValues = values
    gradients = values
    otherGradients = values
    self.perception = perception
  }

  /// The steps that both value functions have taken.
  var stepCount: Int { first.learned.optimizer.stepCount }

  /// The slices of a batch.
  var slices: Int { percept.slices }

  /// The transitions of a slice, of which the last may have fewer than its width.
  func samples(of slice: Int) -> Range<Int> { percept.samples(of: slice) }

  var operations: Int { first.network.operations + second.network.operations }

  /// Begins the gradients of an update.
  func beginUpdate() {
    first.learned.gradients.begin()
    second.learned.gradients.begin()
    perception.learned.gradients.begin()
    first.pass.beginParameters()
    second.pass.beginParameters()
    firstTarget.pass.beginParameters()
    secondTarget.pass.beginParameters()
  }

  /// Sees a slice's S or S′ with the learned weights of the encoder.
  func perceive(_ slice: Int, _ memory: borrowing ReplayMemory, isNext: Bool) {
    percept.perceive(
      memory, from: samples(of: slice).lowerBound, isNext: isNext, through: perception.encoder,
      perception.learned.parameters, perception.normalizer)
  }

  /// Copies what the critics have seen of a slice's S before the update.
  func copyStates(_ slice: Int, into vectors: inout FloatBuffer) {
    vectors.copy(vectors.count, of: states, from: samples(of: slice).lowerBound * perception.count, at: 0)
  }

  /// Sees a slice's S′ with the target weights of the encoder.
  ///
  /// - Parameter isLoaded: the last that was perceived is that slice's S′, with other weights.
  func perceiveFollowingWithTarget(_ slice: Int, _ memory: borrowing ReplayMemory, isLoaded: Bool = false) {
    percept.perceive(
      memory, from: samples(of: slice).lowerBound, isNext: true, isLoaded: isLoaded,
      through: perception.encoder, targetEncoder, perception.normalizer)
  }

  /// Computes the smaller of both target networks' values of a slice's S′, which has been seen with the target weights, and
  /// actions [width, actionCount].
  func followingValues(actions: [Float], into smaller: inout [Float]) {
    firstTarget.pass.setInputs(percept.vectors, at: 0, actions)
    secondTarget.pass.setInputs(percept.vectors, at: 0, actions)
    firstTarget.evaluate(into: &values)
    secondTarget.evaluate(into: &otherValues)
    for index in smaller.indices { smaller[index] = min(values[index], otherValues[index]) }
  }

  /// Adds a slice's gradients of the mean of `weight` (δ₁² + δ₂²), with δᵢ = yᵢ − Qᵢ(S, A), to those of the value functions
  /// and of the encoder.
  ///
  /// - Parameters:
  ///   - actions: A [width, actionCount].
  ///   - returns: y [width].
  /// - Returns: the sums of δ₁² and of Q₁ over the slice.
  func addGradients(
    _ slice: Int, _ memory: borrowing ReplayMemory, actions: [Float], returns: [Float], weight: Float
  ) -> (squares: Float, values: Float) {
    let range = samples(of: slice)
    perceive(slice, memory, isNext: false)
    states.copy(
      percept.vectors.count, of: percept.vectors, from: 0, at: range.lowerBound * perception.count)
    first.pass.setInputs(percept.vectors, at: 0, actions)
    second.pass.setInputs(percept.vectors, at: 0, actions)
    first.evaluate(into: &values)
    second.evaluate(into: &otherValues)
    let sums = setErrors(returns, counting: range.count, factor: -2 * weight / Float(samples))
    let reachesInput = perception.encoder.featureCount > 0
    first.backward(gradients, reachesInput: reachesInput)
    second.backward(otherGradients, reachesInput: reachesInput)
    addEncoderGradients()
    return sums
  }

  /// Makes the gradients of the first `counting` samples' squared errors; what fills the last slice up counts for nothing.
  private func setErrors(
    _ returns: [Float], counting: Int, factor: Float
  ) -> (squares: Float, values: Float) {
    var sums: (squares: Float, values: Float) = (0, 0)
    for index in returns.indices {
      let counts: Float = index < counting ? factor : 0
      let delta = returns[index] - values[index]
      gradients[index] = counts * delta
      otherGradients[index] = counts * (returns[index] - otherValues[index])
      if index < counting {
        sums.squares += delta * delta
        sums.values += values[index]
      }
    }
    return sums
  }

  private func addEncoderGradients() {
    guard perception.encoder.featureCount > 0 else { return }
    let (inputs, count) = (first.network.inputs, perception.count)
    for sample in 0..<percept.width {
      vectorGradient.setSums(
        count, first.pass.inputGradient, second.pass.inputGradient, from: sample * inputs, at: sample * count)
    }
    perception.addGradients(&percept, vectorGradient)
  }

  /// Σ of the squared gradients; not finite when any of them is not.
  private var gradientSquares: (values: Float, encoder: Float) {
    (
      first.learned.gradients.sumOfSquares() + second.learned.gradients.sumOfSquares(),
      perception.learned.gradients.sumOfSquares()
    )
  }

  /// Moves the value functions against their gradients, which it notes. The encoder's step follows the actor's.
  ///
  /// - Returns: whether they could be moved: all gradients, the encoder's too, are finite.
  func step(_ update: inout BatchUpdate) -> Bool {
    let squares = gradientSquares
    guard (squares.values + squares.encoder).isFinite else { return false }
    update.criticSquares = squares.values
    update.encoderSquares = squares.encoder
    first.learned.step()
    second.learned.step()
    first.pass.beginParameters()
    second.pass.beginParameters()
    return true
  }

  /// Moves the target parameters the share τ of the way to the learned ones.
  func followWithTargets() {
    firstTarget.parameters.follow(first.learned.parameters, rate: rate)
    secondTarget.parameters.follow(second.learned.parameters, rate: rate)
    targetEncoder.follow(perception.learned.parameters, rate: rate)
  }

  /// Computes the smaller of both values of a slice's S and other actions [width, actionCount], and how it changes with
  /// them: `first` and `second` then hold the gradients of their inputs, each where its value is the smaller one.
  ///
  /// - Returns: the sum of the values over the slice.
  func computeActionGradients(_ slice: Int, actions: [Float], onlyFirst: Bool = false) -> Float {
    let range = samples(of: slice)
    first.pass.setInputs(states, at: range.lowerBound, actions)
    first.evaluate(into: &values)
    if onlyFirst {
      for index in otherValues.indices { otherValues[index] = .infinity }
    } else {
      second.pass.setInputs(states, at: range.lowerBound, actions)
      second.evaluate(into: &otherValues)
    }
    let sum = chooseSmaller(counting: range.count)
    first.backwardToInput(gradients)
    if !onlyFirst { second.backwardToInput(otherGradients) }
    return sum
  }

  /// Makes the gradient of the smaller value 1, and that of the other 0; sums the first `counting` of the smaller ones.
  private func chooseSmaller(counting: Int) -> Float {
    var sum: Float = 0
    for index in values.indices {
      let isFirst = !(otherValues[index] < values[index])
      gradients[index] = isFirst ? 1 : 0
      otherGradients[index] = isFirst ? 0 : 1
      if index < counting { sum += isFirst ? values[index] : otherValues[index] }
    }
    return sum
  }

  /// The input gradients of the value function whose value of a sample was the smaller one, after
  /// `computeActionGradients`; those of other samples have no meaning.
  func withActionGradient(_ sample: Int, _ body: (borrowing FloatBuffer) -> Void) {
    if gradients[sample] == 1 {
      body(first.pass.inputGradient)
    } else {
      body(second.pass.inputGradient)
    }
  }

  /// The place of a sample's action among the inputs of the value functions.
  func actionPlace(_ sample: Int) -> Int { sample * first.network.inputs + perception.count }

  func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    first.learned.parameters.forEachTensor(visit)
    second.learned.parameters.forEachTensor(visit)
  }

  func write(to file: inout Safetensors) {
    file.set(first.learned)
    file.set(second.learned)
    file.setTarget(firstTarget.parameters)
    file.setTarget(secondTarget.parameters)
    file.setTarget(targetEncoder)
  }

  func restore(_ reader: TensorReader, stepCount: Int) throws(CheckpointError) {
    try reader.restore(&first.learned, stepCount: stepCount)
    try reader.restore(&second.learned, stepCount: stepCount)
    try reader.restoreTarget(&firstTarget.parameters)
    try reader.restoreTarget(&secondTarget.parameters)
    try reader.restoreTarget(&targetEncoder)
  }
}
