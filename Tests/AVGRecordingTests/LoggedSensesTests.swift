import AVGCore
import AVGTestSupport
import Testing

@testable import AVGRecording

@Suite("The log of another base than two wheels")
struct LoggedSensesTests {
  private typealias Arm = ComposedBody<NoEye, ArmBase>

  @Test("an arm without a camera is recorded, and felt again bit for bit")
  func arm() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/arm.mcap"
    let log = try FrameLogWriter(creating: path, program: "avg-vision test", ownCycle: .milliseconds(2))
    let sight = ClockedEye(NoEye(), period: .milliseconds(2), frameShape: nil)
    var body = RecordingBody(Arm(sight, ArmBase()), log: log)
    try log.begin(metadata: TestLog.metadata, checkpoint: [])
    var senses = ArmSenses()
    var nothing = Observation(frames: nil)
    var felt: [ArmSenses] = []
    for cycle in 0...20 {
      if cycle == 0 { _ = try body.reset() }
      if cycle > 0 {
        try body.drive(JointSpeeds(shoulder: Double(cycle) / 7, elbow: -0.1))
        _ = try body.awaitCycle()
      }
      #expect(try body.sense(into: &nothing, &senses) == .fresh)
      felt.append(senses)
      if cycle > 0 { try log.write(TestLog.step(cycle, isStale: false)) }
    }
    try log.close(checkpoint: nil)
    #expect(felt[20].touches && !felt[1].touches)

    let (sights, steps) = try {
      var reader = try FrameLogReader(reading: path)
      return try TestLog.events(&reader)
    }()
    #expect(sights.allSatisfy { $0.isFresh && $0.image == nil })
    #expect(steps.map(\.sent) == (1...20).map { [Float(Double($0) / 7), -0.1] })
    var again = RecordedBody<JointSpeeds, ArmSenses>(LogPlayer(try FrameLogReader(reading: path))) {}
    for cycle in 0...20 {
      if cycle == 0 { #expect(try again.reset() == true) } else { _ = try again.awaitCycle() }
      #expect(try again.sense(into: &nothing, &senses) == .fresh)
      #expect(senses == felt[cycle])
    }
  }

  @Test("the log's schema names a body's own fields and the unit of its command")
  func schema() throws {
    let proprioception = LogSchemas.proprioception(ArmSenses.logFields.map(\.schema))
    #expect(proprioception.fields.map(\.number) == [1] + Array(6...16))
    #expect(proprioception.fields.suffix(2).map(\.name) == ["angles", "touches"])
    let action = LogSchemas.action(sent: JointSpeeds.logName)
    #expect(action.fields[3].name == "sent_radians_per_second")
  }
}
