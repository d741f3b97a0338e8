import AVGCore
import AVGCreate2
import AVGImaging
import AVGSimulation
import AVGTestSupport
import Testing

@Suite("Simulated camera")
struct CameraTests {
  @Test("the target is as large as a pinhole camera makes it")
  func obeysPerspective() throws {
    var body = try SimulatedBody(seed: 1)
    // 60° over 160 columns: pixels for a slope of 1.
    let focalLength = 80 / 0.57735
    for x in [0.3, 0.5, 0.7] {
      try place(&body, x: x, y: 0.6, heading: 0)
      let depth = 1.6 - x - 0.12
      let expected = 0.28 * 0.20 * (focalLength / depth) * (focalLength / depth) / (160 * 90)
      let found = ColorMask().area(in: try view(&body).frame)
      #expect(abs(found - expected) < 0.06 * expected)
    }
  }

  @Test("driving towards the target makes it grow")
  func growsAhead() throws {
    var body = try SimulatedBody(seed: 1)
    try place(&body, x: 0.3, y: 0.6, heading: 0)
    try body.drive(WheelSpeeds(300, 300))
    var last = 0.0
    for _ in 0..<8 {
      for _ in 0..<3 { _ = try body.awaitCycle() }
      let area = ColorMask().area(in: try view(&body).frame)
      #expect(area > last)
      last = area
    }
  }

  @Test("turning left moves the picture to the right")
  func turnsAgainstTheMotion() throws {
    var body = try SimulatedBody(seed: 1)
    try place(&body, x: 0.3, y: 0.6, heading: 0)
    #expect(abs(targetColumn(try view(&body).frame) - 79.5) < 1)
    try body.drive(WheelSpeeds(-100, 100))
    var last = 79.5
    for _ in 0..<5 {
      _ = try body.awaitCycle()
      let column = targetColumn(try view(&body).frame)
      #expect(column > last + 2)
      last = column
    }
  }

  @Test("facing away, no colour passes for the target")
  func seesNoTargetElsewhere() throws {
    var body = try SimulatedBody(seed: 1)
    for heading in stride(from: 1.6, through: 4.7, by: 0.3) {
      try place(&body, x: 0.8, y: 0.6, heading: heading)
      #expect(ColorMask().area(in: try view(&body).frame) < 0.0005)
    }
  }

  @Test("pixel noise is as strong as configured and new in every frame")
  func addsNoise() throws {
    var body = try SimulatedBody(seed: 1)
    try place(&body, x: 0.3, y: 0.6, heading: 0)
    let (first, second) = (try view(&body).frame, try view(&body).frame)
    var squares = 0.0
    for (one, other) in zip(first.pixels, second.pixels) {
      squares += Double((Int(one) - Int(other)) * (Int(one) - Int(other)))
    }
    let deviation = (squares / Double(2 * first.pixels.count)).squareRoot()
    #expect(abs(deviation - 3) < 0.1)

    var configuration = PenConfiguration()
    configuration.pixelNoiseLevels = 0
    var quiet = try SimulatedBody(configuration, seed: 1)
    #expect(try view(&quiet).frame.pixels == view(&quiet).frame.pixels)
  }

  @Test("frames are counted and stamped with simulated time")
  func stampsFrames() throws {
    var body = try SimulatedBody(cycle: .milliseconds(45), seed: 1)
    _ = try view(&body)
    for index in 1...3 {
      _ = try body.awaitCycle()
      let stamp = try view(&body).frame.stamp
      #expect(stamp.sequence == UInt32(index))
      #expect(stamp.captured.nanoseconds == Int64(index) * 45_000_000)
    }
    _ = try body.reset()
    #expect(try view(&body).frame.stamp.sequence == 4)
  }

  @Test("the light changes between episodes, drifts within one, and keeps to its range")
  func lightVaries() throws {
    var configuration = PenConfiguration()
    configuration.maximumLightDriftPerSecond = 1
    var body = try SimulatedBody(configuration, seed: 1)
    var gains: Set<Double> = []
    for _ in 0..<20 {
      _ = try body.reset()
      let start = body.state.light
      gains.insert(start.gain)
      for tint in [start.redTint, start.greenTint, start.blueTint] { #expect(abs(tint - 1) <= 0.03) }
      _ = try body.awaitCycle()
      #expect(body.state.light.gain != start.gain)
      for _ in 0..<50 {
        _ = try body.awaitCycle()
        // The drift may step over the bound once before it turns back.
        #expect((0.85 - 0.045...1.12 + 0.045).contains(body.state.light.gain))
      }
    }
    #expect(gains.count == 20)
    #expect(try #require(gains.max()) - #require(gains.min()) > 0.15)
  }

  @Test("any frame shape can be drawn", arguments: [(1, 1), (45, 80), (91, 33)])
  func drawsAnyShape(height: Int, width: Int) throws {
    let shape = FrameShape(height: height, width: width)
    var body = try SimulatedBody(frameShape: shape, seed: 1)
    var frame = Frame(shape: shape)
    var senses = Create2Senses()
    for _ in 0..<10 {
      _ = try body.reset()
      _ = try body.sense(into: &frame, &senses)
      #expect(frame.pixels.contains { $0 > 0 })
    }
  }
}
