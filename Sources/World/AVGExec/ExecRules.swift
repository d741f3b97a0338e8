import AVGCore
import AVGGuard
import AVGRobot
import AVGSystem

/// The decisions of the guard of a robot that a program drives, on orders, lines and the passage of time, without any input
/// or output.
///
/// The program is told `drive` only while a fresh order asks for it, the robot says that it is ready, and the program has
/// answered of late; else `stop`. It hears a line at least every 50 ms, so that it can stop by itself when it hears none.
/// Whatever it does against the protocol ends the run for it: it is told to stop, its input ends, and it has a moment to go.
struct ExecRules {
  struct Settings: Hashable, Sendable {
    /// The length of a control cycle, which the program is told.
    var controlPeriod = Duration.milliseconds(45)
    /// The age at which an order is no longer obeyed, and the silence at which the program should stop by itself.
    var orderTimeout = Duration.milliseconds(200)
    /// The fastest that a wheel may be told to turn, in mm/s.
    var speedLimit = 300
    /// How long a program may take from its start to its `robot` line.
    var startPatience = Duration.seconds(60)
  }

  /// The longest that the program hears nothing.
  static let beat = Duration.milliseconds(50)
  /// A program that answers later than this is not driven.
  static let lateness = Duration.milliseconds(250)
  /// A program that answers later than this hangs.
  static let answerPatience = Duration.seconds(2)

  let settings: Settings
  private(set) var report = ExecReport()
  /// The learner should hear of something.
  var hasNews = false
  /// Lines for the program; whoever writes them removes them.
  var outgoing: [UInt8] = []

  private var orders: OrderRules<DriveSpeeds>
  private var order = ExecOrder(kind: .drive, given: MonotonicInstant(nanoseconds: 0))
  private var layout: [ExecSense]?
  private var isHeld = false
  private var incoming: [UInt8] = []
  private let began: MonotonicInstant
  private var told = DriveSpeeds.stopped
  private var toldAt = MonotonicInstant(nanoseconds: 0)
  /// The lines that the program was told.
  private var lineNumber: UInt64 = 0
  /// When each of the last lines was told, at the place of its number.
  private var toldTimes = InlineArray<64, MonotonicInstant>(repeating: MonotonicInstant(nanoseconds: 0))
  /// The last line that the program has done.
  private var answered: UInt64 = 0
  /// The first line that carried the newest order.
  private var orderLine: UInt64 = 0

  init(_ settings: Settings, at now: MonotonicInstant) {
    self.settings = settings
    began = now
    orders = OrderRules(timeout: settings.orderTimeout, limit: settings.speedLimit)
    let (period, timeout) = (settings.controlPeriod.milliseconds, settings.orderTimeout.milliseconds)
    write(
      "hello \(ExecAnswer.version) wheels period_ms \(Int(period.rounded())) timeout_ms \(Int(timeout.rounded())) "
        + "limit_mm_s \(settings.speedLimit)")
  }

  /// Whether the run is over for this robot: it was told to stop, and its program is to be ended.
  var isLeaving: Bool { orders.leavingSince != nil }

  /// Notes the program's process.
  mutating func started(_ process: Int32) { report.process = process }

  // MARK: Orders

  /// Takes an order of the learner.
  mutating func obey(_ order: ExecOrder, at now: MonotonicInstant) {
    guard orders.admit(order.stamp, portNumber: ExecOrder.portNumber, at: now) else { return }
    switch order.kind {
    case .halt: isHeld = true
    case .clear: isHeld = false
    case .drive:
      self.order = order
      orderLine = 0
    }
    tick(at: now)
  }

  /// This process was away: what was ordered until now is of the past.
  mutating func wasAway(at now: MonotonicInstant) { orders.forgetOrders(at: now) }

  /// The learner is gone, or has ended the run.
  mutating func learnerLeft(at now: MonotonicInstant) { leave(at: now) }

  // MARK: The program

  /// Takes in what the program has written.
  mutating func hear(_ bytes: some Sequence<UInt8>, at now: MonotonicInstant) {
    for byte in bytes where !isLeaving {
      if byte != UInt8(ascii: "\n") {
        incoming.append(byte)
        if incoming.count > ExecAnswer.longestLine {
          fail("it wrote \(incoming.count) bytes without the end of a line", at: now)
        }
        continue
      }
      if incoming.last == UInt8(ascii: "\r") { incoming.removeLast() }
      let line = String(decoding: incoming, as: UTF8.self)
      incoming.removeAll(keepingCapacity: true)
      report.lines += 1
      do throws(ExecMistake) { try take(ExecAnswer(line), at: now) } catch { fail(error.text, at: now) }
    }
  }

  /// The program has ended, or could not be started.
  mutating func programEnded(_ words: String, at now: MonotonicInstant) { fail(words, at: now) }

  /// Watches deadlines, and tells the program what holds now.
  mutating func tick(at now: MonotonicInstant) {
    guard !isLeaving else { return }
    guard layout != nil else {
      if began.duration(to: now) > settings.startPatience {
        let seconds = Int(settings.startPatience.seconds.rounded())
        fail(
          "it did not say what it is within \(seconds) s: the first line of an answer is 'robot 1 NAME SENSE…'",
          at: now)
      }
      return
    }
    let waited = answered == lineNumber ? .zero : toldTimes[place(of: answered + 1)].duration(to: now)
    if waited > Self.answerPatience || lineNumber - answered >= UInt64(toldTimes.count) {
      let seconds = (waited.seconds * 10).rounded() / 10
      return fail("it has not answered line \(answered + 1) for \(seconds) s", at: now)
    }
    orders.hearPeer(holding: ExecOrder.portNumber, at: now)
    judge(waited, at: now)
    let speeds = report.phase == .driving ? allowed(at: now) : .stopped
    let isNewOrder = report.phase == .driving && speeds == orders.bounded(order.speeds) && orderLine == 0
    if isNewOrder || speeds != told || toldAt.duration(to: now) >= Self.beat { tell(speeds, at: now) }
  }

  private mutating func judge(_ waited: Duration, at now: MonotonicInstant) {
    let phase: ExecPhase =
      isHeld ? .held : waited > Self.lateness ? .late : report.reading.isReady ? .driving : .unready
    if phase == .late, report.phase != .late { report.lateAnswers += 1 }
    if phase != report.phase { hasNews = true }
    report.phase = phase
  }

  /// What the newest order allows.
  private mutating func allowed(at now: MonotonicInstant) -> DriveSpeeds {
    guard orders.permission(portNumber: ExecOrder.portNumber, at: now) == .granted else {
      if told != .stopped { report.expiries += 1 }
      return .stopped
    }
    return orders.bounded(order.speeds)
  }

  private mutating func tell(_ speeds: DriveSpeeds, at now: MonotonicInstant) {
    lineNumber += 1
    write(speeds == .stopped ? "stop \(lineNumber)" : "drive \(lineNumber) \(speeds.left) \(speeds.right)")
    (told, toldAt) = (speeds, now)
    if orderLine == 0 { orderLine = lineNumber }
    toldTimes[place(of: lineNumber)] = now
  }

  private func place(of line: UInt64) -> Int { Int(line % UInt64(toldTimes.count)) }

  private mutating func take(_ answer: ExecAnswer, at now: MonotonicInstant) throws(ExecMistake) {
    switch answer {
    case .fault(let words):
      throw ExecMistake("it said that it cannot go on: \(words.isEmpty ? "without a reason" : words)")
    case .robot(let name, let senses):
      guard layout == nil else { throw ExecMistake("it said twice what it is") }
      layout = senses
      report.name = GuardText(name)
    case .senses(let number, let values):
      guard let layout else { throw ExecMistake("it reported senses before its 'robot' line") }
      guard values.count == layout.count else {
        throw ExecMistake("it reported \(values.count) senses, not the \(layout.count) of its 'robot' line")
      }
      guard (answered...lineNumber).contains(number) else {
        throw ExecMistake("it answered line \(number) after line \(answered); \(lineNumber) were sent")
      }
      for (sense, value) in zip(layout, values) {
        guard sense.range.contains(value) else {
          throw ExecMistake("its \(sense.rawValue) is \(value), which is not within \(sense.range.shown)")
        }
        sense.write(value, into: &report.reading)
      }
      note(number, at: now)
    }
  }

  /// The program has done the lines up to `number`.
  private mutating func note(_ number: UInt64, at now: MonotonicInstant) {
    answered = number
    report.readAt = now
    if orderLine > 0, number >= orderLine, report.orderNumber != order.number {
      report.orderNumber = order.number
      report.orderGiven = order.given
      report.doneAt = now
    }
    hasNews = true
  }

  // MARK: The end

  private mutating func fail(_ words: String, at now: MonotonicInstant) {
    guard !isLeaving else { return }
    report.fault = GuardText(words)
    leave(at: now)
  }

  private mutating func leave(at now: MonotonicInstant) {
    guard orders.beginLeaving(at: now) else { return }
    report.phase = .leaving
    hasNews = true
    lineNumber += 1
    write("stop \(lineNumber)")
  }

  private mutating func write(_ line: String) {
    outgoing.append(contentsOf: line.utf8)
    outgoing.append(UInt8(ascii: "\n"))
  }
}

extension ClosedRange<Double> {
  fileprivate var shown: String { "\(lowerBound) to \(upperBound)" }
}
