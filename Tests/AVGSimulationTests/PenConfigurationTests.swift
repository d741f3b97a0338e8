import AVGCore
import AVGSimulation
import Testing

@Suite("Pen configuration")
struct PenConfigurationTests {
  @Test("the default pen is valid and its episodes start where it says")
  func startsInRegion() throws {
    let configuration = PenConfiguration()
    try configuration.validate()
    var body = try SimulatedBody(configuration, seed: 1)
    var headings: [Double] = []
    for _ in 0..<500 {
      let moved = try body.reset()
      #expect(moved)
      #expect((0.2...0.8).contains(body.pose.x))
      #expect((0.18...1.02).contains(body.pose.y))
      headings.append(body.pose.heading)
    }
    #expect(try #require(headings.min()) < -3)
    #expect(try #require(headings.max()) > 3)
  }

  @Test("a value out of range is named with its key")
  func namesTheKey() {
    #expect(refusedKey { $0.penLengthMeters = .nan } == "penLengthMeters")
    #expect(refusedKey { $0.penWidthMeters = 0 } == "penWidthMeters")
    #expect(refusedKey { $0.targetWidthMeters = 1.3 } == "targetWidthMeters")
    #expect(refusedKey { $0.targetTopMeters = 0.31 } == "targetTopMeters")
    #expect(refusedKey { $0.robotRadiusMillimeters = 600 } == "robotRadiusMillimeters")
    #expect(refusedKey { $0.nearestStartMeters = 0.1 } == "nearestStartMeters")
    #expect(refusedKey { $0.farthestStartMeters = 0.19 } == "farthestStartMeters")
    #expect(refusedKey { $0.farthestStartMeters = 1.5 } == "farthestStartMeters")
    #expect(refusedKey { $0.cameraForwardOffsetMeters = 0.2 } == "cameraForwardOffsetMeters")
    #expect(refusedKey { $0.motorLag = 1 } == "motorLag")
    #expect(refusedKey { $0.maximumLightGain = 0.5 } == "maximumLightGain")
    #expect(refusedKey { $0.pixelNoiseLevels = -1 } == "pixelNoiseLevels")
    #expect(refusedKey { $0.penLengthMeters = 2 } == nil)
  }

  @Test("a pen too small for any start is refused, not drawn wrong")
  func refusesTinyPens() {
    var configuration = PenConfiguration()
    configuration.penWidthMeters = 0.5
    configuration.targetWidthMeters = 0.2
    configuration.robotRadiusMillimeters = 245
    let error = #expect(throws: InvalidSetting.self) { _ = try SimulatedBody(configuration, seed: 1) }
    #expect(error?.key == "robotRadiusMillimeters")
  }
}

/// The key that a changed configuration is refused for; nil where it is not.
func refusedKey(_ change: (inout PenConfiguration) -> Void) -> String? {
  var configuration = PenConfiguration()
  change(&configuration)
  do {
    try configuration.validate()
    return nil
  } catch {
    return error.key
  }
}
