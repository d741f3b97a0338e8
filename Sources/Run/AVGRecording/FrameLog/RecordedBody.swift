public import AVGCore

/// A body that repeats the readings of a log, whatever it is commanded to do.
public struct RecordedBody<Command: LoggedCommand, Senses: LoggedSenses>: ResumableBody, ~Copyable {
  /// The state of the body, which is empty: the log starts where the recorded run did.
  public struct State: Codable, Sendable {
    /// Makes a state.
    public init() {}
  }

  private let player: LogPlayer
  private let end: () -> Void
  private var decoder = LoggedImageDecoder()

  /// Makes a body that plays a log.
  ///
  /// - Parameter end: called when the last reading is used.
  public init(_ player: LogPlayer, end: @escaping () -> Void) {
    self.player = player
    self.end = end
  }

  /// Does nothing.
  public mutating func drive(_ command: Command) throws(LogError) {}

  /// Returns the number of cycles missed in the recording.
  public mutating func awaitCycle() throws(LogError) -> Int {
    let sight = try sight()
    guard sight.hasCycle else { throw mismatch("a control cycle", sight) }
    return sight.missedCycles
  }

  /// Returns the recorded image and sensor values.
  public mutating func sense(
    into observation: inout Observation, _ senses: inout Senses
  ) throws(LogError) -> Freshness {
    let sight = try sight()
    _ = try player.nextSight()
    senses = sight.senses()
    if try player.peekSight() == nil { end() }
    guard sight.isFresh else { return .stale }
    guard !observation.frames.isEmpty else { return .fresh }
    guard let image = sight.image else {
      throw .missing(
        file: player.name, what: "image for the reading at \(sight.time) ns",
        advice: "Use another copy of the log.")
    }
    if let problem = decoder.decode(image, into: &observation.newestFrame) {
      throw .image(file: player.name, topic: "/camera", time: sight.time, reason: problem)
    }
    observation.newestFrame.stamp = sight.stamp
    return .fresh
  }

  /// Returns whether the recorded reset moved the body.
  public mutating func reset() throws(LogError) -> Bool {
    let sight = try sight()
    guard sight.isStart else { throw mismatch("the start of an episode", sight) }
    return sight.hasMoved
  }

  /// The empty state.
  public var state: State { State() }

  /// Does nothing: the log already starts at this state.
  public mutating func restore(_ state: State) throws(LogError) {}

  private func sight() throws(LogError) -> LoggedSight {
    guard let sight = try player.peekSight() else { throw .ended(file: player.name) }
    return sight
  }

  private func mismatch(_ wanted: String, _ sight: LoggedSight) -> LogError {
    .missing(
      file: player.name, what: "\(wanted) at \(sight.time) ns, where the replay expects one",
      advice: "The replay has diverged from the recorded run: compare configuration and program version.")
  }
}
