internal import AVGCore
internal import AVGNetwork

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
      instructionSet: instructionSet)
  }
}
