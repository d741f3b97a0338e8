import AVGTestSupport
import Foundation
import Testing

@Suite("A robot and its learner as two programs")
struct RemoteRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("an environment without images is learned elsewhere as well; the robot says where its run is")
  func withoutImages() throws {
    let learner = try BuiltProgram(starting: [
      "learn", "--listen", "0", "--once", "--output", folder.path + "/learner", "--set",
      "agent.hiddenUnits=8",
    ])
    let port = try #require(try learner.awaitError(#/listens on port (\d+) /#))
    let robot = try BuiltProgram.run([
      "train", "--task", "ur-reacher-2", "--steps", "230", "--learner", "127.0.0.1:\(port)", "--output",
      folder.path + "/robot",
    ])
    #expect(robot.status == 0, "\(robot.errors)")
    #expect(robot.output.contains("230 steps, 0 dropped, 0 not learned from"), "\(robot.output)")
    #expect(
      robot.errors.hasSuffix(
        "run folder \(folder.path)/robot: acted here; what was learned is at 127.0.0.1:\(port)\n"),
      "\(robot.errors)")
    let result = try learner.finish()
    #expect(result.status == 0 && result.errors.contains("step 230"), "\(result.errors)")
    #expect(folder.holds("learner/checkpoint.safetensors"))
  }

  @Test("a run that is not a learner's is refused before a robot is waited for", .timeLimit(.minutes(2)))
  func resumesLearnersOnly() throws {
    try folder.write("", to: "other/configuration.yaml")
    for name in ["none", "other"] {
      let result = try BuiltProgram.run(["learn", "--listen", "0", "--resume", folder.path + "/" + name])
      #expect(result.status == 1)
      #expect(
        result.errors.hasPrefix(
          "error: \(folder.path)/\(name)/remote.json: there is no such file, so this is no run of"),
        "\(result.errors)")
    }
  }
}
