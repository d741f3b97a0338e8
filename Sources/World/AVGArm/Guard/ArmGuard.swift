import AVGCore
public import AVGGuard
import AVGSystem
import Glibc

/// The guard process of an arm: it alone holds the connection to the controller, and outlives the learner.
public enum ArmGuard: GuardProgram {
  /// The first argument of the guard process.
  public static let command = "arm-guard"

  /// Runs the guard.
  ///
  /// - Parameter words: those of `words`.
  /// - Returns: false if these are no words of a guard.
  public static func serve(_ words: [String]) -> Bool {
    let numbers = words.dropFirst().compactMap { Double($0) }
    guard words.count == 4, numbers.count == 3, numbers.allSatisfy({ $0 > 0 && $0 < 1e6 }) else {
      return false
    }
    let bounds = ArmBounds(maximumSpeed: numbers[1], acceleration: numbers[2])
    var loop = ArmGuardLoop(
      host: words[0], ArmRules.Settings(orderTimeout: .seconds(numbers[0]), bounds: bounds))
    loop.run()
    return true
  }

  /// What the guard is told after its command.
  static func words(_ host: String, _ settings: ArmRules.Settings) -> [String] {
    [
      host, "\(settings.orderTimeout.seconds)", "\(settings.bounds.maximumSpeed)",
      "\(settings.bounds.acceleration)",
    ]
  }
}

/// The guard's loop.
private struct ArmGuardLoop: ~Copyable {
  private var post = GuardPost<ArmOrder, ArmReport>()
  private var rules: ArmRules
  private var connection: ArmConnection
  private var nextAttempt = MonotonicInstant.now

  private static let attemptInterval = Duration.milliseconds(250)
  /// How long an arm that does not come to rest is told to stop.
  private static let longestLeaving = Duration.seconds(2)

  init(host: String, _ settings: ArmRules.Settings) {
    rules = ArmRules(settings)
    connection = ArmConnection(host: host)
  }

  mutating func run() {
    var nextTick = MonotonicInstant.now
    var leavingUntil: MonotonicInstant?
    while true {
      post.wait(until: nextTick, for: [connection.descriptor, -1, -1])
      let now = MonotonicInstant.now
      if post.wasAway() { rules.wasAway(at: now) }
      var order = ArmOrder(kind: .clear, given: now)
      while post.hear(&order) { rules.obey(order, at: now) }
      connect(at: now)
      hearController(at: now)
      if !post.hasLearner || post.isEnding { rules.leave(at: now) }
      if now >= nextTick {
        nextTick = now.advanced(by: GuardTiming.tick)
        rules.tick(at: now)
      }
      if connection.isOpen, !connection.send(&rules.outgoing) { lose(ECONNRESET) }
      post.tell(rules.report, isNew: rules.hasNews)
      rules.hasNews = false
      guard rules.isLeaving else { continue }
      let end = leavingUntil ?? now.advanced(by: Self.longestLeaving)
      leavingUntil = end
      if rules.isAtRest || !connection.isOpen || now >= end { return }
    }
  }

  private mutating func connect(at now: MonotonicInstant) {
    guard !connection.isOpen, now >= nextAttempt, !rules.isLeaving else { return }
    let code = connection.connect()
    switch code {
    case 0: rules.connected()
    case EINPROGRESS: break
    default: lose(code)
    }
  }

  private mutating func hearController(at now: MonotonicInstant) {
    guard connection.isOpen else { return }
    var packet = StatePacket()
    guard let count = connection.receive(into: &packet) else { return lose(ECONNRESET) }
    rules.note(skipped: connection.reader.skippedBytes, foreign: connection.reader.foreignCount)
    if count > 0 { rules.hear(packet, count: count, at: now) }
  }

  private mutating func lose(_ code: CInt) {
    connection.close()
    rules.lost(code)
    nextAttempt = MonotonicInstant.now.advanced(by: Self.attemptInterval)
  }
}
