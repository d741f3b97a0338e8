import AVGCore
import AVGCreate2
import AVGImaging
import AVGTestSupport
import Foundation
import Testing

@testable import AVGSimulation

/// What a world's keys change, each by itself.
@Suite("Harder worlds")
struct HarderWorldTests {
  private func body(
    cycle: Duration = .milliseconds(45), seed: UInt64 = 1, _ change: (inout PenConfiguration) -> Void
  ) throws -> SimulatedBody {
    var configuration = PenConfiguration()
    change(&configuration)
    return try SimulatedBody(configuration, cycle: cycle, seed: seed)
  }

  /// Keys that change something in every part of a world.
  private static func everything(_ configuration: inout PenConfiguration) {
    configuration.distractorCount = 5
    configuration.motorDelayCycles = 1
    configuration.wheelSlip = 0.3
    configuration.cameraFramesPerSecond = 33
    configuration.droppedFrameShare = 0.3
    configuration.jpegQuality = 50
    configuration.maximumTintDriftPerSecond = 0.1
    configuration.randomization.targetLevels = 20
    configuration.randomization.surfaceLevels = 10
    configuration.randomization.cameraTiltDegrees = 10
    configuration.randomization.cameraHeightMeters = 0.05
    configuration.randomization.fieldOfViewDegrees = 5
    configuration.randomization.motorDelayCycles = 2
    configuration.randomization.wheelSpeedShare = 0.1
  }

  @Test("a command reaches the wheels as many cycles late as configured", arguments: 0...3)
  func delaysCommands(cycles: Int) throws {
    var body = try body { $0.motorDelayCycles = cycles }
    try place(&body, x: 0.5, y: 0.6, heading: 0)
    var moved: [Bool] = []
    for step in 0..<8 {
      // One cycle of driving, at the beginning.
      try body.drive(step == 0 ? WheelSpeeds(300, 300) : .stopped)
      let before = body.pose.x
      _ = try body.awaitCycle()
      moved.append(body.pose.x > before)
    }
    #expect(moved == (0..<8).map { $0 == cycles })
  }

  @Test("a new episode knows no command of the last one")
  func forgetsCommands() throws {
    var body = try body { $0.motorDelayCycles = 3 }
    try body.drive(WheelSpeeds(300, 300))
    for _ in 0..<4 { _ = try body.awaitCycle() }
    _ = try body.reset()
    let start = body.pose
    for _ in 0..<5 { _ = try body.awaitCycle() }
    #expect(body.pose == start)
  }

  @Test("slipping wheels lose a share of their way, which the encoders do not notice")
  func slips() throws {
    var body = try body {
      $0.wheelSlip = 0.4
      $0.penLengthMeters = 10
      $0.encoderNoiseShare = 0
    }
    try place(&body, x: 0.5, y: 0.6, heading: 0)
    _ = try view(&body)
    // One side then the other: the heading wanders, so only the way is compared.
    var way = 0.0
    for _ in 0..<40 {
      try body.drive(WheelSpeeds(100, 100))
      let before = body.pose
      _ = try body.awaitCycle()
      way += hypot(body.pose.x - before.x, body.pose.y - before.y)
    }
    let full = 40 * 0.1 * 0.045
    #expect(way < 0.9 * full && way > 0.6 * full)
    #expect(abs(try view(&body).senses.distanceMillimeters - 1000 * full) < 0.5)
  }

  @Test("the encoders tell the way forward, in whole counts and with their noise, once")
  func countsTheWay() throws {
    var body = try body { $0.penLengthMeters = 10 }
    try place(&body, x: 0.5, y: 0.6, heading: 0)
    _ = try view(&body)
    var told: [Double] = []
    for step in 0..<100 {
      try body.drive(step < 50 ? WheelSpeeds(300, 300) : WheelSpeeds(-100, -100))
      _ = try body.awaitCycle()
      told.append(try view(&body).senses.distanceMillimeters)
    }
    #expect(try view(&body).senses.distanceMillimeters == 0)
    let (forward, backward) = (told[..<50].reduce(0, +), told[50...].reduce(0, +))
    #expect(abs(forward - 675) < 8)
    #expect(abs(backward + 225) < 4)
    #expect(Set(told[..<50]).count > 1)
    let count = 72 * Double.pi / 508.8
    for value in told {
      let halves = 2 * value / count
      #expect(abs(halves.rounded() - halves) < 1e-6)
    }
    try body.drive(WheelSpeeds(-200, 200))
    _ = try body.awaitCycle()
    #expect(abs(try view(&body).senses.distanceMillimeters) < 1)
  }

  @Test("a lost image is waited for: the cycle is missed, and the image that comes is of the present")
  func waitsForImages() throws {
    var body = try body(seed: 3) { $0.droppedFrameShare = 0.2 }
    var (missed, stale, fresh) = (0, 0, 0)
    var frame = Frame()
    var senses = Create2Senses()
    var last: FrameStamp?
    var world = 0.0
    for _ in 0..<4000 {
      missed += try body.awaitCycle()
      let before = frame.stamp
      switch try body.sense(into: &frame, &senses) {
      case .fresh:
        fresh += 1
        if let last { #expect(frame.stamp.sequence > last.sequence && frame.stamp.captured > last.captured) }
        #expect(frame.stamp.captured.nanoseconds == body.state.clock.now)
        last = frame.stamp
      case .stale:
        stale += 1
        #expect(frame.stamp == before)
      }
      world = Double(body.state.clock.now)
    }
    // A stale view takes two losses in a row, of which the first was waited for.
    let share = Double(stale) / Double(fresh + stale)
    #expect(abs(share - 0.04) < 0.015)
    #expect(abs(Double(missed) / 4000 - 0.2) < 0.03)
    // Every cycle is either used or missed.
    #expect(abs(world / 45e6 - Double(4000 + missed)) <= 1)
  }

  @Test("a camera that loses nothing never makes anyone wait")
  func missesNothing() throws {
    var body = try body { _ in }
    for _ in 0..<50 {
      #expect(try body.awaitCycle() == 0)
      _ = try view(&body)
    }
    #expect(body.state.clock.now == 50 * 45_000_000)
  }

  @Test(
    "an image of a camera with a clock of its own is of different age each time, and shows where the robot was"
  )
  func followsItsOwnClock() throws {
    var body = try body { $0.cameraFramesPerSecond = 33 }
    try place(&body, x: 0.3, y: 0.6, heading: 0)
    try body.drive(WheelSpeeds(100, 100))
    var ages: [Double] = []
    for _ in 0..<60 {
      #expect(try body.awaitCycle() == 0)
      let stamp = try view(&body).frame.stamp
      ages.append(Double(body.state.clock.now - stamp.captured.nanoseconds) / 1e6)
    }
    #expect(try #require(ages.min()) >= 0 && #require(ages.max()) < 31)
    #expect(try #require(ages.max()) - #require(ages.min()) > 20)
    #expect(abs(body.pose.x - (0.3 + 60 * 0.1 * 0.045)) < 1e-9)
  }

  @Test("compressed images differ a little from what was seen, the more the lower the quality")
  func compresses() throws {
    func error(quality: Int) throws -> Double {
      var plain = try body { _ in }
      var sent = try body { $0.jpegQuality = quality }
      let (first, second) = (try view(&plain).frame.pixels, try view(&sent).frame.pixels)
      return zip(first, second).reduce(0) { $0 + Double(abs(Int($1.0) - Int($1.1))) } / Double(first.count)
    }
    let (coarse, fine) = (try error(quality: 50), try error(quality: 95))
    #expect(fine > 0.2 && coarse > 1.3 * fine && coarse < 8)
  }

  @Test("the target has the colour that is given, as far as the light lets it")
  func paintsTheTarget() throws {
    var body = try body {
      ($0.targetRed, $0.targetGreen, $0.targetBlue) = (90, 150, 40)
      ($0.minimumLightGain, $0.maximumLightGain, $0.maximumLightTint) = (1, 1, 0)
      $0.pixelNoiseLevels = 0
    }
    try place(&body, x: 1.2, y: 0.6, heading: 0)
    let frame = try view(&body).frame
    let middle = (45 * 160 + 80) * 3
    let (red, green, blue) = (frame.pixels[middle], frame.pixels[middle + 1], frame.pixels[middle + 2])
    #expect(abs(Double(red) / Double(green) - 90.0 / 150) < 0.02)
    #expect(abs(Double(blue) / Double(green) - 40.0 / 150) < 0.02)
  }

  @Test("sheets on the walls are seen, hang elsewhere in the next episode and never hide the target")
  func hangsSheets() throws {
    var bare = try body { $0.pixelNoiseLevels = 0 }
    var hung = try body {
      $0.pixelNoiseLevels = 0
      $0.distractorCount = 12
    }
    var views: Set<[UInt8]> = []
    for _ in 0..<10 {
      _ = try bare.reset()
      _ = try hung.reset()
      // They change neither starts nor light.
      #expect(bare.pose == hung.pose && bare.state.light == hung.state.light)
      try place(&bare, x: 0.3, y: 0.6, heading: 0)
      try place(&hung, x: 0.3, y: 0.6, heading: 0)
      let (plain, full) = (try view(&bare).frame, try view(&hung).frame)
      views.insert(full.pixels)
      #expect(ColorMask().area(in: plain) == ColorMask().area(in: full))
      #expect(plain.pixels != full.pixels)
    }
    #expect(views.count == 10)
  }

  @Test("a camera that is tilted by nothing sees what the quick way draws")
  func agreesWithTheQuickWay() throws {
    var quick = try body { $0.pixelNoiseLevels = 0 }
    // A hair's breadth takes the way of a ray for each pixel.
    var slow = try body {
      $0.pixelNoiseLevels = 0
      $0.cameraTiltDegrees = 1e-9
    }
    for _ in 0..<20 {
      _ = try quick.reset()
      _ = try slow.reset()
      let (first, second) = (try view(&quick).frame.pixels, try view(&slow).frame.pixels)
      // Edges may fall on the other side of a pixel's middle.
      let different = zip(first, second).count { abs(Int($0) - Int($1)) > 1 }
      #expect(Double(different) < 0.01 * Double(first.count))
    }
  }

  @Test("looking down moves the picture up, by as much as the angle says")
  func tilts() throws {
    func targetRow(tilt: Double) throws -> Double {
      var body = try body { $0.cameraTiltDegrees = tilt }
      try place(&body, x: 0.5, y: 0.6, heading: 0)
      var mask = PixelMask(shape: .standard)
      ColorMask().find(in: try view(&body).frame, into: &mask)
      let rows = (0..<90).flatMap { row in (0..<160).compactMap { mask[row, $0] ? Double(row) : nil } }
      return rows.reduce(0, +) / Double(rows.count)
    }
    let focalLength = 80 / 0.57735
    let moved = try targetRow(tilt: 0) - targetRow(tilt: 8)
    #expect(abs(moved - focalLength * tan(8 * .pi / 180)) < 1.5)
  }

  @Test("what is drawn for an episode stays within its bounds and is used up")
  func randomizes() throws {
    var body = try body(Self.everything)
    var (tilts, heights, views, delays): (Set<Double>, Set<Double>, Set<Double>, Set<Int>) = ([], [], [], [])
    for _ in 0..<60 {
      _ = try body.reset()
      let episode = body.state.episode
      tilts.insert(episode.mount.tiltDegrees)
      heights.insert(episode.mount.heightMeters)
      views.insert(episode.mount.fieldOfViewDegrees)
      delays.insert(episode.motorDelayCycles)
      #expect(abs(episode.leftWheelGain - 1) <= 0.1 && episode.leftWheelGain != episode.rightWheelGain)
    }
    #expect(tilts.count == 60 && tilts.allSatisfy { abs($0) <= 10 } && tilts.contains { abs($0) > 7 })
    #expect(heights.allSatisfy { abs($0 - 0.12) <= 0.05 } && views.allSatisfy { abs($0 - 60) <= 5 })
    #expect(delays == [1, 2, 3])
  }

  @Test("a state that has gone through a file resumes the hardest world to the bit")
  func resumes() throws {
    var body = try body(seed: 8, Self.everything)
    try body.drive(WheelSpeeds(200, 120))
    for _ in 0..<7 {
      _ = try body.awaitCycle()
      _ = try view(&body)
    }
    let file = try JSONEncoder().encode(body.state)
    var resumed = try self.body(seed: 99, Self.everything)
    try resumed.restore(JSONDecoder().decode(SimulatedBody.State.self, from: file))
    for step in 0..<30 {
      if step == 20 {
        _ = try body.reset()
        _ = try resumed.reset()
      }
      #expect(try body.awaitCycle() == resumed.awaitCycle())
      let (expected, found) = (try view(&body), try view(&resumed))
      #expect(expected.frame.pixels == found.frame.pixels)
      #expect(expected.frame.stamp == found.frame.stamp)
      #expect(expected.senses == found.senses)
    }
    #expect(body.state == resumed.state)
  }

  @Test("the state of a world in which more is remembered is refused")
  func refusesOtherWorlds() throws {
    var plain = try body { _ in }
    for other in [
      try body { $0.motorDelayCycles = 2 }.state, try body { $0.distractorCount = 3 }.state,
    ] {
      #expect(throws: SimulationError.otherWorld) { try plain.restore(other) }
    }
  }

  @Test("a key out of range is named")
  func namesTheKey() {
    #expect(refusedKey { $0.targetGreen = 256 } == "targetGreen")
    #expect(refusedKey { $0.distractorCount = -1 } == "distractorCount")
    #expect(refusedKey { $0.motorDelayCycles = 21 } == "motorDelayCycles")
    #expect(refusedKey { $0.wheelSlip = 1 } == "wheelSlip")
    #expect(refusedKey { $0.cameraTiltDegrees = .nan } == "cameraTiltDegrees")
    #expect(refusedKey { $0.cameraFramesPerSecond = 0.5 } == "cameraFramesPerSecond")
    #expect(refusedKey { $0.droppedFrameShare = 1 } == "droppedFrameShare")
    #expect(refusedKey { $0.jpegQuality = 101 } == "jpegQuality")
    #expect(refusedKey { $0.randomization.cameraTiltDegrees = 46 } == "randomization.cameraTiltDegrees")
    #expect(refusedKey { $0.randomization.cameraHeightMeters = 0.12 } == "randomization.cameraHeightMeters")
  }
}
