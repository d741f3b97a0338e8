public import AVGCore

/// A body that sees and feels again what a log holds, whatever it is told to do.
public struct RecordedBody: ResumableBody, ~Copyable {
  /// Nothing changes but the place in the log, which begins where the recorded run did.
  public struct State: Codable, Sendable {
    /// Makes it.
    public init() {}
  }

  /// The wheel speeds during the cycle that ended last, in mm/s, left and right.
  public private(set) var sent: [Float] = [0, 0]

  private let player: LogPlayer
  private let end: () -> Void
  private var decoder = LoggedImageDecoder()
  private var speeds = WheelSpeeds.stopped

  /// Makes a body of a log.
  ///
  /// - Parameter end: called with the last look that the log holds.
  public init(_ player: LogPlayer, end: @escaping () -> Void) {
    self.player = player
    self.end = end
  }

  /// Notes the speeds.
  public mutating func drive(_ speeds: WheelSpeeds) throws(LogError) { self.speeds = speeds }

  /// The cycles that were missed then.
  public mutating func awaitCycle() throws(LogError) -> Int {
    let sight = try sight()
    sent[0] = Float(speeds.left.millimetersPerSecond)
    sent[1] = Float(speeds.right.millimetersPerSecond)
    guard sight.hasCycle else { throw mismatch("a control cycle", sight) }
    return sight.missedCycles
  }

  /// What was seen and felt then.
  public mutating func sense(into frame: inout Frame, _ senses: inout Create2Senses) throws(LogError)
    -> Freshness
  {
    let sight = try sight()
    _ = try player.nextSight()
    senses = sight.senses
    if try player.peekSight() == nil { end() }
    guard sight.isFresh else { return .stale }
    guard let image = sight.image else {
      throw .missing(
        file: player.name, what: "image for the look at \(sight.time) ns",
        advice: "Use another copy of the log.")
    }
    if let problem = decoder.decode(image, into: &frame) {
      throw .image(file: player.name, topic: "/camera", time: sight.time, reason: problem)
    }
    frame.stamp = sight.stamp
    return .fresh
  }

  /// Whether the body stood somewhere else then.
  public mutating func reset() throws(LogError) -> Bool {
    let sight = try sight()
    guard sight.isStart else { throw mismatch("the start of an episode", sight) }
    return sight.hasMoved
  }

  /// Nothing: the place in the log is the only state.
  public var state: State { State() }

  /// Goes on from where the log begins.
  public mutating func restore(_ state: State) throws(LogError) {}

  private func sight() throws(LogError) -> LoggedSight {
    guard let sight = try player.peekSight() else { throw .ended(file: player.name) }
    return sight
  }

  private func mismatch(_ wanted: String, _ sight: LoggedSight) -> LogError {
    .missing(
      file: player.name, what: "\(wanted) at \(sight.time) ns, where the replay has one",
      advice: "The replay has left the recorded run: compare configuration and program version.")
  }
}
