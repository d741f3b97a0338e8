import AVGCore
import AVGCreate2
import Testing

@testable import AVGRobot

@Suite("The base of a Create 2")
struct Create2BaseTests {
  @Test("the distance is that of both wheels, over the end of the encoders' range too")
  func distance() {
    var before = SensorReading()
    before.leftEncoder = 65_530
    before.rightEncoder = 100
    var after = before
    after.leftEncoder = 4
    after.rightEncoder = 90
    #expect(EncoderCounts(before).distance(to: before) == 0)
    #expect(EncoderCounts(before).distance(to: after) == 0)
    after.rightEncoder = 110
    // A whole turn is 508.8 counts and π · 72 mm.
    #expect(abs(EncoderCounts(before).distance(to: after) - 10 / 508.8 * 72 * .pi) < 1e-9)
    #expect(abs(EncoderCounts(after).distance(to: before) + 10 / 508.8 * 72 * .pi) < 1e-9)
  }

  @Test(
    "the way to a new start turns, backs off, turns and goes forward, within the times and the speed given")
  func script() {
    var settings = RobotSettings()
    settings.resetSpeedMillimetersPerSecond = 200
    var script = ResetScript(settings, seed: 5)
    var other = ResetScript(settings, seed: 5)
    var turnsLeft = 0
    for _ in 0..<200 {
      let moves = script.draw()
      #expect(moves == other.draw())
      #expect(moves.map(\.speeds.left.millimetersPerSecond.magnitude) == [200, 200, 200, 200])
      #expect(moves[0].speeds.left.millimetersPerSecond == -moves[0].speeds.right.millimetersPerSecond)
      #expect(moves[1].speeds == speeds(-200, -200) && moves[3].speeds == speeds(200, 200))
      for (move, range) in zip(moves, [0.25...0.75, 1...1.5, 0.5...1, 0.3...0.6]) {
        #expect(range.contains(move.duration.seconds))
      }
      turnsLeft += moves[0].speeds.left.millimetersPerSecond < 0 ? 1 : 0
    }
    #expect((60...140).contains(turnsLeft))
  }

  @Test("settings out of their range are refused by name")
  func settings() {
    var settings = RobotSettings()
    settings.longestRetreatSeconds = 0.5
    #expect(throws: InvalidSetting.self) { try settings.validate() }
    settings = RobotSettings()
    settings.chargeUntilMilliampereHours = 1000
    #expect { try settings.validate() } throws: {
      ($0 as? InvalidSetting)?.key == "chargeUntilMilliampereHours"
    }
    settings = RobotSettings()
    settings.speedLimitMillimetersPerSecond = 501
    #expect { try settings.validate() } throws: {
      ($0 as? InvalidSetting)?.key == "speedLimitMillimetersPerSecond"
    }
  }

  private func speeds(_ left: Double, _ right: Double) -> WheelSpeeds {
    WheelSpeeds(left: .millimetersPerSecond(left), right: .millimetersPerSecond(right))
  }
}
