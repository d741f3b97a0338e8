import AVGCore
import AVGSystem

/// The robot's steps that the learner may still need: the newest, as many as memory was given for.
///
/// The control loop puts steps in and never waits for the network; another thread takes them out. A step that was sent
/// stays until its place is needed, for a learner that comes back from a checkpoint. Where the place of a step is needed
/// that was not sent yet, it is dropped, and what is left of its episode with it: nothing could be learned from that.
final class StepQueue: Sendable {
  private let monitor: Monitor
  private let state: State

  private final class State: @unchecked Sendable {
    // Held by the monitor.
    let memory: UnsafeMutableRawBufferPointer
    let slotLength: Int
    let slotCount: Int
    var lengths: [Int]
    var starts: [Bool]
    /// The sequence of the next step to come.
    var next: UInt64 = 1
    /// That of the next one to send.
    var unsent: UInt64 = 1
    var dropped: UInt64 = 0
    var learned: UInt64 = 0

    init(slotLength: Int, slotCount: Int) {
      self.slotLength = slotLength
      self.slotCount = slotCount
      // The system gives the pages when they are written to.
      memory = .allocate(byteCount: slotLength * slotCount, alignment: 64)
      lengths = [Int](repeating: 0, count: slotCount)
      starts = [Bool](repeating: false, count: slotCount)
    }

    deinit { memory.deallocate() }

    /// The oldest step that is still here.
    var oldest: UInt64 { next > UInt64(slotCount) ? next - UInt64(slotCount) : 1 }

    func place(_ sequence: UInt64) -> Int { Int(sequence % UInt64(slotCount)) }
  }

  /// - Parameters:
  ///   - slotLength: the longest message that is kept.
  ///   - byteCount: the memory to use.
  init(slotLength: Int, byteCount: Int, monitor: Monitor) {
    self.monitor = monitor
    state = State(slotLength: slotLength, slotCount: max(16, byteCount / slotLength))
  }

  /// The sequence of the next step.
  var nextSequence: UInt64 { monitor.withLock { state.next } }

  /// Steps that were dropped before they were sent.
  var dropped: UInt64 { monitor.withLock { state.dropped } }

  /// Whether everything has been learned from, or dropped.
  var isLearned: Bool { monitor.withLock { state.learned + 1 >= state.next } }

  /// Steps that are not learned from yet.
  var open: UInt64 { monitor.withLock { state.next - 1 - min(state.learned, state.next - 1) } }

  /// Puts a step in, in the control loop. One that is too long for its place is dropped.
  func append(_ message: UnsafeRawBufferPointer, starts: Bool) {
    monitor.withLock {
      let place = state.place(state.next)
      let fits = message.count <= state.slotLength
      state.lengths[place] = fits ? message.count : 0
      state.starts[place] = starts
      if fits {
        let start = place * state.slotLength
        UnsafeMutableRawBufferPointer(rebasing: state.memory[start..<start + message.count])
          .copyMemory(from: message)
      }
      state.next += 1
      monitor.broadcast()
    }
  }

  /// Takes a learner's word for how far it is.
  func note(learned: UInt64) {
    monitor.withLock {
      state.learned = min(max(state.learned, learned), state.next - 1)
      monitor.broadcast()
    }
  }

  /// Begins to send from `sequence`, as a learner asked.
  func rewind(to sequence: UInt64) {
    monitor.withLock {
      state.unsent = min(max(sequence, 1), state.next)
      state.learned = state.unsent - 1
      monitor.broadcast()
    }
  }

  /// Copies the next step to send.
  ///
  /// - Parameter message: receives it.
  /// - Returns: false if there is none.
  func take(into message: inout [UInt8]) -> Bool {
    monitor.withLock {
      if state.unsent < state.oldest {
        let first = state.unsent
        state.unsent = state.oldest
        while state.unsent < state.next, !state.starts[state.place(state.unsent)] { state.unsent += 1 }
        state.dropped += state.unsent - first
      }
      while state.unsent < state.next, state.lengths[state.place(state.unsent)] == 0 {
        state.unsent += 1
        state.dropped += 1
      }
      guard state.unsent < state.next else { return false }
      let place = state.place(state.unsent)
      let start = place * state.slotLength
      message.removeAll(keepingCapacity: true)
      message.append(contentsOf: state.memory[start..<start + state.lengths[place]])
      state.unsent += 1
      return true
    }
  }
}
