import AVGCore
import AVGCreate2
import AVGImaging
import AVGSimulation
import Foundation
import Testing

@Suite("Simulated body")
struct SimulatedBodyTests {
  @Test("one seed gives the same frames and signals twice, another seed gives others")
  func isDeterministic() throws {
    func run(seed: UInt64) throws -> [(frame: Frame, senses: Create2Senses)] {
      var body = try SimulatedBody(seed: seed)
      var views: [(frame: Frame, senses: Create2Senses)] = []
      for step in 0..<12 {
        if step == 6 { _ = try body.reset() }
        try body.drive(WheelSpeeds(300, Double(step) * 20))
        _ = try body.awaitCycle()
        views.append(try view(&body))
      }
      return views
    }
    let (first, again, other) = (try run(seed: 4), try run(seed: 4), try run(seed: 5))
    for index in first.indices {
      #expect(first[index].frame.pixels == again[index].frame.pixels)
      #expect(first[index].frame.stamp == again[index].frame.stamp)
      #expect(first[index].senses == again[index].senses)
      #expect(first[index].frame.pixels != other[index].frame.pixels)
      #expect(first[index].senses != other[index].senses)
    }
  }

  @Test("20,000 random actions never lead out of the pen, and visit all of it")
  func staysInside() throws {
    var body = try SimulatedBody(seed: 1)
    var random = RandomSource(seed: 1, purpose: "test")
    let (length, width, radius) = (1.6, 1.2, 0.17)
    var (nearest, farthest, rightmost, leftmost) = (length, 0.0, width, 0.0)
    for step in 0..<20_000 {
      if step % 10 == 0 {
        let speeds = -500.0...500.0
        try body.drive(WheelSpeeds(random.uniform(in: speeds), random.uniform(in: speeds)))
      }
      _ = try body.awaitCycle()
      nearest = min(nearest, body.pose.x)
      farthest = max(farthest, body.pose.x)
      rightmost = min(rightmost, body.pose.y)
      leftmost = max(leftmost, body.pose.y)
    }
    #expect(nearest >= radius && nearest < radius + 0.01)
    #expect(rightmost >= radius && rightmost < radius + 0.01)
    #expect(farthest <= length - radius && farthest > length - radius - 0.01)
    #expect(leftmost <= width - radius && leftmost > width - radius - 0.01)
  }

  @Test("equal wheel speeds drive straight on, opposite ones turn on the spot")
  func movesAsDriven() throws {
    var body = try SimulatedBody(seed: 1)
    try place(&body, x: 0.5, y: 0.6, heading: 0)
    try body.drive(WheelSpeeds(300, 300))
    for _ in 0..<10 { _ = try body.awaitCycle() }
    #expect(abs(body.pose.x - (0.5 + 10 * 0.3 * 0.045)) < 1e-12)
    #expect(abs(body.pose.y - 0.6) < 1e-12)
    try body.drive(WheelSpeeds(-100, 100))
    for _ in 0..<10 { _ = try body.awaitCycle() }
    #expect(abs(body.pose.heading - 10 * 0.2 / 0.235 * 0.045) < 1e-12)
    #expect(abs(body.pose.x - 0.635) < 1e-12)
  }

  @Test("in nine parts of a ninth, a cycle comes to the same: lag and delay are counted in cycles")
  func advancesInParts() throws {
    var configuration = PenConfiguration()
    configuration.motorLag = 0.5
    configuration.motorDelayCycles = 1
    var whole = try SimulatedBody(configuration, seed: 1)
    var parts = try SimulatedBody(configuration, seed: 1)
    try place(&whole, x: 0.5, y: 0.6, heading: 0)
    try place(&parts, x: 0.5, y: 0.6, heading: 0)
    for expected in [0, 0.15, 0.225] {
      try whole.drive(WheelSpeeds(300, 300))
      _ = try whole.awaitCycle()
      for _ in 0..<9 {
        try parts.drive(WheelSpeeds(300, 300))
        try parts.advance(by: .milliseconds(5))
      }
      #expect(abs(parts.state.wheelLeft - expected) < 1e-12)
      #expect(abs(whole.state.wheelLeft - expected) < 1e-12)
    }
    // The lagging wheel is followed more closely in parts.
    #expect(parts.pose.x > 0.5 && parts.pose.x < whole.pose.x)
  }

  @Test("wheels turn no faster than they can, and not at once when they lag")
  func clampsAndLags() throws {
    var configuration = PenConfiguration()
    configuration.motorLag = 0.5
    configuration.maximumWheelSpeedMillimetersPerSecond = 200
    var body = try SimulatedBody(configuration, seed: 1)
    try place(&body, x: 0.5, y: 0.6, heading: 0)
    try body.drive(WheelSpeeds(900, 900))
    _ = try body.awaitCycle()
    #expect(abs(body.pose.x - (0.5 + 0.1 * 0.045)) < 1e-12)
    _ = try body.awaitCycle()
    #expect(abs(body.pose.x - (0.5 + (0.1 + 0.15) * 0.045)) < 1e-12)
  }

  @Test(
    "the bumper is pressed on the side of the wall, and only when the robot drives into it",
    arguments: [
      (0.5, 300.0, true, false), (-0.5, 300.0, false, true), (0.5, -300.0, false, false),
    ])
  func bumps(heading: Double, speed: Double, left: Bool, right: Bool) throws {
    var body = try SimulatedBody(seed: 1)
    // Beside the wall that the robot will scrape along.
    let isAtLeftWall = heading * speed > 0
    try place(&body, x: 0.8, y: isAtLeftWall ? 1.2 - 0.171 : 0.171, heading: heading)
    try body.drive(WheelSpeeds(speed, speed))
    _ = try body.awaitCycle()
    let senses = try view(&body).senses
    #expect(senses.leftBump == left)
    #expect(senses.rightBump == right)
  }

  @Test("a wall straight ahead presses both bumpers and stops the robot")
  func bumpsAhead() throws {
    var body = try SimulatedBody(seed: 1)
    try place(&body, x: 1.4, y: 0.6, heading: 0)
    try body.drive(WheelSpeeds(300, 300))
    for _ in 0..<10 { _ = try body.awaitCycle() }
    let senses = try view(&body).senses
    #expect(senses.leftBump && senses.rightBump)
    #expect(body.pose.x == 1.6 - 0.17)
    try body.drive(.stopped)
    _ = try body.awaitCycle()
    #expect(try view(&body).senses.leftBump == false)
  }

  @Test("the light-bump signals are strong on the side of a wall and fall with its distance")
  func feelsWalls() throws {
    var body = try SimulatedBody(seed: 1)
    try place(&body, x: 0.6, y: 1.2 - 0.17 - 0.02, heading: 0)
    let left = try view(&body).senses.lightBumps
    try place(&body, x: 0.6, y: 0.17 + 0.02, heading: 0)
    let right = try view(&body).senses.lightBumps
    try place(&body, x: 1.6 - 0.17 - 0.02, y: 0.6, heading: 0)
    let ahead = try view(&body).senses.lightBumps
    try place(&body, x: 0.3, y: 0.6, heading: 0)
    let free = try view(&body).senses.lightBumps
    #expect(left[0] > 10 * left[5])
    #expect(right[5] > 10 * right[0])
    #expect(ahead[2] > 1000 && ahead[3] > 1000)
    #expect(free[2] < 40 && free[3] < 40)
    for signal in left + right + ahead + free {
      #expect(signal >= 0 && signal <= 4095 && signal == signal.rounded())
    }
  }

  @Test("a wheel speed that is not finite is refused and changes nothing")
  func refusesNonFiniteSpeeds() throws {
    var body = try SimulatedBody(seed: 1)
    try place(&body, x: 0.5, y: 0.6, heading: 0)
    try body.drive(WheelSpeeds(100, 100))
    for bad in [WheelSpeeds(.nan, 0), WheelSpeeds(0, .infinity)] {
      do {
        try body.drive(bad)
        Issue.record("accepted \(bad)")
      } catch {
        #expect(error.description.contains("not finite"))
      }
    }
    _ = try body.awaitCycle()
    #expect(abs(body.pose.x - (0.5 + 0.1 * 0.045)) < 1e-12)
  }

  @Test("a state that has gone through a file resumes the same run")
  func resumes() throws {
    var body = try SimulatedBody(seed: 8)
    try body.drive(WheelSpeeds(200, 120))
    _ = try body.awaitCycle()
    _ = try view(&body)
    let file = try JSONEncoder().encode(body.state)
    var resumed = try SimulatedBody(seed: 99)
    try resumed.restore(JSONDecoder().decode(SimulatedBody.State.self, from: file))
    for step in 0..<8 {
      if step == 5 {
        _ = try body.reset()
        _ = try resumed.reset()
      }
      _ = try body.awaitCycle()
      _ = try resumed.awaitCycle()
      let (expected, found) = (try view(&body), try view(&resumed))
      #expect(expected.frame.pixels == found.frame.pixels)
      #expect(expected.frame.stamp == found.frame.stamp)
      #expect(expected.senses == found.senses)
    }
    #expect(body.state == resumed.state)
  }

  @Test(
    "a pose that is no place in the pen is refused",
    arguments: [
      Pose(x: .nan, y: 0.6, heading: 0), Pose(x: 0.5, y: 0.6, heading: .infinity),
      Pose(x: 1.5, y: 0.6, heading: 0),
    ])
  func refusesBadPoses(pose: Pose) throws {
    var body = try SimulatedBody(seed: 1)
    let before = body.state
    var state = before
    state.pose = pose
    do {
      try body.restore(state)
      Issue.record("accepted \(pose)")
    } catch {
      #expect(error.description.contains("outside of the pen"))
    }
    #expect(body.state == before)
  }

  @Test(
    "numbers that no world can have come to are refused with their key, and nothing changes",
    arguments: [
      ("wheelLeft", "wheelLeft", "nan"), ("wheelRight", "wheelRight", "1e9"),
      ("commandedLeft", "commandedLeft", "-inf"), ("frameCount", "frameCount", "-1"),
      ("now", "clock", "9223372036854775807"), ("nextTick", "clock", "-9223372036854775808"),
      ("nextTick", "clock", "4000000000000000000"), ("deadline", "clock", "4000000000000000000"),
      ("lastSight", "clock", "9223372036854775807"), ("gain", "light", "nan"), ("redTint", "light", "1e9"),
      ("fieldOfViewDegrees", "episode", "0"), ("leftWheelGain", "episode", "-1e9"),
      ("left", "encoders", "inf"),
    ])
  func refusesImpossibleStates(field: String, key: String, value: String) throws {
    var configuration = PenConfiguration()
    configuration.motorDelayCycles = 1
    var body = try SimulatedBody(configuration, seed: 1)
    _ = try body.awaitCycle()
    let before = body.state
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(before), as: UTF8.self)
    // The encoders' own "left", not that of the bumpers before it.
    let from = field == "left" ? try #require(text.range(of: "\"encoders\"")).upperBound : text.startIndex
    let start = try #require(text.range(of: "\"\(field)\":", range: from..<text.endIndex)).upperBound
    let end = try #require(text[start...].firstIndex { ",}".contains($0) })
    let isWord = ["nan", "-inf", "inf"].contains(value)
    let changed = text.replacingCharacters(in: start..<end, with: isWord ? "\"\(value)\"" : value)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let state = try decoder.decode(SimulatedBody.State.self, from: Data(changed.utf8))
    #expect(throws: SimulationError.impossibleState(key: key)) { try body.restore(state) }
    #expect(body.state == before)
  }
}
