import AVGCore
import Glibc

/// An emulated robot on a pseudo-terminal, in real time.
public struct EmulatorLoop<World: EmulatedWorld & ~Copyable>: ~Copyable {
  /// The robot.
  public private(set) var robot: EmulatedRobot<World>
  private var cable: EmulatedCable
  private let control: Int32
  private let log: (String) -> Void
  private var schedule: [(fault: ScheduledFault, at: MonotonicInstant)] = []
  private var ends: [(instant: MonotonicInstant, undo: Undo)] = []
  private var random: RandomSource
  private var line: [UInt8] = []

  private enum Undo { case silence, noise, checksums, unplug, lift, edge }

  /// Puts a robot on a cable.
  ///
  /// - Parameters:
  ///   - link: the symbolic link at which the port is found.
  ///   - control: a descriptor from which faults are read, a line each, as `noise 2`, or notes for the log, as
  ///     `mark begin`; −1 if there is none.
  ///   - faults: what goes wrong by itself.
  ///   - seed: what noise and times are drawn from.
  ///   - log: receives a line for each fault.
  /// - Throws: `RobotError.emulated` if another emulator has its cable at `link`, `.occupied` if there is something else.
  public init(
    robot: consuming EmulatedRobot<World>, link: String, control: Int32 = -1, faults: [ScheduledFault] = [],
    seed: UInt64 = 0, log: @escaping (String) -> Void
  ) throws(RobotError) {
    cable = try EmulatedCable(at: try LinkPlace(link), seed: seed)
    self.robot = robot
    self.control = control
    self.log = log
    random = RandomSource(seed: seed, purpose: "times of faults")
    for fault in faults { schedule.append((fault, instant(of: fault))) }
  }

  /// Runs until `isEnding` says so.
  ///
  /// - Parameter show: is shown the world after every 5 ms.
  public mutating func run(
    until isEnding: () -> Bool, show: (borrowing World) -> Void = { _ in }
  ) throws(RobotError) {
    var next = MonotonicInstant.now
    while !isEnding() {
      wait(until: next)
      listen()
      readControl()
      let now = MonotonicInstant.now
      // What was missed is made up for: the world keeps to the time.
      while next <= now {
        robot.advance()
        next = next.advanced(by: EmulatedRobot<World>.tick)
      }
      try undo(at: now)
      strike(at: now)
      cable.send(&robot.outgoing)
      show(robot.world)
    }
  }

  private mutating func listen() {
    // The robot is lent to the closure, which the cable calls at once.
    var heard: [UInt8] = []
    cable.receive { heard.append($0) }
    for byte in heard { robot.hear(byte) }
  }

  private func wait(until instant: MonotonicInstant) {
    let left = MonotonicInstant.now.duration(to: instant)
    guard left > .zero else { return }
    var sources = [
      pollfd(fd: cable.awaitable, events: Int16(POLLIN), revents: 0),
      pollfd(fd: control, events: Int16(POLLIN), revents: 0),
    ]
    _ = poll(&sources, nfds_t(sources.count), CInt(left.milliseconds.rounded(.up)))
  }

  // MARK: Faults

  private mutating func instant(of fault: ScheduledFault) -> MonotonicInstant {
    let factor = fault.isRecurring ? -Elementary.log(1 - random.uniform()) : 1
    return MonotonicInstant.now.advanced(by: .seconds(fault.seconds * factor))
  }

  private mutating func strike(at now: MonotonicInstant) {
    for index in schedule.indices.reversed() where schedule[index].at <= now {
      let scheduled = schedule.remove(at: index).fault
      strike(scheduled.fault)
      if scheduled.isRecurring { schedule.append((scheduled, instant(of: scheduled))) }
    }
  }

  private mutating func readControl() {
    guard control >= 0 else { return }
    var byte: UInt8 = 0
    while read(control, &byte, 1) == 1 {
      guard byte == UInt8(ascii: "\n") else {
        line.append(byte)
        continue
      }
      let text = String(decoding: line, as: UTF8.self)
      line.removeAll()
      if text.hasPrefix("mark ") {
        log(text)
        continue
      }
      guard let fault = EmulatorFault(text) else {
        log("not understood: \(text)")
        continue
      }
      strike(fault)
    }
  }

  private mutating func strike(_ fault: EmulatorFault) {
    log("fault \(fault)")
    switch fault {
    case .silence(let seconds):
      cable.isSilent = true
      end(.silence, after: seconds)
    case .noise(let seconds):
      cable.isNoisy = true
      end(.noise, after: seconds)
    case .checksums(let seconds):
      robot.spoilsChecksums = true
      end(.checksums, after: seconds)
    case .unplug(let seconds):
      cable.unplug()
      end(.unplug, after: seconds)
    case .lift(let seconds):
      robot.isLifted = true
      end(.lift, after: seconds)
    case .edge(let seconds):
      robot.isAtEdge = true
      end(.edge, after: seconds)
    case .freeze: cable.freeze()
    case .reboot: robot.reboot()
    case .passive: robot.pressButton()
    case .wake: robot.wakeUp()
    }
  }

  private mutating func end(_ undo: Undo, after seconds: Double) {
    ends.append((MonotonicInstant.now.advanced(by: .seconds(seconds)), undo))
  }

  private mutating func undo(at now: MonotonicInstant) throws(RobotError) {
    for index in ends.indices.reversed() where ends[index].instant <= now {
      let undo = ends.remove(at: index).undo
      log("fault over: \(undo)")
      switch undo {
      case .silence: cable.isSilent = false
      case .noise: cable.isNoisy = false
      case .checksums: robot.spoilsChecksums = false
      case .unplug: if !cable.isPluggedIn { try cable.plugIn() }
      case .lift: robot.isLifted = false
      case .edge: robot.isAtEdge = false
      }
    }
  }
}
