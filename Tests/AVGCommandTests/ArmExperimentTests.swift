import AVGCore
import AVGExperiment
import AVGLearning
import AVGRunFolder
import AVGSystem
import AVGTestSupport
import AVGTraining
import Foundation
import Testing

extension ArmBase: DeviceReport {}

/// What a package with an arm of its own has for settings.
private struct ArmSettings: RunConfiguration {
  var training = TrainingSettings()
  var agent = AVGConfiguration()
}

@Suite("A recorded run without a camera")
struct ArmRecordTests {
  @Test("a quality of images changes nothing: its log is small, and is replayed to the bit")
  func quality() throws {
    let folder = try TemporaryFolder()
    let log = folder.path + "/arm.mcap"
    var result = try BuiltProgram.run([
      "train", "--task", "ur-reacher-2", "--steps", "40", "--record", log, "--record-quality", "50",
      "--output",
      folder.path + "/run",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("\(log): about 0.6 kB a step"), "\(result.errors)")
    result = try BuiltProgram.run(["replay", log])
    #expect(result.status == 0 && result.output.contains("equal to the bit"), "\(result.errors)")
  }
}

@Suite("An experiment with another base than two wheels")
struct ArmExperimentTests {
  private typealias Arm = ComposedBody<NoEye, ArmBase>

  @Test(
    "an arm without a camera acts and learns in real time; its log is replayed to the bit, and learned from")
  func arm() throws {
    let folder = try TemporaryFolder()
    let log = folder.path + "/arm.mcap"
    var experiment = Experiment<ArmSettings, Arm, TouchAhead>(
      name: "arm",
      makeBody: { _ in
        Arm(ClockedEye(NoEye(), period: .milliseconds(2), frameShape: nil), ArmBase())
      }, makeTask: { _ in TouchAhead() })
    experiment.frames = nil
    // Flags of its own: another test sends this very process signals.
    let options = TrainingOptions(output: folder.path + "/run", record: log, stop: StopFlag())
    let result = try experiment.run(ArmSettings(), DeviceRunOptions(options, steps: 100))
    #expect(result.progress.steps == 100)
    #expect(FileManager.default.fileExists(atPath: result.folder.checkpointPath))
    let found = try experiment.replay(log)
    #expect(found.contains("100: actions, rewards and TD errors equal to the bit"), "\(found)")
    let learned = try experiment.learn(
      from: log, ArmSettings(), TrainingOptions(output: folder.path + "/learned", stop: StopFlag()))
    #expect(learned.progress.steps > 80)
  }
}
