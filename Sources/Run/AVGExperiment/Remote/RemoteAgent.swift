import AVGConfiguration
package import AVGCore
package import AVGLearning
public import AVGRemote
package import AVGRunFolder
import AVGSystem
import AVGTraining
import Foundation
import Logging
import Synchronization

/// Where the learner of a run is, if it is on another computer.
public struct LearnerChoice: Sendable {
  /// Its address.
  public var address: RemoteAddress
  /// What it is shown; empty for nothing.
  public var token: String
  /// What it must show; nil for a connection that is not encrypted.
  public var certificate: (any ConnectionSecurity)?

  /// Names a learner.
  public init(_ address: RemoteAddress, token: String = "", certificate: (any ConnectionSecurity)? = nil) {
    self.address = address
    self.token = token
    self.certificate = certificate
  }

  /// Says where a run is that was acted here, after what was printed before.
  package func tellEnding(of folder: RunFolder) {
    fflush(nil)
    logger.notice("run folder \(folder.path): acted here; what was learned is at \(address)")
  }
}

/// An agent that acts here and learns on another computer: its steps go there, and its policy comes from there.
package struct RemoteAgent: CheckpointedAgent, InspectableAgent, ~Copyable {
  /// The link, shared.
  // Taken out of the agent inline, its lifetime trips an assertion of Swift 6.3.1's optimiser ("leaked owned value" in
  // CopyPropagation).
  package var link: LearnerLink { @inline(never) get { kept } }
  private let kept: LearnerLink
  private var acting: Learner
  private let incoming: IncomingPolicy
  private let stop: StopFlag
  /// What the learner does, where it acts.
  private var answer: ActionAnswer
  private var isAnswered = false

  fileprivate init(
    _ link: LearnerLink, _ acting: consuming Learner, _ incoming: IncomingPolicy, actionCount: Int,
    stop: StopFlag
  ) {
    answer = ActionAnswer(actionCount: actionCount)
    kept = link
    self.acting = acting
    self.incoming = incoming
    self.stop = stop
  }

  package mutating func act(on observation: borrowing Observation, into action: inout [Float]) {
    incoming.update(&acting)
    isAnswered = kept.ask(observation, into: &answer)
    guard isAnswered else { return acting.act(on: observation, into: &action) }
    for index in action.indices { action[index] = answer.action[index] }
  }

  /// As `act`: nothing is learned here that it could come before.
  package mutating func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    act(on: next, into: &action)
  }

  /// Sends the step.
  package mutating func take(_ transition: borrowing Transition) -> Update? {
    kept.send(transition, stop: stop)
    return nil
  }

  package func explain(into noise: inout [Float]) -> Float {
    guard isAnswered else { return acting.explain(into: &noise) }
    for index in noise.indices { noise[index] = answer.noise[index] }
    return answer.logProbability
  }

  package func checkpoint(metadata: [String: String]) -> Safetensors { acting.checkpoint(metadata: metadata) }

  package mutating func restore(_ file: Safetensors, name: String) throws(CheckpointError) {
    try acting.restore(file, name: name)
  }

  package var imagePointCount: Int { acting.imagePointCount }

  package func writeImagePoints(into points: inout [Float]) { acting.writeImagePoints(into: &points) }

  package func featureMaps() -> FeatureMaps? { acting.featureMaps() }

  package func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    acting.forEachTensor(visit)
  }
}

/// The policy that came last, read by the thread that it came on, and taken over in the control loop without a wait.
private final class IncomingPolicy: @unchecked Sendable {
  private let monitor = Monitor()
  private let isNew = Atomic(false)
  // Held by `monitor`.
  private var spare: Learner?

  /// Makes room for the policies of a learner like this.
  func prepare(_ learner: consuming Learner) {
    monitor.lock()
    spare = consume learner
    monitor.unlock()
  }

  func take(_ bytes: [UInt8]) throws {
    let file = try Safetensors(Data(bytes), name: "the learner's policy")
    monitor.lock()
    defer { monitor.unlock() }
    try spare?.take(policy: file, name: "the learner's policy")
    isNew.store(true, ordering: .releasing)
  }

  /// Takes over a new policy, if there is one.
  func update(_ acting: inout Learner) {
    guard isNew.load(ordering: .acquiring) else { return }
    monitor.lock()
    defer { monitor.unlock() }
    isNew.store(false, ordering: .relaxed)
    if let other = spare.take() {
      acting.copyPolicy(from: other)
      spare = consume other
    }
  }
}

extension RunConfiguration {
  /// Links a robot with its learner, whose sections `agent` and `training` this configuration gets.
  ///
  /// - Parameter waits: the world stands still meanwhile, as one in software does.
  mutating func link(
    to learner: LearnerChoice, _ specification: EnvironmentSpecification, waits: Bool, stop: StopFlag
  ) throws -> RemoteAgent {
    let incoming = IncomingPolicy()
    let own = self
    var merged = self
    let robot = LearnerLink.Robot(
      address: learner.address, token: learner.token, certificate: learner.certificate,
      program: "avg-vision \(Product.version)",
      specification: specification, configuration: StrictYAML.dump(self), settings: remote, waits: waits)
    let link = try LearnerLink(
      robot, logger: logger,
      prepare: { text in
        merged = try StrictYAML.load(own, from: text, file: "the learner's configuration")
        incoming.prepare(Learner(merged.agent, for: specification, seed: merged.training.seed))
      }, onPolicy: { try incoming.take($0) })
    self = merged
    var acting = Learner(agent, for: specification, seed: training.seed)
    acting.mode = .exploring
    let place = remote.acting == .robot ? "acting here, learning there" : "acting and learning there"
    logger.notice("learner      \(learner.address): \(place)")
    return RemoteAgent(link, acting, incoming, actionCount: specification.actionCount, stop: stop)
  }
}

extension TrainingHooks where World: ~Copyable, Learner: ~Copyable {
  /// Leaves checkpoints to the learner on another computer, and pauses while nothing is heard of it for too long.
  mutating func follow(_ link: LearnerLink) {
    onCheckpoint = nil
    request = { [request] in link.isStale ? .pause : request?() ?? .none }
  }
}
