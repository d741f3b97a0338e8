public import AVGCore
public import AVGNetwork
public import AVGReplay
public import AVGSystem

/// The learner that a configuration names, whichever it is.
public struct Learner: CheckpointedAgent, InspectableAgent, ~Copyable, @unchecked Sendable {
  // Unchecked: `held` is a class instance that no other value refers to, and this struct cannot be copied.
  private var held: any HeldLearner
  private let workers: WorkerPool?

  /// Makes the agent of `configuration.algorithm` with freshly drawn weights, for one kind of environment.
  ///
  /// - Parameters:
  ///   - seed: the seed of weights, exploration and imagined next actions.
  ///   - workers: threads that share the work of large networks; they change no number.
  public init(
    _ configuration: AVGConfiguration, for environment: EnvironmentSpecification, seed: UInt64,
    instructionSet: InstructionSet = .best, workers: WorkerPool? = nil
  ) {
    self.workers = workers
    let design = LearnerDesign(configuration, environment, seed: seed, instructionSet, workers)
    held =
      switch configuration.algorithm {
      case .avg: AVG(design)
      case .iac: IAC(design)
      case .sac1: SAC1(design)
      case .td31: TD31(design)
      case .streamAC, .intentionalAC: StreamingActorCritic(design)
      case .streamSAC: StreamSAC(design)
      case .streamTD3: StreamTD3(design)
      case .sac: SAC(design)
      case .td3: TD3(design)
      case .ppo: PPO(design)
      }
  }

  /// How `act` chooses an action.
  public var mode: ActingMode {
    get { held.mode }
    set { held.mode = newValue }
  }

  /// Chooses A for S as `mode` says; zeros if a number on the way is not finite.
  public mutating func act(on observation: borrowing Observation, into action: inout [Float]) {
    workers?.begin()
    defer { workers?.end() }
    held.act(on: observation, into: &action)
  }

  /// Chooses A′ for S′ with the weights before the update; zeros if a number on the way is not finite.
  ///
  /// The update that follows differs from the published one in two ways. Its target uses this A′, where the published
  /// order draws a sample of its own from the same policy. And S′, as the next S, keeps the features and the action that
  /// the weights before the update gave: the encoder's and the actor's forward passes are one update old when the next
  /// update differentiates them, the critic's is not. It saves one pass of the encoder.
  public mutating func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    workers?.begin()
    defer { workers?.end() }
    held.anticipate(next, into: &action)
  }

  /// Learns from R, the end of the episode and S′, once; S and A are those that it acted on and chose, unless it is
  /// `following`. A learner from batches keeps the transition, and learns from some that it has kept.
  @discardableResult
  public mutating func take(_ transition: borrowing Transition) -> Update? {
    workers?.begin()
    defer { workers?.end() }
    return held.take(transition)
  }

  /// Copies the noise of the policy's last action into `noise` and returns the action's log π.
  public func explain(into noise: inout [Float]) -> Float { held.explain(into: &noise) }

  /// The whole state of the learner as named tensors.
  public borrowing func checkpoint(metadata: [String: String] = [:]) -> Safetensors {
    held.checkpoint(metadata: metadata)
  }

  /// The same, with the transitions that a learner from batches keeps in a place of their own.
  public borrowing func checkpoint(
    metadata: [String: String], replay: ReplayPlace
  ) throws(ReplayError) -> Safetensors { try held.checkpoint(metadata: metadata, replay: replay) }

  /// Whether it learns from batches of transitions that it keeps.
  public var keepsTransitions: Bool { held.keepsTransitions }

  /// The bytes of memory that those take at this moment.
  public var replayBytes: Int { held.replayBytes }

  /// Reserves the memory of a replay buffer, if the learner has one.
  public mutating func prepare() throws(ReplayError) { try held.prepare() }

  /// Takes over the state that `checkpoint(metadata:)` gave, of an agent of the same configuration.
  public mutating func restore(_ file: Safetensors, name: String) throws(CheckpointError) {
    try held.restore(file, name: name)
  }

  /// What is needed to act, and no more, as named tensors.
  public borrowing func policy() -> Safetensors { held.policy() }

  /// Takes over the policy that `policy()` gave, of an agent of the same configuration.
  ///
  /// - Parameter name: the policy's name, for messages.
  /// - Throws: `CheckpointError`; a part of the policy may have been taken over then.
  public mutating func take(policy file: Safetensors, name: String) throws(CheckpointError) {
    try held.take(policy: file, name: name)
  }

  /// Takes over the policy of another agent of the same configuration; in the control loop, without asking for memory.
  public mutating func copyPolicy(from other: borrowing Learner) { held.copyPolicy(from: other.held) }

  /// The number of image points among the encoder's features.
  public var imagePointCount: Int { held.imagePointCount }

  /// Writes the image points of the last observation: x₀ y₀ x₁ y₁ …, in pixels of the frame.
  public func writeImagePoints(into points: inout [Float]) { held.writeImagePoints(into: &points) }

  /// The multiplications and additions of one pass through each part.
  public var operations: LearnerOperations { held.operations }

  /// The output of the last convolution for the last observation; nil without a camera.
  public func featureMaps() -> FeatureMaps? { held.featureMaps() }

  /// Visits every tensor of weights.
  public func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    held.forEachTensor(visit)
  }
}
