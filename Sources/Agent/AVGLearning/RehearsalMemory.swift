internal import AVGCore
internal import AVGNetwork

/// The latest transitions, as they were perceived: vectors before their normalisation, in a ring.
///
/// A vector is some forty numbers where its frames have 130,000 bytes, so thousands of transitions fit in a megabyte, and a
/// batch needs no pass of the encoder. The encoder learns slowly beside the layers behind it, and the ring is short: what an
/// older encoder saw is close to what the present one would see. The statistics are the present ones.
struct RehearsalMemory: ~Copyable, Sendable {
  /// The greatest number of transitions.
  let capacity: Int
  /// The length of a perceived vector.
  let width: Int
  /// The length of an action.
  let actionCount: Int
  /// The number of transitions that are kept.
  private(set) var count = 0
  /// Where the next transition goes.
  private var next = 0
  private var states: FloatBuffer
  private var following: FloatBuffer
  private var actions: FloatBuffer
  private var rewards: FloatBuffer
  private var discounts: FloatBuffer
  /// 1 where a transition's return may run on from the one before it, else 0.
  private var continuations: FloatBuffer

  init(capacity: Int, width: Int, actionCount: Int) {
    self.capacity = capacity
    self.width = width
    self.actionCount = actionCount
    states = FloatBuffer(count: capacity * width)
    following = FloatBuffer(count: capacity * width)
    actions = FloatBuffer(count: capacity * actionCount)
    rewards = FloatBuffer(count: capacity)
    discounts = FloatBuffer(count: capacity)
    continuations = FloatBuffer(count: capacity)
  }

  /// Keeps a transition, in the place of the oldest where all are taken.
  ///
  /// - Parameters:
  ///   - state: the vector of S before its normalisation [width].
  ///   - following: that of S′.
  ///   - reward: the scaled reward.
  ///   - discount: γ, or 0 at a termination.
  ///   - continues: a return of the transition before may run on into this one.
  mutating func append(
    _ state: borrowing FloatBuffer, _ action: [Float], reward: Float, discount: Float,
    following: borrowing FloatBuffer, continues: Bool
  ) {
    states.write(state, at: next * width)
    self.following.write(following, at: next * width)
    actions.write(action, at: next * actionCount)
    rewards[next] = reward
    discounts[next] = discount
    continuations[next] = continues ? 1 : 0
    next = (next + 1) % capacity
    count = min(count + 1, capacity)
  }

  /// The place of the transition that came `age` transitions before the newest, 0 ..< count.
  private func place(_ age: Int) -> Int {
    precondition(age >= 0 && age < count, "there is no transition of age \(age) among \(count)")
    return (next - 1 - age + capacity) % capacity
  }

  /// Copies the vector of S, before its normalisation.
  func readState(_ age: Int, into vector: inout FloatBuffer) {
    vector.copy(from: states, at: place(age) * width)
  }

  /// Copies the vector of S′, before its normalisation.
  func readFollowing(_ age: Int, into vector: inout FloatBuffer) {
    vector.copy(from: following, at: place(age) * width)
  }

  /// Copies A to the numbers of `target` from `offset` on.
  func readAction(_ age: Int, into target: inout FloatBuffer, at offset: Int) {
    let place = place(age) * actionCount
    for index in 0..<actionCount { target[offset + index] = actions[place + index] }
  }

  /// What followed a transition, as far as its return is summed.
  ///
  /// - Parameter steps: the greatest number of rewards; fewer are summed where the way does not go on.
  /// - Returns: Σ γᵏRₖ, the product of their γ, which is 0 once there was a termination, and the age of the last of them,
  ///   whose S′ is valued.
  func partialReturn(_ age: Int, steps: Int) -> (sum: Float, discount: Float, last: Int) {
    var last = age
    var (sum, discount) = (rewards[place(age)], discounts[place(age)])
    for _ in 1..<steps {
      guard last > 0, continuations[place(last - 1)] == 1 else { break }
      last -= 1
      sum += discount * rewards[place(last)]
      discount *= discounts[place(last)]
    }
    return (sum, discount, last)
  }
}

extension RehearsalMemory {
  /// Adds all transitions to a file, the oldest first.
  func write(to file: inout Safetensors) {
    guard count > 0 else { return }
    func set(_ file: inout Safetensors, _ name: String, _ buffer: borrowing FloatBuffer, _ width: Int) {
      var numbers: [Float] = []
      numbers.reserveCapacity(count * width)
      for age in (0..<count).reversed() { numbers += buffer.array(place(age) * width, width) }
      file.set("rehearsal." + name, numbers, shape: [count, width])
    }
    set(&file, "states", states, width)
    set(&file, "following", following, width)
    set(&file, "actions", actions, actionCount)
    set(&file, "rewards", rewards, 1)
    set(&file, "discounts", discounts, 1)
    set(&file, "continuations", continuations, 1)
  }

  /// Takes over the transitions of a file: the latest of them, if there is not room for all.
  mutating func restore(_ reader: TensorReader) throws(CheckpointError) {
    count = 0
    next = 0
    guard let tensor = reader.file.tensors["rehearsal.states"] else { return }
    // Every other shape follows from this one, which may be anything in a damaged file.
    let stored = tensor.shape.first ?? 0
    func read(_ name: String, _ width: Int) throws(CheckpointError) -> [Float] {
      try reader.finite("rehearsal." + name, shape: [stored, width], as: Float.self)
    }
    let (states, following) = (try read("states", width), try read("following", width))
    let actions = try reader.bounded("rehearsal.actions", shape: [stored, actionCount], limit: 1)
    let (rewards, discounts) = (try read("rewards", 1), try read("discounts", 1))
    if let wrong = discounts.first(where: { !(0...1).contains($0) }) {
      throw .damaged(file: reader.name, reason: "rehearsal.discounts holds \(wrong), beyond 0…1")
    }
    // A ring of an earlier version does not tell: each of its transitions stands for itself.
    let continuations =
      reader.file.tensors["rehearsal.continuations"] == nil
      ? [Float](repeating: 0, count: stored) : try read("continuations", 1)
    if let wrong = continuations.first(where: { $0 != 0 && $0 != 1 }) {
      throw .damaged(file: reader.name, reason: "rehearsal.continuations holds \(wrong), neither 0 nor 1")
    }
    // The ring is empty: they lie in it from its beginning on.
    count = min(stored, capacity)
    next = count % capacity
    self.states.write(Array(states.suffix(count * width)))
    self.following.write(Array(following.suffix(count * width)))
    self.actions.write(Array(actions.suffix(count * actionCount)))
    self.rewards.write(Array(rewards.suffix(count)))
    self.discounts.write(Array(discounts.suffix(count)))
    self.continuations.write(Array(continuations.suffix(count)))
  }
}
