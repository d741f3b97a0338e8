import AVGCore
import AVGNetwork
internal import AVGSystem

/// What `Learner` holds: an actor, a critic that perceives and values, and an update rule.
///
/// All of them share the code in this file. Their update rules have a file each. A learner is an `IncrementalLearner` or a
/// `BatchLearner`.
protocol HeldLearner: AnyObject, CheckpointedAgent, InspectableAgent {
  /// The kind of action that its actor draws.
  associatedtype Sample: ActionSample

  /// Makes an agent with freshly drawn weights.
  init(_ design: LearnerDesign)

  /// The half that acts.
  var actor: Actor<Sample> { get set }
  /// The critic's perception; the actor's too when the encoder is shared.
  var perception: Perception { get set }
  /// The steps that the critic's optimiser has taken, then those of optimisers that the learner has besides.
  var criticStepCounts: [Int] { get }
  /// The multiplications and additions of one forward pass of the critic.
  var criticOperations: Int { get }
  /// Visits the critic's weights, without those of its encoder.
  func forEachCriticTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void)
  /// Adds to a checkpoint what there is besides the actor and the perception.
  func write(to file: inout Safetensors)
  /// Takes over what `write` added, of a learner with `criticStepCounts`.
  func restore(_ reader: TensorReader, criticStepCounts: [Int]) throws(CheckpointError)
}

/// A learner that learns from each transition once, as it comes: a `SingleCriticLearner` or a `TwinCriticLearner`.
protocol IncrementalLearner: HeldLearner {
  /// Learns from R, the end of the episode and S′, once.
  func learn(from outcome: Outcome, next: borrowing Observation) -> Update
  /// A step goes by that is not learned from.
  func passOver()
}

extension IncrementalLearner {
  func passOver() {}

  func take(_ transition: borrowing Transition) -> Update? {
    if mode == .following { actor.follow(transition.action, on: transition.state, through: &perception) }
    guard transition.isLearnable else {
      passOver()
      return nil
    }
    return learn(from: transition.outcome, next: transition.next)
  }
}

/// A learner with one critic.
protocol SingleCriticLearner: IncrementalLearner {
  var critic: Critic { get set }
}

extension SingleCriticLearner {
  var perception: Perception {
    _read { yield critic.perception }
    _modify { yield &critic.perception }
  }

  var criticOperations: Int { critic.operations }

  func forEachCriticTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    critic.forEachTensor(visit)
  }

  var criticStepCounts: [Int] { [critic.valueFunction.learned.optimizer.stepCount] }

  /// Σ of each network's squared gradients; not finite when any of them is not.
  ///
  /// - Parameter lossScale: what the critic's gradients have still to be multiplied by.
  func gradientSquares(lossScale: Float = 1) -> (actor: Float, critic: Float, encoder: Float) {
    let square = lossScale * lossScale
    return (
      actor.learned.gradients.sumOfSquares(),
      square * critic.valueFunction.learned.gradients.sumOfSquares(),
      square * critic.perception.learned.gradients.sumOfSquares()
        + actor.perception.learned.gradients.sumOfSquares()
    )
  }
}

/// A learner with two critics, of whose values the smaller counts.
protocol TwinCriticLearner: IncrementalLearner {
  var critic: TwinCritic { get set }
}

extension TwinCriticLearner {
  var perception: Perception {
    _read { yield critic.perception }
    _modify { yield &critic.perception }
  }

  var criticOperations: Int { critic.operations }

  func forEachCriticTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    critic.forEachTensor(visit)
  }

  var criticStepCounts: [Int] { [critic.stepCount] }
}

extension HeldLearner {
  /// Makes an agent with freshly drawn weights; see `Learner.init`.
  init(
    _ configuration: AVGConfiguration, for environment: EnvironmentSpecification, seed: UInt64,
    instructionSet: InstructionSet = .best, workers: WorkerPool? = nil
  ) {
    self.init(LearnerDesign(configuration, environment, seed: seed, instructionSet, workers))
  }

  var mode: ActingMode {
    get { actor.mode }
    set { actor.mode = newValue }
  }

  func act(on observation: borrowing Observation, into action: inout [Float]) {
    actor.act(on: observation, through: &perception, into: &action)
  }

  func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    actor.anticipate(next, through: &perception, into: &action)
  }

  func explain(into noise: inout [Float]) -> Float { actor.explain(into: &noise) }

  /// The whole state of the learner as named tensors: weights under PyTorch's names and shapes, the optimisers' memories,
  /// running statistics, random sources, and the action that is still to be learned from.
  func checkpoint(metadata: [String: String] = [:]) -> Safetensors { parts(metadata: metadata) }

  /// A checkpoint of all but transitions that are kept.
  func parts(metadata: [String: String]) -> Safetensors {
    var file = actor.checkpoint(metadata, perception)
    write(to: &file)
    file.setStepCounts(
      [
        actor.learned.optimizer.stepCount, perception.learned.optimizer.stepCount,
        actor.perception.learned.optimizer.stepCount,
      ] + criticStepCounts)
    return file
  }

  /// Takes over the state that `checkpoint(metadata:)` gave, of an agent of the same configuration.
  ///
  /// - Throws: `CheckpointError`; the agent is then to be thrown away.
  func restore(_ file: Safetensors, name: String) throws(CheckpointError) {
    let reader = try TensorReader(checking: file, name: name)
    let steps = try reader.stepCounts(count: 3 + criticStepCounts.count)
    try actor.restore(reader, &perception, steps)
    try restore(reader, criticStepCounts: Array(steps[3...]))
  }

  /// The multiplications and additions of one pass through each part.
  var operations: LearnerOperations {
    LearnerOperations(
      encoderForward: perception.encoder.forwardOperations,
      encoderBackward: perception.encoder.backwardOperations, actor: actor.network.operations,
      critic: criticOperations)
  }
}

// For pictures and histograms.
extension HeldLearner {
  /// The number of points of the actor's spatial softmax; a linear head has none.
  var imagePointCount: Int {
    actor.configuration.encoderHead == .linear ? 0 : perception.encoder.featureCount / 2
  }

  func writeImagePoints(into points: inout [Float]) {
    if actor.isShared {
      perception.writePoints(into: &points)
    } else {
      actor.perception.writePoints(into: &points)
    }
  }

  func featureMaps() -> FeatureMaps? {
    actor.isShared ? perception.featureMaps() : actor.perception.featureMaps()
  }

  func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    perception.learned.parameters.forEachTensor(visit)
    actor.perception.learned.parameters.forEachTensor(visit)
    actor.learned.parameters.forEachTensor(visit)
    forEachCriticTensor(visit)
  }
}

extension Parameters {
  func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    for tensor in tensors { visit(tensor.name, tensor.read(from: values)) }
  }

  /// Replaces every value by `weights(name)`, in PyTorch's order.
  mutating func setValues(_ weights: (_ name: String) throws -> [Float]) rethrows {
    for tensor in tensors { tensor.write(try weights(tensor.name), to: &values) }
  }
}
