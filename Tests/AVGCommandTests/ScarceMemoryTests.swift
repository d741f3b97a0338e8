import AVGTestSupport
import Foundation
import Testing

/// The program where the system gives it no thread, or no memory: it says so and ends.
@Suite("Scarce memory")
struct ScarceMemoryTests {
  private let folder: TemporaryFolder
  private static let bound = ["/usr/bin/timeout", "-s", "KILL", "60"]
  /// No room for the stack of a second thread, and plenty for everything else.
  private static let withoutThreads =
    bound + ["prlimit", "--stack=\(4 << 30)", "--as=\(2 << 30)"]

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: [String], under wrapper: [String]) throws -> BuiltProgram.Result {
    try BuiltProgram.run(arguments.map { $0.replacing("FOLDER", with: folder.path) }, under: wrapper)
  }

  @Test(
    "without a thread the program says which, what to do, and fails",
    arguments: [
      (["train", "--steps", "20", "--output", "FOLDER/run"], "start the thread that writes it"),
      (
        ["train", "--steps", "20", "--output", "FOLDER/run", "--record", "FOLDER/run.mcap"],
        "the thread that writes the log"
      ),
      (["--camera", "FOLDER/none.mcap", "--output", "FOLDER/run"], "the control loop's thread"),
      (["record", "FOLDER/run.mcap", "--camera", "FOLDER/none.mcap"], "the control loop's thread"),
      (["rig", "--steps", "5", "--output", "FOLDER/run"], "the emulated robot's thread"),
      (["emulator", "FOLDER/port", "--view", "FOLDER/view"], "the emulated camera's thread"),
      (["train", "--steps", "20", "--output", "FOLDER/run", "--dashboard", "0"], "cannot be started"),
    ])
  func threads(arguments: [String], part: String) throws {
    let result = try run(arguments, under: Self.withoutThreads)
    #expect(result.status == 1, "\(result.status): \(result.errors)")
    #expect(result.errors.contains(part) || result.errors.contains("start the thread"), "\(result.errors)")
    #expect(result.errors.contains("error: "), "\(result.errors)")
  }

  @Test("a sweep whose runs get no thread fails with their reason")
  func sweep() throws {
    try folder.write("task:\n  timeLimitSteps: 15\n", to: "base.yaml")
    try folder.write(
      """
      title: Little study
      configuration: base.yaml
      steps: 20
      seeds: [5]
      evaluationEpisodes: 1
      marks: [20]
      settings:
        - name: plain
          overrides: []

      """, to: "sweep.yaml")
    let result = try run(
      ["sweep", "FOLDER/sweep.yaml", "--output", "FOLDER/out"], under: Self.withoutThreads)
    #expect(
      result.status == 1 && result.errors.contains("start the thread"), "\(result.status): \(result.errors)")
  }

  @Test(
    "settings that need more memory than there is end with that reason, though there is plenty for all else")
  func greatSettings() throws {
    let result = try run(
      [
        "train", "--steps", "3", "--set", "agent.algorithm=sac", "--set", "agent.batch.samples=65536",
        "--set",
        "agent.batch.slice=65536", "--output", "FOLDER/run",
      ], under: Self.bound + ["prlimit", "--as=\(4 << 30)"])
    #expect(result.status == 1, "\(result.status): \(result.errors)")
    #expect(result.errors.contains("error: memory: the system has no more of it."), "\(result.errors)")
  }

  @Test(
    "with little memory the program does its work or says that there is none, whatever the limit",
    arguments: Array(stride(from: 104, through: 200, by: 8)))
  func memory(mebibytes: Int) throws {
    let result = try run(
      ["train", "--steps", "20", "--output", "FOLDER/run", "--record", "FOLDER/run.mcap"],
      under: Self.bound + ["prlimit", "--as=\(mebibytes << 20)"])
    // 127: the loader of shared libraries has no room; it says so itself.
    #expect([0, 1, 127].contains(result.status), "\(mebibytes) MiB: \(result.status): \(result.errors)")
    #expect(result.status == 0 || result.errors.contains("memory") || result.errors.contains("map"))
  }
}
