/// What the agent knows at one instant: stacked frames and proprioception.
///
/// A run keeps two and swaps them, so that nothing is allocated in the loop.
public struct Observation: ~Copyable, Sendable {
  /// The stacked frames, oldest first, each [height, width, 3].
  public var frames: [Frame]
  /// The body's own signals, each about −1…1.
  public var proprioception: [Float]

  /// Makes an observation of black frames and zero signals.
  public init(for specification: EnvironmentSpecification) {
    self.init(frames: specification.frames, signalCount: specification.signalCount)
  }

  /// Makes an observation of black frames and zero signals.
  ///
  /// - Parameter stack: nil for an observation without frames.
  public init(frames stack: FrameStack?, signalCount: Int = 0) {
    frames = (0..<(stack?.count ?? 0)).map { _ in Frame(shape: stack?.shape ?? .standard) }
    proprioception = [Float](repeating: 0, count: signalCount)
  }

  /// The newest frame, which a body senses into; there is none in an environment without a camera.
  ///
  /// Inlinable, for the call of an accessor that yields would allocate.
  @inlinable public var newestFrame: Frame {
    _read { yield frames[frames.count - 1] }
    _modify { yield &frames[frames.count - 1] }
  }

  /// Takes over all but the oldest frame of `previous`, leaving the newest slot to be sensed into.
  public mutating func shiftFrames(from previous: borrowing Observation) {
    for index in frames.indices.dropLast() {
      frames[index].copy(from: previous.frames[index + 1])
    }
  }

  /// Takes over all frames of `previous`.
  public mutating func copyFrames(from previous: borrowing Observation) {
    for index in frames.indices {
      frames[index].copy(from: previous.frames[index])
    }
  }

  /// Fills the whole stack with the newest frame: the start of an episode has no past.
  public mutating func repeatNewestFrame() {
    guard let newest = frames.last else { return }
    for index in frames.indices.dropLast() {
      frames[index].copy(from: newest)
    }
  }
}
