import AVGArm
import AVGCore
import AVGCreate2
import AVGExec
import AVGExperiment
import AVGRecording
import AVGRobot
import AVGSimulation
import AVGTestSupport
import Foundation
import Logging
import Testing

/// An eye that sees the present whenever it looks.
private struct PresentEye: Eye {
  private var count: UInt32 = 0

  var sourceImage: SourceImage? { nil }

  mutating func resume(at instant: MonotonicInstant) {}

  mutating func look(into frame: inout Frame) throws(Never) -> Freshness {
    count += 1
    frame.pixels[0] &+= 1
    frame.stamp = FrameStamp(captured: .now, sequence: count)
    return .fresh
  }
}

@Suite("Every body keeps what `Body` promises", .serialized)
struct EveryBodyTests {
  private let folder: TemporaryFolder
  private let period = Duration.milliseconds(45)

  init() throws { folder = try TemporaryFolder() }

  private func speeds(_ speed: Double) -> WheelSpeeds {
    WheelSpeeds(left: .millimetersPerSecond(speed), right: .millimetersPerSecond(speed))
  }

  /// Of two wheels, by their odometer, in millimetres.
  private func wheels(limit: Double) -> BodyContract<WheelSpeeds, Create2Senses> {
    BodyContract(
      period: period, frames: FrameStack(count: 1), go: speeds(100), back: speeds(-100), excess: speeds(1e9),
      broken: speeds(.nan), topSpeed: limit, still: 0.5, motion: { abs($1.distanceMillimeters) },
      numbers: { $0.lightBumps.map(Double.init) + [$0.distanceMillimeters] })
  }

  /// Of an arm, by the angles of shoulder and elbow, in radians.
  private func arm(frames: FrameStack?) -> BodyContract<AVGArm.JointSpeeds, AVGArm.ArmSenses> {
    func speeds(_ speed: Double) -> AVGArm.JointSpeeds {
      AVGArm.JointSpeeds(radiansPerSecond: JointVector(0, speed, -speed, 0, 0, 0, 0, 0))
    }
    return BodyContract(
      period: .milliseconds(40), frames: frames, go: speeds(0.1), back: speeds(-0.1), excess: speeds(1e9),
      broken: speeds(.nan), topSpeed: 2 * ArmSettings().maximumJointSpeedRadiansPerSecond, still: 1e-4,
      motion: { before, now in
        zip(before.angles, now.angles).reduce(0) { $0 + Double(abs($1.0 - $1.1)) }
      },
      numbers: { ($0.angles + $0.speeds + $0.currents + $0.target).map(Double.init) + [$0.safetyMode] })
  }

  private var robotSettings: RobotSettings {
    var settings = RobotSettings()
    settings.searchSeconds = 2
    return settings
  }

  private func sight<E: Eye & ~Copyable>(_ eye: consuming E, _ period: Duration) -> ClockedEye<E> {
    ClockedEye(eye, period: period)
  }

  private func wait(for isReady: () -> Bool) {
    for _ in 0..<2000 where !isReady() { usleep(5000) }
  }

  @Test("the simulated robot, and the log of it")
  func simulated() throws {
    let path = folder.path + "/body.mcap"
    var contract = wheels(limit: PenConfiguration().maximumWheelSpeedMillimetersPerSecond * 1.2)
    contract.failing = .atBrokenCommand
    do {
      let log = try FrameLogWriter(creating: path, program: "avg-vision test")
      var body = RecordingBody(try SimulatedBody(seed: 3), log: log)
      try log.begin(metadata: [], checkpoint: [])
      let broken = try contract.broken(by: &body)
      #expect(broken.isEmpty, "\(broken)")
      try log.close(checkpoint: nil)
    }
    contract.failing = .after {}
    var body = RecordedBody<WheelSpeeds, Create2Senses>(LogPlayer(try FrameLogReader(reading: path)), end: {})
    let broken = try contract.broken(by: &body)
    #expect(broken.isEmpty, "\(broken)")
  }

  @Test("the simulated arm")
  func simulatedArm() throws {
    var body = SimulatedArm(ArmSettings(), cycle: .milliseconds(40), seed: 3)
    let broken = try arm(frames: nil).broken(by: &body)
    #expect(broken.isEmpty, "\(broken)")
  }

  @Test("a Create 2 behind its guards, with a camera")
  func create2() throws {
    let (port, view) = (folder.path + "/create2", folder.path + "/view")
    let emulator = try BuiltProgram(starting: ["emulator", port, "--view", view])
    defer { emulator.process.terminate() }
    wait { folder.holds("create2") && folder.holds("view") }
    let link = try RobotLink.open(
      RobotLink.Configuration(port: port, program: [BuiltProgram.file.path, Create2Guards.command]))
    let base = Create2Base(link: link, settings: robotSettings, seed: 3, logger: SaidLines().logger)
    var body = ComposedBody(sight(try EmulatorView(view, patience: period), period), base)
    var contract = wheels(limit: 500)
    contract.isReal = true
    contract.failing = .after(emulator.process.terminate)
    let broken = try contract.broken(by: &body)
    #expect(broken.isEmpty, "\(broken)")
  }

  @Test("a UR5 behind its guard, with an eye beside it")
  func ur5() throws {
    let process = ProcessInfo.processInfo.processIdentifier
    let host = "127.\(process >> 16 & 127).\(process >> 8 & 255).\(process & 255)"
    let log = folder.path + "/emulator.log"
    let emulator = try BuiltProgram(starting: ["emulator", host, "--robot", "ur5", "--log", log])
    defer { emulator.process.terminate() }
    wait { (try? folder.text("emulator.log").contains("ready")) ?? false }
    let base = try UR5Base.open(
      host: host, settings: ArmSettings(), patience: .seconds(2), seed: 3, logger: SaidLines().logger,
      guardProgram: [BuiltProgram.file.path, ArmGuard.command])
    var body = ComposedBody(sight(PresentEye(), .milliseconds(40)), base)
    var contract = arm(frames: FrameStack(count: 1))
    contract.isReal = true
    contract.failing = .after(emulator.process.terminate)
    let broken = try contract.broken(by: &body)
    #expect(broken.isEmpty, "\(broken)")
  }

  @Test("a robot that somebody's program drives")
  func exec() throws {
    // What it has driven goes by the time between two lines; it ends when it is told by a file.
    try folder.write(
      """
      read -r hello
      echo robot 1 shell odometer_mm
      driven=0 speed=0 since=$(date +%s%6N)
      while read -r word number left right; do
        [ ! -e "$1" ] || exit 3
        now=$(date +%s%6N)
        driven=$((driven + speed * (now - since))) since=$now
        case $word in
          drive) speed=$(((left + right) / 2)) ;;
          *) speed=0 ;;
        esac
        echo "senses $number $((driven / 1000000)).$(printf %06d $((driven % 1000000 * (driven < 0 ? -1 : 1))))"
      done

      """, to: "robot.sh")
    let end = folder.path + "/end"
    let base = try ExecBase.open(
      program: "/bin/sh \(folder.path)/robot.sh \(end)", settings: robotSettings, controlPeriod: period,
      seed: 3,
      logger: SaidLines().logger, guardProgram: [BuiltProgram.file.path, ExecGuard.command])
    var body = ComposedBody(sight(PresentEye(), period), base)
    var contract = wheels(limit: Double(robotSettings.speedLimitMillimetersPerSecond))
    contract.isReal = true
    contract.failing = .after { _ = FileManager.default.createFile(atPath: end, contents: nil) }
    let broken = try contract.broken(by: &body)
    #expect(broken.isEmpty, "\(broken)")
  }
}
