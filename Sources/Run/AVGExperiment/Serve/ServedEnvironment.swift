import AVGCore
import AVGSimulation
import AVGSystem
import AVGTasks

/// One environment of a server: a task on a body, and what was last observed.
final class ServedEnvironment<B: Body & ~Copyable, T: ControlTask>
where B.Command == T.Command, B.Senses == T.Senses {
  typealias World = TaskEnvironment<B, T>

  /// What was last observed.
  private(set) var observation: Observation
  /// No episode has begun, or the last one is over.
  private(set) var isOver = true
  /// The robot's path through the present episode, where anybody knows.
  private(set) var path: [Pose] = []

  private var world: World
  private var next: Observation
  private var action: [Float]
  private let make: (UInt64) throws -> World
  private let pose: (borrowing B) -> Pose?

  /// Makes an environment.
  ///
  /// - Parameters:
  ///   - seed: what its random numbers are drawn from until a learner brings another seed.
  ///   - make: makes a world, whose random numbers come from the seed alone.
  ///   - pose: where the robot is; nil where nobody knows.
  init(
    seed: UInt64, make: @escaping (UInt64) throws -> World, pose: @escaping (borrowing B) -> Pose?
  ) throws {
    self.make = make
    self.pose = pose
    world = try make(seed)
    observation = world.makeObservation()
    next = world.makeObservation()
    action = [Float](repeating: 0, count: world.specification.actionCount)
  }

  /// What it is like.
  var specification: EnvironmentSpecification { world.specification }

  /// The most steps of an episode.
  var timeLimitSteps: Int { world.task.timeLimitSteps }

  /// What the last step measured.
  var measurements: [Double] { world.measurements }

  /// Starts an episode, in a new world if there is a seed.
  func reset(seed: UInt64?) throws {
    if let seed { world = try make(seed) }
    try world.reset(into: &observation)
    isOver = false
    path.removeAll(keepingCapacity: true)
    keepPlace()
  }

  /// Does the action in `bytes`, numbers of 32 bits.
  func step(_ bytes: UnsafeRawBufferPointer) throws -> Outcome {
    for index in action.indices {
      // Bounds: the server has seen to it that there are as many.
      action[index] = Float(
        bitPattern: bytes.integer(at: 4 * index))
    }
    let outcome = try world.step(action, from: observation, into: &next)
    swap(&observation, &next)
    isOver = outcome.isLast
    keepPlace()
    return outcome
  }

  /// Stops what moves.
  func stop() throws { try world.stop() }

  private func keepPlace() {
    if let place = pose(world.body) { path.append(place) }
  }
}
