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

  init(capacity: Int, width: Int, actionCount: Int) {
    self.capacity = capacity
    self.width = width
    self.actionCount = actionCount
    states = FloatBuffer(count: capacity * width)
    following = FloatBuffer(count: capacity * width)
    actions = FloatBuffer(count: capacity * actionCount)
    rewards = FloatBuffer(count: capacity)
    discounts = FloatBuffer(count: capacity)
  }

  /// Keeps a transition, in the place of the oldest where all are taken.
  ///
  /// - Parameters:
  ///   - state: the vector of S before its normalisation [width].
  ///   - following: that of S′.
  ///   - reward: the scaled reward.
  ///   - discount: γ, or 0 at a termination.
  mutating func append(
    _ state: borrowing FloatBuffer, _ action: [Float], reward: Float, discount: Float,
    following: borrowing FloatBuffer
  ) {
    states.write(state, at: next * width)
    self.following.write(following, at: next * width)
    actions.write(action, at: next * actionCount)
    rewards[next] = reward
    discounts[next] = discount
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

  /// The scaled reward.
  func reward(_ age: Int) -> Float { rewards[place(age)] }

  /// γ, or 0 at a termination.
  func discount(_ age: Int) -> Float { discounts[place(age)] }
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
    // The ring is empty: they lie in it from its beginning on.
    count = min(stored, capacity)
    next = count % capacity
    self.states.write(Array(states.suffix(count * width)))
    self.following.write(Array(following.suffix(count * width)))
    self.actions.write(Array(actions.suffix(count * actionCount)))
    self.rewards.write(Array(rewards.suffix(count)))
    self.discounts.write(Array(discounts.suffix(count)))
  }
}
