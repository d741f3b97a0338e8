package import AVGCore
import AVGSystem
import Glibc

/// What the one guard of a device says to its learner, every 15 ms or so; each is one datagram.
package protocol SoleGuardReport: BitwiseCopyable, Sendable {
  /// When it was written.
  var written: MonotonicInstant { get set }

  /// Makes the report of a guard that has done nothing yet.
  init()
}

/// A guard that is gone, or answers no longer; or that could not be started.
package struct GuardLoss: Error, Hashable {
  /// What of it was seen.
  package var seen: String
}

/// The learner's end of the line to the one guard process that holds a device.
///
/// It is for devices that stop by themselves when commands cease, so that a second guard would add nothing. The guard hears of
/// the learner's end, however it ends, as the end of the socket.
package struct SoleGuard<Order: SoleGuardOrder, Report: SoleGuardReport>: ~Copyable {
  /// What the guard said last.
  package private(set) var report = Report()
  private var process: ChildProcess
  private let socket: SystemSocket
  private var absence = AbsenceWatch()
  /// When this process listened again after an absence, in which it could hear nobody.
  private var presentSince = MonotonicInstant.now
  private var hasHeard = false
  /// Whether the guard is gone, or was ended because it hung.
  package private(set) var isLost = false

  /// A guard that runs says something every 15 ms. One that is silent for so long is ended.
  private static var patience: Duration { .seconds(1) }
  /// How long a guard may take to leave its device at rest.
  private static var leavingPatience: Duration { .seconds(6) }

  /// Starts the guard, in a session of its own: no key and no terminal's end reaches it.
  ///
  /// - Parameters:
  ///   - words: its command line; it finds its socket at descriptor 3.
  ///   - priority: the real-time priority that it begins with, where that is permitted.
  package init(starting words: [String], priority: CInt?) throws(GuardLoss) {
    CrashCut.useNoBacktrace()
    do throws(SystemError) {
      let (ours, theirs) = try SystemSocket.pair(.messages)
      defer { theirs.close() }
      var launch = ChildProcess.Launch(
        words, [(GuardPost<Order, Report>.socket, .descriptor(theirs.descriptor))])
      launch.hasOwnSession = true
      launch.priority = priority
      do throws(SystemError) {
        process = try ChildProcess.started(launch)
      } catch {
        ours.close()
        throw error
      }
      socket = ours
    } catch {
      throw GuardLoss(seen: "its process could not be started: \(error.reason)")
    }
    report.written = .now
    GuardGroup.take([process.identifier])
    CrashCut.watch(socket.descriptor)
  }

  deinit {
    CrashCut.watch(-1)
    socket.close()
    var process = process
    if !process.wait(upTo: Self.leavingPatience) { process.kill() }
    GuardGroup.remove()
  }

  /// The descriptor of the socket, for a switch that any thread may use.
  package var descriptor: CInt { socket.descriptor }

  /// Gives an order; none waits for room.
  package func send(_ order: Order) throws(GuardLoss) {
    guard Datagram.send(order, on: socket.descriptor) != .end else {
      throw GuardLoss(seen: "its socket was closed")
    }
  }

  /// Takes in what the guard has said, the newest of it.
  package mutating func listen() throws(GuardLoss) {
    if absence.wasAway() { presentSince = .now }
    while true {
      switch Datagram.receive(&report, on: socket.descriptor) {
      case .message: hasHeard = true
      case .nothing:
        CrashCut.holdIfStruck()
        return try checkSilence()
      case .end: throw lost()
      }
    }
  }

  /// Waits for news from the guard, at the longest until `instant`, and takes them in.
  package mutating func listen(until instant: MonotonicInstant) throws(GuardLoss) {
    let left = MonotonicInstant.now.duration(to: instant)
    if left > .zero { socket.awaitInput(for: left) }
    try listen()
  }

  /// Whether the guard has been heard of late.
  package var isHeard: Bool { hasHeard && report.written.duration(to: .now) <= GuardTiming.silence }

  private mutating func checkSilence() throws(GuardLoss) {
    let silence = min(report.written.duration(to: .now), presentSince.duration(to: .now))
    guard silence > (hasHeard ? Self.patience : GuardTiming.startPatience) else { return }
    isLost = true
    process.kill()
    throw GuardLoss(seen: "it said nothing for \((silence.seconds * 10).rounded() / 10) s, and was ended")
  }

  private mutating func lost() -> GuardLoss {
    CrashCut.holdIfStruck()
    isLost = true
    _ = process.wait(upTo: .seconds(1))
    return GuardLoss(seen: process.ending.map { "its process \($0.words)" } ?? "its socket was closed")
  }
}

/// A guard's end of the same line.
package struct GuardPost<Order: SoleGuardOrder, Report: SoleGuardReport>: ~Copyable {
  /// The descriptor that a guard finds its socket at.
  package static var socket: CInt { 3 }
  /// A device that says nothing is no reason to say nothing.
  private static var reportInterval: Duration { .milliseconds(15) }

  /// Whether the learner has not been seen to end.
  package private(set) var hasLearner = true
  private var lastReport = MonotonicInstant(nanoseconds: 0)
  private var absence = AbsenceWatch()

  /// Takes the socket, and makes this process hard to end by accident and hard to delay.
  package init() {
    GuardProcess.prepare()
    _ = RealTime.enter(priority: RealTime.guardPriority)
  }

  /// A signal has asked this process to end.
  package var isEnding: Bool { GuardProcess.isEnding }

  /// Whether this process was away since it was last asked.
  package mutating func wasAway() -> Bool { absence.wasAway() }

  /// Takes the learner's next order into `order`; false if there is none now.
  package mutating func hear(_ order: inout Order) -> Bool {
    guard hasLearner else { return false }
    switch Datagram.receive(&order, on: Self.socket) {
    case .message: return true
    case .nothing: return false
    case .end:
      hasLearner = false
      return false
    }
  }

  /// Tells the learner, if there is news or it is time.
  package mutating func tell(_ report: Report, isNew: Bool) {
    let now = MonotonicInstant.now
    guard hasLearner, isNew || lastReport.duration(to: now) >= Self.reportInterval else { return }
    lastReport = now
    var report = report
    report.written = now
    if Datagram.send(report, on: Self.socket) == .end { hasLearner = false }
  }

  /// Sleeps until the learner or one of the `devices` is to be heard, a signal came, or it is time.
  package func wait(until instant: MonotonicInstant, for devices: InlineArray<3, CInt>) {
    let left = MonotonicInstant.now.duration(to: instant)
    guard left > .zero else { return }
    var sources = InlineArray<4, pollfd>(repeating: pollfd(fd: -1, events: Int16(POLLIN), revents: 0))
    if hasLearner { sources[0].fd = Self.socket }
    for index in devices.indices { sources[index + 1].fd = devices[index] }
    withUnsafeMutableBytes(of: &sources) {
      _ = poll($0.assumingMemoryBound(to: pollfd.self).baseAddress, 4, CInt(left.milliseconds.rounded(.up)))
    }
  }
}
