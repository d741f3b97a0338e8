import AVGCore
public import AVGCreate2
import AVGGuard
import AVGSystem
import Glibc

/// The learner's end of the line to the two guard processes, which it starts.
///
/// When the link ends, however it ends, a guard stops the wheels and leaves the robot in passive mode. When the guards fall
/// silent, this end stops them: it holds the port as well, and uses it for nothing else. Of the three processes any two
/// may be lost at once.
public struct RobotLink: ~Copyable {
  /// The port and the rules.
  public let configuration: Configuration
  /// What the first guard said last.
  public private(set) var report = GuardReport()

  private var firstGuard: ChildProcess
  private var secondGuard: ChildProcess
  private let socket: Int32
  private var line: GuardLine
  /// The opening of the port that `line` holds; 0 for none.
  private var heldPort: UInt32 = 0
  private var orderNumber: UInt64 = 0
  private var hasHeardGuard = false
  private var absence = AbsenceWatch()
  /// When this process listened again after an absence, in which it could hear nobody.
  private var presentSince = MonotonicInstant.now
  private var isLost = false

  /// A guard that finds the robot talking needs a tenth of this.
  private static let firstPatience = Duration.seconds(10)
  /// How long a stranger is heard before it is believed: noise lasts for moments.
  private static let strangerPatience = Duration.seconds(3)
  /// The guards of a run that was killed a moment ago still hold the port until the robot stands.
  private static let busyPatience = Duration.seconds(3)
  /// A guard that runs says something every 15 ms.
  private static let reportPatience = Duration.milliseconds(20)
  /// How long the end of a guard is waited for, or a robot that does not say that it stands.
  private static let endPatience = Duration.seconds(2)

  private init(_ configuration: Configuration, _ guards: GuardLauncher.Guards) {
    self.configuration = configuration
    firstGuard = guards.first
    secondGuard = guards.second
    socket = guards.socket
    line = GuardLine(path: configuration.port)
    report.written = .now
    CrashCut.watch(socket)
  }

  /// Starts the guards and waits until the robot answers, and each of the three processes can stop it.
  ///
  /// - Throws: `RobotError` if the port cannot be used, which for one that is in use by another program takes 3 s to say,
  ///   the robot does not answer within 10 s, or somebody else does.
  public static func open(_ configuration: Configuration) throws(RobotError) -> RobotLink {
    CrashCut.useNoBacktrace()
    let guards = try GuardLauncher.launch(configuration)
    var link = RobotLink(configuration, guards)
    try LearnerWatch.begin(
      path: configuration.port, socket: guards.watchSocket, priority: configuration.watchPriority)
    try link.awaitGuard()
    let start = MonotonicInstant.now
    while link.report.readAt.nanoseconds == 0 || link.heldPort != link.report.portNumber {
      try link.listen(until: .now.advanced(by: reportPatience))
      let waited = start.duration(to: .now)
      if link.report.problem == .busy, waited < busyPatience { continue }
      if let error = link.report.problem.error(port: configuration.port, code: link.report.problemCode) {
        throw error
      }
      if waited >= (link.report.stranger.isCertain ? strangerPatience : firstPatience) {
        throw link.noAnswer(after: waited)
      }
    }
    return link
  }

  /// Waits for the first guard's first word, which an overloaded computer may delay for seconds.
  private mutating func awaitGuard() throws(RobotError) {
    let start = MonotonicInstant.now
    while !hasHeardGuard {
      awaitWord(GuardTiming.silence)
      try hear()
      let waited = start.duration(to: .now)
      if !hasHeardGuard, waited > GuardTiming.startPatience { throw lost(silentFor: waited) }
    }
  }

  deinit {
    CrashCut.watch(-1)
    // Whatever becomes of the guards.
    line.haltFromAnyState()
    close(socket)
    // The guards end once the robot stands, in a tenth of a second if it answers; one that hangs, no later than this.
    for var child in [firstGuard, secondGuard] {
      if !child.wait(upTo: StandbyLoop.leavingPatience + GuardTiming.patience) { child.kill() }
    }
    GuardGroup.remove()
  }

  /// Orders wheel speeds, valid for as long as the order counts as fresh.
  ///
  /// - Returns: the speeds as the robot is told them: whole, and within the limit.
  @discardableResult
  public mutating func drive(_ speeds: WheelSpeeds) throws(RobotError) -> DriveSpeeds {
    let sent = DriveSpeeds(
      left: speeds.left.millimetersPerSecond, right: speeds.right.millimetersPerSecond,
      limit: configuration.speedLimit)
    try order(.drive, sent)
    return sent
  }

  /// Gives an order.
  mutating func order(_ kind: GuardOrder.Kind, _ speeds: DriveSpeeds = .stopped) throws(RobotError) {
    orderNumber += 1
    let order = GuardOrder(
      kind: kind, speeds: speeds, number: orderNumber, given: .now, portNumber: heldPort)
    guard Datagram.send(order, on: socket) != .end else { throw lost() }
  }

  /// Takes in what the guard has said, the newest of it; a guard that is silent has had the wheels stopped.
  public mutating func listen() throws(RobotError) {
    if absence.wasAway() { presentSince = .now }
    try hear()
    let silence = report.written.duration(to: .now)
    guard silence > GuardTiming.silence else { return }
    CrashCut.holdIfStruck()
    // Nobody is to take it for a robot that does what it is told; whether the guard is only late will be seen.
    report.phase = .waking
    if min(silence, presentSince.duration(to: .now)) > GuardTiming.patience { throw lost(silentFor: silence) }
  }

  /// Waits for news from the guard, at the longest until `instant`, and takes them in.
  mutating func listen(until instant: MonotonicInstant) throws(RobotError) {
    awaitWord(min(MonotonicInstant.now.duration(to: instant), GuardTiming.silence))
    try listen()
  }

  private func awaitWord(_ duration: Duration) {
    guard duration > .zero else { return }
    SystemSocket(descriptor: socket).awaitInput(for: duration)
  }

  private mutating func hear() throws(RobotError) {
    while true {
      switch Datagram.receive(&report, on: socket) {
      case .message(let descriptor):
        hasHeardGuard = true
        if descriptor >= 0 {
          line.hold(descriptor)
          heldPort = report.portNumber
        } else if report.phase == .searching {
          // Held here, a port that was pulled would have another name when it comes back.
          line.release()
          heldPort = 0
        }
      case .nothing: return
      case .end: throw lost()
      }
    }
  }

  /// A switch that stops the robot at once, from any thread, for as long as the link is open.
  public var emergencyStop: EmergencyStop { EmergencyStop(socket: socket) }

  /// The error of a robot that does not answer: who does, if anybody.
  func noAnswer(after waited: Duration) -> RobotError {
    report.stranger == .none
      ? .silent(port: configuration.port, after: waited)
      : .stranger(port: configuration.port, report.stranger)
  }

  // MARK: Without a guard

  /// The first guard is gone, or hangs: stops the wheels, and sees to it that the robot is left passive.
  private mutating func lost(silentFor silence: Duration? = nil) -> RobotError {
    CrashCut.holdIfStruck()
    if !isLost {
      isLost = true
      line.haltFromAnyState()
      // One that has closed its socket is about to end, and how is worth knowing; one that hangs may come back.
      if silence != nil || !firstGuard.wait(upTo: Self.endPatience) { firstGuard.kill() }
      // The second one takes its leave of the robot; if it cannot, this process does.
      if !secondGuard.wait(upTo: Self.endPatience) { secondGuard.kill() }
      if secondGuard.ending != .status(0) { line.leave(within: Self.endPatience) }
      line.release()
      heldPort = 0
    }
    return .guardLost(port: configuration.port, seen: evidence(silentFor: silence))
  }

  private func evidence(silentFor silence: Duration?) -> String {
    var words: [String] = []
    if let silence {
      words.append("it said nothing for \((silence.seconds * 10).rounded() / 10) s, and was ended")
    } else {
      words.append("its socket was closed")
      if let ending = firstGuard.ending { words.append("its process \(ending.words)") }
    }
    if let ending = secondGuard.ending { words.append("the second guard's \(ending.words)") }
    return words.joined(separator: ", ")
  }
}

/// A switch that stops the robot, whatever the control loop does meanwhile; it stands until it is reset.
public struct EmergencyStop: Sendable {
  let socket: Int32

  /// Tells the guard to stop.
  public func strike() {
    _ = Datagram.send(GuardOrder(kind: .halt, number: 0, given: .now), on: socket)
  }
}
