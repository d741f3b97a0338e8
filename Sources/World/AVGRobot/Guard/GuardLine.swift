import AVGCore
import AVGGuard
import Glibc

/// A robot's serial port in the hands of one process: what is understood on it, what is done about it, and what is said.
///
/// Guards and learner each hold the same open port; only the first guard reads and drives. Any of them can halt the robot,
/// and leave it stopped and passive.
struct GuardLine: ~Copyable {
  /// What is to be done.
  var rules: GuardRules
  /// While it is open.
  private var port: SerialPort?
  var isOpen: Bool { descriptor >= 0 }
  /// The port's; −1 while it is closed.
  private(set) var descriptor: Int32 = -1
  /// Of a port that this process has opened itself.
  private var arrivals = TerminalArrivals(on: -1)
  private let path: String
  private var parser = StreamParser()
  private var ear = StrangerEar()
  private var arrived = [UInt8](repeating: 0, count: 1024)

  /// More than this many bytes that the line does not take are too old to be sent.
  private static let longestBacklog = 512

  init(path: String, rules: GuardRules = GuardRules()) {
    self.path = path
    self.rules = rules
  }

  /// Opens the port.
  mutating func open(at now: MonotonicInstant) {
    do throws(RobotError) {
      let opened = try SerialPort(path)
      // Held, the line would keep the robot from hearing.
      opened.setWakeLine(pulled: false)
      descriptor = opened.descriptor
      arrivals = TerminalArrivals(on: descriptor)
      port = consume opened
      parser.reset()
      ear.reset()
      rules.portOpened(at: now)
    } catch {
      rules.portRefused(error)
    }
  }

  /// Holds the port that another process has opened, in the place of the one before.
  mutating func hold(_ descriptor: Int32) {
    arrivals = TerminalArrivals(on: -1)
    port = SerialPort(path: path, descriptor: descriptor)
    self.descriptor = descriptor
  }

  /// Lets the port go, without a word.
  mutating func release() {
    arrivals = TerminalArrivals(on: -1)
    port = nil
    descriptor = -1
  }

  /// Closes the port, which is gone or answers no longer.
  mutating func close(at now: MonotonicInstant) {
    release()
    rules.portLost(at: now)
  }

  /// Pulls the line that wakes a sleeping robot, or lets it go.
  func setWakeLine(pulled: Bool) { port?.setWakeLine(pulled: pulled) }

  /// What `poll` may wait for instead of the port itself; −1 if there is nothing.
  var awaitable: Int32 { arrivals.descriptor }

  /// Takes in what the robot has said.
  mutating func hear() {
    guard isOpen, arrivals.take() else { return }
    do throws(RobotError) {
      var count = arrived.count
      while count == arrived.count {
        count = try port?.read(into: &arrived) ?? 0
        let now = MonotonicInstant.now
        for index in 0..<count { take(arrived[index], at: now) }
      }
    } catch { close(at: .now) }
  }

  private mutating func take(_ byte: UInt8, at now: MonotonicInstant) {
    if let reading = parser.push(byte) {
      ear.reset()
      rules.read(reading, at: now)
    } else if rules.report.phase == .waking {
      ear.hear(byte)
    }
    rules.report.stranger = ear.stranger
  }

  /// Sends the robot what it is to be told, as far as the line takes it.
  mutating func tell() {
    guard isOpen, !rules.outgoing.isEmpty else { return }
    do throws(RobotError) {
      let taken = try port?.write(rules.outgoing) ?? 0
      rules.outgoing.removeFirst(taken)
      if rules.outgoing.count > Self.longestBacklog {
        rules.outgoing.removeAll(keepingCapacity: true)
        close(at: .now)
      }
    } catch { close(at: .now) }
  }

  /// Writes down what is counted here, and the time of the report.
  mutating func writeReport(at now: MonotonicInstant) { rules.writeReport(parser, at: now) }

  // MARK: When the first guard is silent

  /// Halts a robot of which nothing is known, its own search for the dock included: past the rules, at once.
  func haltFromAnyState() {
    say { bytes in
      for command in [Command.safe, .drive(.stopped), .start] { command.encode(into: &bytes) }
    }
  }

  /// Halts the robot once more, in case it has not heard: see `GuardRules.haltAgain`.
  func haltAgain() { say { GuardRules.haltAgain(into: &$0) } }

  private func say(_ write: (inout [UInt8]) -> Void) {
    var bytes: [UInt8] = []
    write(&bytes)
    // A failure here is one of the port, which the others that hold it notice too.
    _ = try? port?.write(bytes)
  }

  /// Takes the robot over from a guard that is gone, and returns when it is stopped and passive, or cannot be reached.
  mutating func leave(within patience: Duration) {
    guard isOpen else { return }
    haltFromAnyState()
    let end = MonotonicInstant.now.advanced(by: patience)
    rules.takeOver(at: .now)
    while !rules.hasEnded, isOpen, MonotonicInstant.now < end {
      rules.tick(at: .now)
      tell()
      MonotonicInstant.now.advanced(by: GuardTiming.tick).sleepUntil()
      hear()
    }
    drain()
  }

  /// Sends what is left, and waits until the line has it.
  mutating func drain() {
    let end = MonotonicInstant.now.advanced(by: .milliseconds(200))
    while isOpen, !rules.outgoing.isEmpty, MonotonicInstant.now < end {
      tell()
      usleep(1000)
    }
    if isOpen { tcdrain(descriptor) }
  }
}
