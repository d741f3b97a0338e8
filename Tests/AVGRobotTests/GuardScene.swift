import AVGCore
import AVGCreate2

@testable import AVGRobot

/// Rules, a robot that obeys them to the byte, and a clock.
struct GuardScene: ~Copyable {
  var rules = GuardRules()
  var robot: EmulatedRobot<StillWorld>
  var parser = StreamParser()
  var now = MonotonicInstant(nanoseconds: 1_000_000_000)
  var number: UInt64 = 0
  /// Whether bytes reach the robot, and the guard.
  var robotHears = true
  var guardHears = true
  /// Whether the second guard gives signs of life.
  var isWatched = true
  /// What one byte in ten is changed by, in both directions, while there is noise.
  var noise: RandomSource?

  init(log: @escaping (String) -> Void = { _ in }) {
    robot = EmulatedRobot(world: StillWorld(), log: log)
    rules.portOpened(at: now)
  }

  /// Lets time go by in steps of 5 ms.
  mutating func pass(milliseconds: Int) {
    for _ in 0..<milliseconds / 5 {
      now = now.advanced(by: .milliseconds(5))
      if isWatched { rules.hearPeer(holding: rules.report.portNumber, at: now) }
      rules.tick(at: now)
      carry()
      robot.advance()
      for byte in robot.outgoing {
        if let reading = parser.push(carried(byte)), guardHears { rules.read(reading, at: now) }
      }
      robot.outgoing.removeAll()
      carry()
    }
  }

  mutating func carry() {
    if robotHears { for byte in rules.outgoing { robot.hear(carried(byte)) } }
    rules.outgoing.removeAll()
  }

  private mutating func carried(_ byte: UInt8) -> UInt8 {
    guard let draw = noise?.next(), draw % 10 == 0 else { return byte }
    return byte ^ UInt8(1 + draw / 10 % 255)
  }

  mutating func order(_ kind: GuardOrder.Kind, _ speeds: DriveSpeeds = .stopped, ageMilliseconds: Int = 0) {
    number += 1
    let given = now.advanced(by: .milliseconds(-ageMilliseconds))
    rules.obey(
      GuardOrder(
        kind: kind, speeds: speeds, number: number, given: given, portNumber: rules.report.portNumber),
      at: now)
    carry()
  }

  /// Drives for a while, with an order every 45 ms.
  mutating func drive(_ speeds: DriveSpeeds, milliseconds: Int) {
    for _ in 0..<max(1, milliseconds / 45) {
      order(.drive, speeds)
      pass(milliseconds: 45)
    }
  }
}

/// A place where nothing is to be felt, with a dock that is reached after a number of steps.
struct StillWorld: EmulatedWorld, ~Copyable {
  var stepsToDock = 0
  mutating func advance(_ speeds: WheelSpeeds) { stepsToDock -= speeds == .stopped ? 0 : 1 }
  mutating func feel(into senses: inout Create2Senses) {}
  func speedsTowardsDock() -> WheelSpeeds? {
    stepsToDock > 0
      ? WheelSpeeds(left: .millimetersPerSecond(100), right: .millimetersPerSecond(100)) : nil
  }
}
