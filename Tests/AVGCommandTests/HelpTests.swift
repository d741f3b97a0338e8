import Testing

@Suite("Help")
struct HelpTests {
  @Test(
    "help succeeds, names every option and gives an example",
    arguments: [
      ([], ["train", "evaluate", "run", "--version"]),
      (
        ["run"],
        [
          "--camera", "--robot", "--steps", "--no-learn", "--config", "--start-from", "--save-frames",
          "--set",
          "--seed", "--output",
        ]
      ),
      (["record"], ["<log>", "--camera", "--robot", "--start-from", "--steps"]),
      (["rig"], ["--fault", "--start-from", "--no-learn", "--record", "--resume", "--dashboard"]),
      (["replay"], ["<log>", "--learn", "--instruction-set"]),
      (["log", "info"], ["<log>", "--metadata"]),
      (["log", "export"], ["<log>", "--output", "--format"]),
      (["log", "repair"], ["<log>", "--output"]),
      (["benchmark"], ["--json", "--steps"]),
      (["doctor"], ["--json", "--config", "--set"]),
      (["plot"], ["--output"]), (["keys"], ["<key>", "--study", "--page"]),
      (["emulator"], ["<port>", "--view", "--fault"]),
      (["serve"], ["--config", "--task", "--world", "--set"]),
      (["train"], ["<config>", "--steps", "--set", "--seed", "--output"]),
      (["freeze"], ["<folder>", "--steps", "--episodes"]),
      (["evaluate"], ["<folder>", "--episodes", "--seed", "--policy", "--actions", "--json"]),
    ] as [([String], [String])])
  func help(command: [String], options: [String]) throws {
    let result = try BuiltProgram.run(command + ["--help"])
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    for option in options {
      #expect(result.output.contains(option), "\(command) \(option)")
    }
    #expect(result.output.contains("Examples:\n  avg-vision "), "\(command)")
  }

  @Test("doctor and emulator list no option of a run that they do not make")
  func leavesOut() throws {
    let runOptions = ["--output", "--task", "--steps", "--resume"]
    for (command, options) in [("doctor", runOptions + ["--seed", "--world"]), ("emulator", runOptions)] {
      let help = try BuiltProgram.run(command, "--help").output
      for option in options { #expect(!help.contains(option), "\(command) \(option)") }
    }
  }

  @Test("what the commands say of themselves fits a terminal of 80 columns as it stands")
  func width() throws {
    var isDiscussion = false
    for line in try BuiltProgram.run("manual").output.split(separator: "\n", omittingEmptySubsequences: false)
    {
      if line == ".nf" || line == ".fi" { isDiscussion = line == ".nf" }
      // The manual page's own hyphens are escaped.
      if isDiscussion { #expect(line.replacing("\\-", with: "-").count < 80) }
    }
  }

  @Test("the version is a version")
  func version() throws {
    let result = try BuiltProgram.run("--version")
    #expect(result.status == 0)
    #expect(result.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }
}
