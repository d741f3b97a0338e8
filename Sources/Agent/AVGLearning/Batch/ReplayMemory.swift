internal import AVGReplay
internal import AVGCore
import Foundation

/// What a learner has kept of the past, and the batch that it is learning from.
struct ReplayMemory: ~Copyable, Sendable {
  /// The transitions of the batch at hand, in the ring.
  private(set) var numbers: [Int]
  /// The same transitions, but for their frames.
  private(set) var batch: ReplayBatch
  /// The transitions that have come so far.
  private(set) var stepCount = 0
  /// Nil until the first transition comes, or `prepare`: a learner that only acts needs no memory.
  private var ring: ReplayRing?
  private var draws: RandomSource
  private var log: ReplayLog?
  private let configuration: AVGConfiguration
  private let specification: EnvironmentSpecification

  init(_ design: LearnerDesign) {
    configuration = design.configuration
    specification = design.environment
    numbers = [Int](repeating: 0, count: configuration.batchSamples)
    batch = ReplayBatch(for: specification, count: numbers.count)
    draws = RandomSource(seed: design.seed, purpose: "replay")
  }

  /// Whether actions are still drawn at random, and nothing is learned.
  var isWarmingUp: Bool { stepCount < configuration.batch.warmUpSteps }

  /// How many transitions can be drawn.
  var count: Int {
    switch ring {
    case .none: 0
    case .some(let ring): ring.count
    }
  }

  /// The bytes of memory that the system holds for the transitions.
  var residentBytes: Int {
    switch ring {
    case .none: 0
    case .some(let ring): ring.residentBytes
    }
  }

  /// Reserves the memory, unless that has been done.
  mutating func prepare() throws(ReplayError) {
    guard !isReserved else { return }
    ring = try makeRing()
  }

  private var isReserved: Bool {
    switch ring {
    case .none: false
    case .some: true
    }
  }

  private func makeRing() throws(ReplayError) -> ReplayRing {
    try ReplayRing(
      for: specification, steps: configuration.keptSteps,
      megabytes: configuration.algorithm == .ppo ? nil : configuration.replay.megabytes)
  }

  /// Keeps a transition.
  ///
  /// - Parameter action: what is kept as A, if not the transition's own.
  /// - Returns: whether it was kept: a number may not be finite, or the system may have no memory.
  mutating func append(_ transition: borrowing Transition, action: [Float]? = nil) -> Bool {
    do { try prepare() } catch { return false }
    guard ring?.append(transition, action: action) == true else { return false }
    stepCount += 1
    return true
  }

  /// Draws the next batch; there must be a transition.
  mutating func draw() {
    ring?.draw(
      &numbers, newest: configuration.replay.newest, during: configuration.batch.stepsPerUpdate - 1,
      random: &draws)
    ring?.read(numbers, into: &batch)
  }

  /// Whether all transitions of the batch at hand are still kept.
  var holdsBatch: Bool {
    switch ring {
    case .none: false
    case .some(let ring): numbers.allSatisfy { ring.isTransition($0) }
    }
  }

  /// Writes the numbers of all transitions, the oldest first.
  func collect(into transitions: inout [Int]) { ring?.collect(into: &transitions) }

  /// Puts places into an order that is drawn at random, each with the same probability.
  mutating func shuffle(_ order: inout [Int]) {
    for last in stride(from: order.count - 1, to: 0, by: -1) {
      order.swapAt(last, Int(draws.next().multipliedFullWidth(by: UInt64(last + 1)).high))
    }
  }

  /// Lets all transitions go.
  mutating func removeAll() { ring?.removeAll() }

  /// Takes, for the batch at hand, those of some transitions whose places stand in `order` from `first` on; behind the end
  /// it goes on with the last.
  mutating func take(_ transitions: [Int], in order: [Int], from first: Int) {
    for index in numbers.indices {
      numbers[index] = transitions[order[min(first + index, order.count - 1)]]
    }
    ring?.read(numbers, into: &batch)
  }

  /// Takes these transitions for the batch at hand.
  mutating func take(_ transitions: [Int]) {
    numbers = transitions
    ring?.read(numbers, into: &batch)
  }

  /// The same of numbers in a file.
  ///
  /// - Returns: whether all of these transitions are kept.
  mutating func resume(_ transitions: [UInt64]) -> Bool {
    numbers = transitions.map { Int(truncatingIfNeeded: $0) }
    guard holdsBatch else { return false }
    ring?.read(numbers, into: &batch)
    return true
  }

  /// The transition of the batch at a place of a slice that begins at `first`: behind the last one it goes on with the
  /// last.
  func sample(_ first: Int, _ index: Int) -> Int { min(first + index, batch.count - 1) }

  /// Makes R + γ(1 − terminated)·v of what the next states of a slice are worth, v [width].
  func makeReturns(from first: Int, _ values: inout [Float]) {
    for index in values.indices {
      let sample = sample(first, index)
      let reward = batch.rewards[sample] * Float(configuration.rewardScale)
      let discount = Float(configuration.discount(cycles: batch.cycles[sample]))
      values[index] = reward + (batch.terminated[sample] ? 0 : discount * values[index])
    }
  }

  /// Copies the actions of a slice that were carried out: [`count`, actionCount].
  func copyActions(from first: Int, into actions: inout [Float], count: Int) {
    let length = actions.count / count
    for index in 0..<count {
      let place = sample(first, index) * length
      for number in 0..<length { actions[index * length + number] = batch.actions[place + number] }
    }
  }

  /// Reads a whole transition of the batch.
  func read(_ sample: Int, into transition: inout Transition) {
    ring?.read(numbers[sample], into: &transition)
  }

  /// Lends out one frame of S or S′ of a transition of the batch.
  func withPixels(
    _ sample: Int, isNext: Bool, slot: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    ring?.withPixels(of: numbers[sample], isNext: isNext, slot: slot, body)
  }
}

/// Where a checkpoint keeps the transitions of a learner that has a replay buffer.
public enum ReplayPlace: Hashable, Sendable {
  /// In the checkpoint itself.
  case inside
  /// In files of their own in this folder, from which as many checkpoints as are kept can be resumed.
  case beside(folder: String, checkpointsKept: Int)
  /// Nowhere: the checkpoint is only to be compared with others.
  case nowhere

  /// The folder with the files that belong to a checkpoint's file.
  public static func folder(beside checkpoint: String) -> String {
    URL(filePath: checkpoint).deletingLastPathComponent().appending(path: "replay").relativePath
  }
}

// The memory's part of a checkpoint: how many steps there were, how draws go on, and where the ring stands.
extension ReplayMemory {
  private static let name = "replay"

  /// Adds how far the memory has come to a checkpoint.
  func write(to file: inout Safetensors) {
    let state = [UInt64(stepCount), draws.state, UInt64(count)]
    file.set(Self.name, state, shape: [state.count])
  }

  /// Adds all transitions to a checkpoint.
  func writeTransitions(to file: inout Safetensors) {
    guard let contents = ring?.makeContents(), count > 0 else { return }
    file.set(Self.name + ".mark", contents.mark.numbers, shape: [contents.mark.numbers.count])
    file.set(Self.name + ".rows", contents.rows, shape: [contents.rows.count])
    file.set(Self.name + ".frames", contents.frames, shape: [contents.frames.count])
  }

  /// Saves all transitions in files of their own, and adds to a checkpoint which of those they are.
  mutating func save(
    in folder: String, checkpointsKept: Int, for file: inout Safetensors
  ) throws(ReplayError) {
    guard count > 0 else { return }
    if log?.isIn(folder) != true { log = ReplayLog(folder: folder, checkpointsKept: checkpointsKept) }
    log?.checkpointsKept = checkpointsKept
    guard let numbers = try saveRing()?.numbers else { return }
    file.set(Self.name + ".mark", numbers, shape: [numbers.count])
  }

  private mutating func saveRing() throws(ReplayError) -> ReplayMark? {
    guard var log, let mark = try ring?.save(in: &log) else { return nil }
    self.log = log
    return mark
  }

  /// Takes up the memory of a checkpoint.
  ///
  /// - Parameter isLearning: the transitions are needed; a learner that only acts does without.
  mutating func restore(_ reader: TensorReader, isLearning: Bool) throws(CheckpointError) {
    let state = try reader.numbers(Self.name, count: 3, as: UInt64.self)
    guard state[0] < 1 << 62, state[2] <= state[0] else {
      throw .damaged(file: reader.name, reason: "replay cannot be \(state)")
    }
    stepCount = Int(state[0])
    draws.state = state[1]
    ring = nil
    guard isLearning, state[2] > 0 else { return }
    guard reader.file.tensors[Self.name + ".mark"] != nil else {
      throw .damaged(file: reader.name, reason: "it was written without its replay buffer")
    }
    guard let mark = ReplayMark(numbers: try reader.numbers(Self.name + ".mark", count: 6, as: UInt64.self))
    else { throw .damaged(file: reader.name, reason: "replay.mark names no place in a buffer") }
    do throws(ReplayError) {
      var ring = try makeRing()
      if let rows: [UInt8] = reader.file.numbers(Self.name + ".rows"),
        let frames: [UInt8] = reader.file.numbers(Self.name + ".frames")
      {
        try ring.take(ReplayContents(mark: mark, rows: rows, frames: frames), file: reader.name)
      } else {
        var log = ReplayLog(folder: ReplayPlace.folder(beside: reader.name), checkpointsKept: 1)
        try log.load(mark, into: &ring)
        self.log = log
      }
      self.ring = consume ring
    } catch { throw .replay(error) }
    guard count == Int(state[2]) else {
      throw .damaged(
        file: reader.name, reason: "its replay buffer holds \(count) transitions, not \(state[2])")
    }
  }
}
