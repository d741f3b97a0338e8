internal import AVGCore
internal import AVGNetwork

// The parts of a learner for a design, the same for every algorithm.

extension Encoder {
  init(name: String, _ design: LearnerDesign) {
    let configuration = design.configuration
    self.init(
      name: name, convolutions: configuration.convolutions,
      rectifiesLast: configuration.rectifiesLastConvolution, frames: design.environment.frames,
      head: configuration.encoderHead, instructionSet: design.instructionSet, workers: design.workers)
  }
}

extension MultilayerPerceptron {
  init(
    name: String, _ design: LearnerDesign, inputs: Int, heads: [(name: String, outputs: Int)]
  ) {
    let isStreaming = design.configuration.algorithm.isStreamingActorCritic
    self.init(
      name: name, inputs: inputs, hiddenUnits: design.configuration.hiddenUnits, heads: heads,
      penultimateNormalization: isStreaming ? .none : design.configuration.penultimateNormalization,
      normalizesHidden: isStreaming, activation: design.configuration.activation,
      negativeSlope: Float(design.configuration.negativeSlope),
      instructionSet: design.instructionSet, workers: design.workers)
  }

  /// Draws weights; biases stay as they are.
  func initialize(_ parameters: inout Parameters, _ design: LearnerDesign, random: inout RandomSource) {
    if design.configuration.algorithm.isStreamingActorCritic {
      parameters.drawSparsely(sparsity: design.configuration.streaming.sparsity, random: &random)
    } else {
      initialize(&parameters, random: &random)
    }
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
    _ layout: ParameterLayout, _ design: LearnerDesign, _ half: LearnerHalf,
    _ learningRate: KeyPath<AVGConfiguration, Double>
  ) {
    self.init(
      layout,
      gradients: Gradients(
        layout, accumulates: design.addsGradients, instructionSet: design.instructionSet),
      optimizer: Optimizer(layout, design, half, learningRate))
  }
}

extension LearnedParameters {
  /// log α of a learned temperature.
  init(logTemperatureOf design: LearnerDesign) {
    let (settings, instructionSet) = (design.configuration.sac1, design.instructionSet)
    let layout = ParameterLayout(name: "log_temperature", count: 1)
    self.init(
      layout, gradients: Gradients(layout, instructionSet: instructionSet),
      // β₁ and β₂ are those of the published code, whatever the networks' are; SAC's learns as its networks do.
      optimizer: .adam(
        Adam(
          layout, learningRate: settings.temperatureLearningRate,
          firstMomentDecay: design.accumulates ? design.configuration.firstMomentDecay : 0.5,
          instructionSet: instructionSet)))
    parameters.values[0] = Float(Elementary.log(settings.initialTemperature))
  }
}

extension Optimizer {
  init(
    _ layout: ParameterLayout, _ design: LearnerDesign, _ half: LearnerHalf,
    _ learningRate: KeyPath<AVGConfiguration, Double>
  ) {
    let (configuration, instructionSet) = (design.configuration, design.instructionSet)
    let streaming = configuration.streaming
    let factor = learningRate == \AVGConfiguration.encoderLearningRate ? streaming.encoderFactor : 1
    switch configuration.stepRule {
    case .adam:
      let adam = Adam(
        layout, learningRate: configuration[keyPath: learningRate],
        firstMomentDecay: configuration.firstMomentDecay,
        secondMomentDecay: configuration.secondMomentDecay, epsilon: configuration.adamEpsilon,
        halvingSteps: configuration.annealingSteps > 0 ? Double(configuration.annealingSteps) : .infinity,
        instructionSet: instructionSet)
      // A policy's loss has no output whose error a trace could carry back.
      let isTraced = configuration.stepsAlongTraces && half == .critic
      self =
        isTraced
        ? .traced(TracedAdam(layout, adam, instructionSet: instructionSet)) : .adam(adam)
    case .obgd:
      self = .bounded(
        BoundedDescent(
          layout, stepSize: streaming.stepSize,
          boundFactor: half == .actor ? streaming.actorBound : streaming.criticBound, factor: factor,
          instructionSet: instructionSet))
    case .intentional:
      var settings = IntentionalDescent.Settings(
        share: factor * (half == .actor ? streaming.actorShare : streaming.criticShare),
        normalizesErrors: half == .actor)
      settings.squareDecay = configuration.secondMomentDecay
      settings.errorClip = streaming.errorClip
      settings.errorClipDecay = streaming.errorClipDecay
      settings.errorDecay = streaming.errorDecay
      self = .intentional(IntentionalDescent(layout, settings, instructionSet: instructionSet))
    }
  }
}

extension AVGConfiguration {
  /// The rule that the networks step by: the algorithm's own, or the configured one.
  var stepRule: StepRule {
    switch algorithm {
    case .avg, .streamSAC, .streamTD3: optimizer
    case .iac, .sac1, .td31, .sac, .td3, .ppo: .adam
    case .streamAC: .obgd
    case .intentionalAC: .intentional
    }
  }

  /// Whether critics step by their errors along traces, rather than against the gradient of a loss.
  var stepsAlongTraces: Bool {
    switch algorithm {
    case .avg: traceDecay > 0 || optimizer != .adam
    case .iac, .sac1, .td31, .sac, .td3, .ppo: false
    case .streamAC, .intentionalAC, .streamSAC, .streamTD3: true
    }
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
      meanBound: configuration.meanBound > 0 ? Float(configuration.meanBound) : .infinity,
      headIsDeviation: configuration.algorithm.isBatch)
  }
}

extension Actor where Sample == SquashedGaussian {
  /// The half that acts by a squashed Gaussian, with its two heads.
  init(
    _ design: LearnerDesign, inputs: Int, makesExcursions: Bool = true, weights: inout RandomSource
  ) {
    let actionCount = design.environment.actionCount
    self.init(
      design, SquashedGaussian(design.configuration, actionCount: actionCount),
      heads: [("mu", actionCount), ("log_std", actionCount)], inputs: inputs,
      makesExcursions: makesExcursions, weights: &weights)
  }
}

extension AVGConfiguration {
  /// γ to the power of the control cycles that the step took.
  func discount(over outcome: Outcome) -> Double { discount(cycles: 1 + outcome.missedCycles) }

  /// γ to the power of `cycles`.
  func discount(cycles: Int) -> Double {
    cycles > 1 ? Elementary.pow(discount, Double(cycles)) : discount
  }
}
