import AVGCore
import Glibc
import Synchronization

/// The guard process: it alone holds the serial port, hears the learner over a socket, and outlives it.
public struct GuardLoop: ~Copyable {
  private let path: String
  private let socket: Int32
  private var rules: GuardRules
  private var parser = StreamParser()
  private var port: SerialPort?
  private var nextOpening = MonotonicInstant.now
  private var wakeLineUntil: MonotonicInstant?
  private var hasLearner = true
  private var arrived = [UInt8](repeating: 0, count: 1024)

  private static let tick = Duration.milliseconds(5)
  /// A robot that sends nothing is no reason to say nothing.
  private static let reportInterval = Duration.milliseconds(15)
  private static let openingInterval = Duration.milliseconds(250)
  /// The baud-rate-change pin must be low this long.
  private static let wakePulse = Duration.milliseconds(500)
  /// More than this many bytes that the line does not take are too old to be sent.
  private static let longestBacklog = 512
  private static let isEnding = Atomic(false)

  /// Makes a guard.
  ///
  /// - Parameters:
  ///   - path: the serial port.
  ///   - socket: a descriptor of the pair's end that is the guard's.
  ///   - orderTimeout: the age at which an order of the learner is no longer obeyed.
  ///   - speedLimit: the fastest that a wheel may be told to turn, in mm/s.
  public init(path: String, socket: Int32, orderTimeout: Duration, speedLimit: Int) {
    self.path = path
    self.socket = socket
    rules = GuardRules(GuardRules.Settings(orderTimeout: orderTimeout, speedLimit: speedLimit))
  }

  /// Guards until the learner or a signal ends it, and leaves the robot stopped and passive.
  public mutating func run() {
    Self.takeSignals()
    _ = chdir("/")
    var nextTick = MonotonicInstant.now
    while !rules.hasEnded {
      openIfDue()
      wait(until: nextTick)
      if Self.isEnding.load(ordering: .relaxed) { rules.beginLeaving(at: .now) }
      hearLearner()
      hearRobot()
      let now = MonotonicInstant.now
      if now >= nextTick {
        nextTick = now.advanced(by: Self.tick)
        rules.tick(at: now)
      }
      if rules.hasNews || rules.report.written.duration(to: now) >= Self.reportInterval {
        tellLearner(at: now)
      }
      tellRobot()
      serveLine(at: now)
    }
    drain()
  }

  // MARK: The port

  private mutating func openIfDue() {
    let now = MonotonicInstant.now
    guard port == nil, now >= nextOpening else { return }
    nextOpening = now.advanced(by: Self.openingInterval)
    do throws(RobotError) {
      let opened = try SerialPort(path)
      // Held, the line would keep the robot from hearing.
      opened.setWakeLine(pulled: false)
      port = consume opened
      parser.reset()
      rules.portOpened(at: now)
    } catch {
      rules.portRefused(error)
    }
  }

  private mutating func closePort() {
    port = nil
    wakeLineUntil = nil
    nextOpening = MonotonicInstant.now.advanced(by: Self.openingInterval)
    rules.portLost(at: .now)
  }

  private mutating func hearRobot() {
    guard port != nil else { return }
    do throws(RobotError) {
      var count = arrived.count
      while count == arrived.count {
        count = try port?.read(into: &arrived) ?? 0
        let now = MonotonicInstant.now
        for index in 0..<count {
          if let reading = parser.push(arrived[index]) { rules.read(reading, at: now) }
        }
      }
    } catch { closePort() }
  }

  private mutating func tellRobot() {
    guard port != nil, !rules.outgoing.isEmpty else { return }
    do throws(RobotError) {
      let taken = try port?.write(rules.outgoing) ?? 0
      rules.outgoing.removeFirst(taken)
      if rules.outgoing.count > Self.longestBacklog {
        rules.outgoing.removeAll(keepingCapacity: true)
        closePort()
      }
    } catch { closePort() }
  }

  private mutating func serveLine(at now: MonotonicInstant) {
    if rules.wantsReopening { closePort() }
    if rules.wantsWaking {
      port?.setWakeLine(pulled: true)
      wakeLineUntil = now.advanced(by: Self.wakePulse)
      rules.wakingDone()
    }
    if let end = wakeLineUntil, now >= end {
      port?.setWakeLine(pulled: false)
      wakeLineUntil = nil
    }
  }

  /// Sends what is left, and waits until the line has it.
  private mutating func drain() {
    let end = MonotonicInstant.now.advanced(by: .milliseconds(200))
    while port != nil, !rules.outgoing.isEmpty, MonotonicInstant.now < end {
      tellRobot()
      usleep(1000)
    }
    if let descriptor = port?.descriptor { tcdrain(descriptor) }
  }

  // MARK: The learner

  private mutating func hearLearner() {
    guard hasLearner else { return }
    var order = GuardOrder(kind: .live, number: 0, given: MonotonicInstant(nanoseconds: 0))
    while true {
      switch Datagram.receive(&order, on: socket) {
      case .message: rules.obey(order, at: .now)
      case .nothing: return
      case .end:
        hasLearner = false
        rules.beginLeaving(at: .now)
        return
      }
    }
  }

  private mutating func tellLearner(at now: MonotonicInstant) {
    guard hasLearner else { return }
    rules.writeReport(parser, at: now)
    if !Datagram.send(rules.report, on: socket) {
      hasLearner = false
      rules.beginLeaving(at: now)
    }
  }

  /// Sleeps until something is to be heard, a signal came, or it is time.
  private mutating func wait(until instant: MonotonicInstant) {
    let left = MonotonicInstant.now.duration(to: instant)
    guard left > .zero else { return }
    var sources = InlineArray<2, pollfd>(repeating: pollfd(fd: -1, events: Int16(POLLIN), revents: 0))
    if hasLearner { sources[0].fd = socket }
    if let descriptor = port?.descriptor { sources[1].fd = descriptor }
    withUnsafeMutableBytes(of: &sources) {
      _ = poll($0.assumingMemoryBound(to: pollfd.self).baseAddress, 2, CInt(left.milliseconds.rounded(.up)))
    }
  }

  /// Signals that would end the process let it leave the robot first; the terminal is none of its business.
  private static func takeSignals() {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in GuardLoop.isEnding.store(true, ordering: .relaxed) }
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { sigaction(signal, &action, nil) }
    for signal in [SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU] { Glibc.signal(signal, SIG_IGN) }
  }
}
