internal import AVGCore
internal import AVGNetwork

/// The circumstances that every part of a learner is made for: hyper-parameters, an environment, a processor.
struct LearnerDesign: Sendable {
  let configuration: AVGConfiguration
  let environment: EnvironmentSpecification
  let instructionSet: InstructionSet

  init(
    _ configuration: AVGConfiguration, _ environment: EnvironmentSpecification,
    _ instructionSet: InstructionSet
  ) {
    self.configuration = configuration
    self.environment = environment
    self.instructionSet = instructionSet
  }

  /// The same without frames and signals, for a part that perceives nothing itself.
  var withoutSenses: LearnerDesign {
    var environment = environment
    environment.frames = nil
    environment.signalCount = 0
    return LearnerDesign(configuration, environment, instructionSet)
  }
}

// The parts of a learner for a design, the same for every algorithm.

extension Encoder {
  init(name: String, _ design: LearnerDesign) {
    let configuration = design.configuration
    self.init(
      name: name, convolutions: configuration.convolutions,
      rectifiesLast: configuration.rectifiesLastConvolution, frames: design.environment.frames,
      head: configuration.encoderHead, instructionSet: design.instructionSet)
  }
}

extension MultilayerPerceptron {
  init(
    name: String, _ design: LearnerDesign, inputs: Int, heads: [(name: String, outputs: Int)]
  ) {
    self.init(
      name: name, inputs: inputs, hiddenUnits: design.configuration.hiddenUnits, heads: heads,
      penultimateNormalization: design.configuration.penultimateNormalization,
      instructionSet: design.instructionSet)
  }
}

extension MultilayerPerceptron {
  /// The first output for a vector and an action, which may be empty.
  func value(
    _ vector: borrowing FloatBuffer, _ action: [Float], _ pass: inout Pass,
    _ parameters: borrowing Parameters
  ) -> Float {
    pass.setInput(vector, action)
    forward(&pass, parameters)
    return pass.output[0]
  }
}

extension MultilayerPerceptron.Pass {
  /// Fills the input with a perceived vector, followed by an action.
  mutating func setInput(_ vector: borrowing FloatBuffer, _ action: [Float]) {
    for index in 0..<vector.count {
      input[index] = vector[index]
    }
    input.write(action, at: vector.count)
  }
}

extension LearnedParameters {
  init(
    _ layout: ParameterLayout, _ design: LearnerDesign, _ learningRate: KeyPath<AVGConfiguration, Double>
  ) {
    let configuration = design.configuration
    self.init(
      layout, gradients: Gradients(layout, instructionSet: design.instructionSet),
      optimizer: Adam(
        layout, learningRate: configuration[keyPath: learningRate],
        firstMomentDecay: configuration.firstMomentDecay,
        secondMomentDecay: configuration.secondMomentDecay, epsilon: configuration.adamEpsilon,
        halvingSteps: configuration.annealingSteps > 0 ? Double(configuration.annealingSteps) : .infinity,
        instructionSet: design.instructionSet))
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

extension Actor where Sample == SquashedGaussian {
  /// The half that acts by a squashed Gaussian, with its two heads.
  init(
    _ design: LearnerDesign, inputs: Int, makesExcursions: Bool = true, seed: UInt64,
    weights: inout RandomSource
  ) {
    let actionCount = design.environment.actionCount
    self.init(
      design, SquashedGaussian(design.configuration, actionCount: actionCount),
      heads: [("mu", actionCount), ("log_std", actionCount)], inputs: inputs,
      makesExcursions: makesExcursions, seed: seed, weights: &weights)
  }
}

extension AVGConfiguration {
  /// γ to the power of the control cycles that the step took.
  func discount(over outcome: Outcome) -> Double {
    outcome.missedCycles > 0 ? Elementary.pow(discount, Double(1 + outcome.missedCycles)) : discount
  }
}
