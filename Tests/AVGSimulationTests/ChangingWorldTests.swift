import AVGCore
import AVGCreate2
import AVGImaging
import AVGTestSupport
import Foundation
import Testing

@testable import AVGSimulation

/// Worlds that become others while a run goes on.
@Suite("Changing worlds")
struct ChangingWorldTests {
  private static func pen(_ change: (inout PenConfiguration) -> Void) -> PenConfiguration {
    var configuration = PenConfiguration()
    change(&configuration)
    return configuration
  }

  /// Worlds that draw and remember different amounts, with cameras that keep time in their own ways.
  private static let changes = [
    ComingWorld(
      step: 10,
      pen {
        $0.motorDelayCycles = 2
        $0.distractorCount = 3
        $0.cameraFramesPerSecond = 40
        $0.penLengthMeters = 2.4
      }),
    ComingWorld(
      step: 25,
      pen {
        $0.cameraTiltDegrees = 20
        $0.lensDirt = 0.8
        $0.leftWheelGain = 0.6
      }),
  ]

  /// Drives for a while, with an episode every seven cycles, and tells what was seen and felt.
  private func drive(_ body: inout SimulatedBody, from first: Int, to end: Int) throws -> [Data] {
    try (first..<end).map { step in
      if step.isMultiple(of: 7) { _ = try body.reset() }
      try body.drive(WheelSpeeds(Double(step % 5) * 60, Double(step % 3) * 90))
      _ = try body.awaitCycle()
      let (frame, senses) = try view(&body)
      return Data(frame.pixels) + Data("\(senses) \(body.pose)".utf8)
    }
  }

  @Test(
    "an episode that begins at or after a change's step is in the changed world, the one under way is not")
  func changesBetweenEpisodes() throws {
    var body = try SimulatedBody(changes: Self.changes, seed: 1)
    var worlds: [String] = []
    for step in 0..<40 {
      // Episodes begin at 0, 7, 14, 21, 28, 35.
      if step.isMultiple(of: 7) { _ = try body.reset() }
      _ = try body.awaitCycle()
      if step % 7 == 6 {
        worlds.append("\(body.configuration.penLengthMeters) \(body.configuration.lensDirt)")
      }
    }
    #expect(worlds == ["1.6 0.0", "1.6 0.0", "2.4 0.0", "2.4 0.0", "1.6 0.8"])
    _ = try body.reset()
    #expect(body.configuration == Self.changes[1].configuration)
  }

  @Test("a run that is taken up in any of its worlds goes on as by itself")
  func resumes() throws {
    var whole = try SimulatedBody(changes: Self.changes, seed: 3)
    let seen = try drive(&whole, from: 0, to: 45)
    for end in [3, 9, 17, 24, 30] {
      var first = try SimulatedBody(changes: Self.changes, seed: 3)
      _ = try drive(&first, from: 0, to: end)
      var second = try SimulatedBody(changes: Self.changes, seed: 77)
      try second.restore(first.state)
      #expect(try drive(&second, from: end, to: 45) == Array(seen[end...]), "\(end)")
    }
  }

  @Test("a state of a change that a world does not go through is refused")
  func refusesOtherChanges() throws {
    var body = try SimulatedBody(changes: Self.changes, seed: 3)
    _ = try drive(&body, from: 0, to: 30)
    var other = try SimulatedBody(changes: [Self.changes[0]], seed: 3)
    #expect(throws: SimulationError.otherWorld) { try other.restore(body.state) }
    var shorter = try SimulatedBody(changes: [Self.changes[0], Self.changes[0]], seed: 3)
    #expect(throws: SimulationError.otherWorld) { try shorter.restore(body.state) }
  }

  @Test("a change to a world that cannot be is refused")
  func refusesImpossibleWorlds() {
    let wrong = ComingWorld(step: 5, Self.pen { $0.lensDirt = 2 })
    #expect(throws: InvalidSetting.self) { _ = try SimulatedBody(changes: [wrong], seed: 1) }
  }

  @Test("wheels connected the wrong way round drive backward, a worn one makes a curve")
  func wheelGains() throws {
    func pose(left: Double, right: Double) throws -> Pose {
      var body = try SimulatedBody(
        Self.pen {
          $0.leftWheelGain = left
          $0.rightWheelGain = right
        }, seed: 1)
      try place(&body, x: 0.6, y: 0.6, heading: 0)
      try body.drive(WheelSpeeds(200, 200))
      for _ in 0..<4 { _ = try body.awaitCycle() }
      return body.pose
    }
    #expect(try pose(left: 1, right: 1).x > 0.62)
    #expect(try pose(left: -1, right: -1).x < 0.58)
    #expect(try pose(left: 0.6, right: 1).heading > 0.05)
  }

  @Test("a camera that looks to the left has the target further right, on a level and on a tilted mount")
  func pans() throws {
    func column(pan: Double, tilt: Double) throws -> Double {
      var body = try SimulatedBody(
        Self.pen {
          $0.cameraPanDegrees = pan
          $0.cameraTiltDegrees = tilt
        }, seed: 1)
      try place(&body, x: 0.5, y: 0.6, heading: 0)
      return targetColumn(try view(&body).frame)
    }
    for tilt in [0.0, 3] {
      let straight = try column(pan: 0, tilt: tilt)
      // The pinhole: 60° of view over 160 columns, so 80 / tan 30° columns for a slope of 1.
      let expected = straight + 80 / tan(.pi / 6) * tan(10 * .pi / 180)
      #expect(abs(try column(pan: 10, tilt: tilt) - expected) < 3, "\(tilt)")
      #expect(try column(pan: -10, tilt: tilt) < straight - 15, "\(tilt)")
    }
  }

  @Test("dirt takes pixels towards grey where its spots are, the same in every image, and nothing when clean")
  func dirt() throws {
    let shape = FrameShape.standard
    func covered(_ share: Double, _ level: UInt8) -> [UInt8] {
      var pixels = [UInt8](repeating: level, count: shape.byteCount)
      LensDirt(share: share, shape: shape).apply(to: &pixels)
      return pixels
    }
    #expect(covered(0, 200) == [UInt8](repeating: 200, count: shape.byteCount))
    let (bright, dark) = (covered(1, 255), covered(1, 0))
    for index in bright.indices {
      #expect(bright[index] >= 90 && dark[index] <= 90)
      // Both lose the same share of their distance to grey, but for rounding.
      #expect(abs(Double(255 - bright[index]) / 165 - Double(dark[index]) / 90) < 0.02)
    }
    let share = Double(dark.count { $0 > 45 }) / Double(dark.count)
    #expect((0.1...0.6).contains(share), "\(share)")
    #expect(dark == covered(1, 0))
  }
}
