internal import AVGCore
internal import AVGNetwork
internal import Glibc

// The networks' parts as a configuration wants them, the same for every algorithm.

extension Encoder {
  init(
    name: String, _ configuration: AVGConfiguration, frameCount: Int, frameShape: FrameShape,
    instructionSet: InstructionSet
  ) {
    self.init(
      name: name, convolutions: configuration.convolutions,
      rectifiesLast: configuration.rectifiesLastConvolution, frameCount: frameCount, frameShape: frameShape,
      head: configuration.encoderHead, instructionSet: instructionSet)
  }
}

extension MultilayerPerceptron {
  init(
    name: String, _ configuration: AVGConfiguration, inputs: Int, heads: [(name: String, outputs: Int)],
    instructionSet: InstructionSet
  ) {
    self.init(
      name: name, inputs: inputs, hiddenUnits: configuration.hiddenUnits, heads: heads,
      penultimateNormalization: configuration.penultimateNormalization, instructionSet: instructionSet)
  }
}

extension MultilayerPerceptron.Pass {
  /// Fills the input with what is perceived, and an action behind it.
  mutating func setInput(_ vector: borrowing FloatBuffer, _ action: [Float]) {
    for index in 0..<vector.count {
      input[index] = vector[index]
    }
    input.write(action, at: vector.count)
  }
}

extension Adam {
  init(
    _ configuration: AVGConfiguration, _ learningRate: KeyPath<AVGConfiguration, Double>,
    instructionSet: InstructionSet
  ) {
    self.init(
      learningRate: configuration[keyPath: learningRate], firstMomentDecay: configuration.firstMomentDecay,
      secondMomentDecay: configuration.secondMomentDecay, epsilon: configuration.adamEpsilon,
      halvingSteps: configuration.annealingSteps > 0 ? Double(configuration.annealingSteps) : .infinity,
      instructionSet: instructionSet)
  }
}

extension ExplorationNoise {
  init(_ configuration: AVGConfiguration, count: Int, seed: UInt64) {
    var past = RandomSource(seed: seed, purpose: "past noise")
    self.init(count: count, correlation: configuration.explorationCorrelation, random: &past)
  }
}

extension SquashedGaussian {
  init(_ configuration: AVGConfiguration, actionCount: Int) {
    self.init(
      actionCount: actionCount,
      meanBound: configuration.meanBound > 0 ? Float(configuration.meanBound) : .infinity)
  }
}

extension AVGConfiguration {
  /// γ for each control cycle that the step took.
  func discount(over outcome: Outcome) -> Double {
    outcome.missedCycles > 0 ? pow(discount, Double(1 + outcome.missedCycles)) : discount
  }
}
