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
    func key(_ change: (inout PenConfiguration) -> Void) -> String? {
      var configuration = PenConfiguration()
      change(&configuration)
      do {
        try configuration.validate()
        return nil
      } catch {
        return error.key
      }
    }
    #expect(key { $0.penLengthMeters = .nan } == "penLengthMeters")
    #expect(key { $0.penWidthMeters = 0 } == "penWidthMeters")
    #expect(key { $0.targetWidthMeters = 1.3 } == "targetWidthMeters")
    #expect(key { $0.targetTopMeters = 0.31 } == "targetTopMeters")
    #expect(key { $0.robotRadiusMillimeters = 600 } == "robotRadiusMillimeters")
    #expect(key { $0.nearestStartMeters = 0.1 } == "nearestStartMeters")
    #expect(key { $0.farthestStartMeters = 0.19 } == "farthestStartMeters")
    #expect(key { $0.farthestStartMeters = 1.5 } == "farthestStartMeters")
    #expect(key { $0.cameraForwardOffsetMeters = 0.2 } == "cameraForwardOffsetMeters")
    #expect(key { $0.motorLag = 1 } == "motorLag")
    #expect(key { $0.maximumLightGain = 0.5 } == "maximumLightGain")
    #expect(key { $0.pixelNoiseLevels = -1 } == "pixelNoiseLevels")
    #expect(key { $0.penLengthMeters = 2 } == nil)
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
