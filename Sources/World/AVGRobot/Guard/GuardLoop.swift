import AVGCore
import AVGGuard
import AVGSystem
import Glibc

/// The first guard's process: it alone reads and drives the serial port, hears the learner over a socket, and outlives it.
///
/// It hands the open port to the learner and to the second guard, so that each of them can halt the robot, and drives only
/// while both hold it.
public struct GuardLoop: ~Copyable {
  private let socket: Int32
  private let peerSocket: Int32
  private let watchSocket: Int32
  private var line: GuardLine
  private var absence = AbsenceWatch()
  private var peer: pid_t = 0
  private var peerHalts: UInt32 = 0
  /// When the second guard was heard last, or could have been.
  private var peerHeardAt = MonotonicInstant.now
  private let sleep = SleepInhibitor()
  private var sleepBegan: MonotonicInstant?
  private var nextOpening = MonotonicInstant.now
  private var wakeLineUntil: MonotonicInstant?
  private var hasLearner = true
  /// The openings of the port that learner and second guard have been told of.
  private var portNumberOfLearner: UInt32 = 0
  private var portNumberOfPeer: UInt32 = 0
  private var portNumberOfWatch: UInt32 = 0

  /// A robot that sends nothing is no reason to say nothing.
  private static let reportInterval = Duration.milliseconds(15)
  private static let openingInterval = Duration.milliseconds(250)
  /// The baud-rate-change pin must be low this long.
  private static let wakePulse = Duration.milliseconds(500)
  /// How long a robot that does not say that it stands keeps the computer from sleeping.
  private static let longestStop = Duration.seconds(1)

  /// Makes a guard.
  ///
  /// - Parameters:
  ///   - path: the serial port.
  ///   - socket: a descriptor of the pair's end that the learner has the other one of.
  ///   - peerSocket: likewise for the second guard.
  ///   - watchSocket: likewise for the learner's thread that watches this guard.
  ///   - orderTimeout: the age at which an order of the learner is no longer obeyed.
  ///   - speedLimit: the fastest that a wheel may be told to turn, in mm/s.
  public init(
    path: String, socket: Int32, peerSocket: Int32, watchSocket: Int32, orderTimeout: Duration,
    speedLimit: Int
  ) {
    self.socket = socket
    self.peerSocket = peerSocket
    self.watchSocket = watchSocket
    line = GuardLine(
      path: path, rules: GuardRules(GuardRules.Settings(orderTimeout: orderTimeout, speedLimit: speedLimit)))
  }

  /// Guards until the learner or a signal ends it, and leaves the robot stopped and passive.
  public mutating func run() {
    GuardProcess.prepare()
    sleep.begin()
    var nextTick = MonotonicInstant.now
    while !line.rules.hasEnded {
      openIfDue()
      wait(until: nextTick)
      if absence.wasAway() {
        line.rules.wokeUp(at: .now)
        peerHeardAt = .now
      }
      if GuardProcess.isEnding { line.rules.beginLeaving(at: .now) }
      heedSleep(at: .now)
      hearPeer()
      hearLearner()
      hearRobot()
      let now = MonotonicInstant.now
      if now >= nextTick {
        nextTick = now.advanced(by: GuardTiming.tick)
        line.rules.tick(at: now)
        tellWatchers()
      }
      if line.rules.hasNews || line.rules.report.written.duration(to: now) >= Self.reportInterval {
        tellLearner(at: now)
      }
      tellRobot()
      serveLine(at: now)
    }
    line.drain()
    for socket in [peerSocket, watchSocket] {
      _ = Datagram.send(GuardBeat(process: getpid(), isEnding: true), on: socket)
    }
  }

  // MARK: The port

  private mutating func openIfDue() {
    let now = MonotonicInstant.now
    guard !line.isOpen, now >= nextOpening else { return }
    nextOpening = now.advanced(by: Self.openingInterval)
    line.open(at: now)
  }

  private mutating func hearRobot() {
    guard line.isOpen else { return }
    line.hear()
    if !line.isOpen { portIsClosed() }
  }

  private mutating func tellRobot() {
    guard line.isOpen else { return }
    line.tell()
    if !line.isOpen { portIsClosed() }
  }

  private mutating func portIsClosed() {
    wakeLineUntil = nil
    nextOpening = MonotonicInstant.now.advanced(by: Self.openingInterval)
  }

  private mutating func serveLine(at now: MonotonicInstant) {
    if line.rules.wantsReopening {
      line.close(at: now)
      portIsClosed()
    }
    if line.rules.wantsWaking {
      line.setWakeLine(pulled: true)
      wakeLineUntil = now.advanced(by: Self.wakePulse)
      line.rules.wakingDone()
    }
    if let end = wakeLineUntil, now >= end {
      line.setWakeLine(pulled: false)
      wakeLineUntil = nil
    }
  }

  // MARK: The computer's sleep

  /// Stands before the computer sleeps; only then may it.
  private mutating func heedSleep(at now: MonotonicInstant) {
    guard sleep.isWanted else {
      if sleepBegan != nil { line.rules.suspend(false, at: now) }
      sleepBegan = nil
      return
    }
    let began = sleepBegan ?? now
    sleepBegan = began
    line.rules.suspend(true, at: now)
    if line.rules.stands(since: began) || began.duration(to: now) > Self.longestStop { sleep.allow() }
  }

  // MARK: The second guard

  private mutating func hearPeer() {
    var beat = GuardBeat(process: 0)
    while true {
      switch Datagram.receive(&beat, on: peerSocket) {
      case .message:
        peer = beat.process
        peerHeardAt = .now
        line.rules.hearPeer(holding: beat.portNumber, at: peerHeardAt)
        // It has missed this process: earlier orders no longer count.
        if beat.halts != peerHalts { line.rules.wokeUp(at: peerHeardAt) }
        peerHalts = beat.halts
        if beat.isEnding { line.rules.beginLeaving(at: .now) }
      case .nothing: return endPeerThatHangs()
      case .end:
        // Alone it could not be replaced.
        line.rules.beginLeaving(at: .now)
        return
      }
    }
  }

  private mutating func endPeerThatHangs() {
    let patience = peer == 0 ? GuardTiming.startPatience : GuardTiming.patience
    guard peerHeardAt.duration(to: .now) > patience else { return }
    // Its socket is open: the process is there, and no other has its number.
    if peer > 0 { kill(peer, SIGKILL) }
    line.rules.beginLeaving(at: .now)
  }

  /// Tells those who watch that this guard lives, and which port it has.
  private mutating func tellWatchers() {
    let number = line.isOpen ? line.rules.report.portNumber : 0
    if tell(number, on: peerSocket, isNew: number != portNumberOfPeer) { portNumberOfPeer = number }
    if tell(number, on: watchSocket, isNew: number != portNumberOfWatch) { portNumberOfWatch = number }
  }

  private func tell(_ number: UInt32, on socket: Int32, isNew: Bool) -> Bool {
    let beat = GuardBeat(portNumber: number, process: getpid())
    return Datagram.send(beat, passing: isNew ? line.descriptor : -1, on: socket) == .sent
  }

  // MARK: The learner

  private mutating func hearLearner() {
    guard hasLearner else { return }
    var order = GuardOrder(kind: .live, number: 0, given: MonotonicInstant(nanoseconds: 0))
    while true {
      switch Datagram.receive(&order, on: socket) {
      case .message: line.rules.obey(order, at: .now)
      case .nothing: return
      case .end:
        hasLearner = false
        line.rules.beginLeaving(at: .now)
        return
      }
    }
  }

  private mutating func tellLearner(at now: MonotonicInstant) {
    guard hasLearner else { return }
    line.writeReport(at: now)
    let number = line.rules.report.portNumber
    let descriptor = number == portNumberOfLearner ? -1 : line.descriptor
    switch Datagram.send(line.rules.report, passing: descriptor, on: socket) {
    case .sent: if descriptor >= 0 { portNumberOfLearner = number }
    case .full: break
    case .end:
      hasLearner = false
      line.rules.beginLeaving(at: now)
    }
  }

  /// Sleeps until something is to be heard, a signal came, or it is time.
  private mutating func wait(until instant: MonotonicInstant) {
    let left = MonotonicInstant.now.duration(to: instant)
    guard left > .zero else { return }
    var sources = InlineArray<3, pollfd>(repeating: pollfd(fd: -1, events: Int16(POLLIN), revents: 0))
    if hasLearner { sources[0].fd = socket }
    sources[1].fd = line.awaitable
    if !line.rules.isLeaving { sources[2].fd = peerSocket }
    withUnsafeMutableBytes(of: &sources) {
      _ = poll($0.assumingMemoryBound(to: pollfd.self).baseAddress, 3, CInt(left.milliseconds.rounded(.up)))
    }
  }
}
