import AVGTestSupport
import Foundation
import Testing

@Suite("Signals")
struct SignalTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A training that has written its first checkpoint, some episodes after its start.
  private func training() throws -> BuiltProgram {
    let program = try BuiltProgram(starting: [
      "train", "--steps", "1000000", "--set", "training.checkpointIntervalSteps=40", "--set",
      "task.timeLimitSteps=10", "--set", "agent.hiddenUnits=16", "--output", folder.path + "/run",
    ])
    while program.process.isRunning, !folder.holds("run/checkpoint.safetensors") {
      Thread.sleep(forTimeInterval: 0.02)
    }
    return program
  }

  /// What job schedulers, shells, terminals, power supplies and `ulimit -t` send.
  private static let endings = [
    SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2, SIGXCPU, SIGALRM, SIGPWR,
  ]

  @Test(
    "a training that is told to end, twice at once too, ends with its checkpoint and curve",
    arguments: endings)
  func ends(number: Int32) throws {
    let program = try training()
    // timeout(1) signals the process and then its group.
    kill(program.process.processIdentifier, number)
    kill(program.process.processIdentifier, number)
    let result = try program.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(folder.holds("run/learning-curve.png") && folder.holds("run/latencies.csv"))
    #expect(result.output == folder.path + "/run\n")
  }

  @Test("a training goes on when a reader has gone, or a limit on files warns")
  func goesOn() throws {
    let program = try training()
    for number in [SIGPIPE, SIGXFSZ] { kill(program.process.processIdentifier, number) }
    Thread.sleep(forTimeInterval: 0.3)
    #expect(program.process.isRunning)
    program.process.terminate()
    #expect(try program.finish().status == 0)
  }

  @Test("a second Ctrl-C, a while after the first, ends a program that is stuck")
  func endsWhatIsStuck() throws {
    // Opening a pipe that nobody writes into waits for ever.
    mkfifo(folder.path + "/configuration.yaml", 0o600)
    let program = try BuiltProgram(starting: ["evaluate", folder.path])
    guard program.listensToInterrupts() else {
      kill(program.process.processIdentifier, SIGKILL)
      Issue.record("the program opens files before it listens to Ctrl-C")
      return
    }
    program.process.interrupt()
    Thread.sleep(forTimeInterval: 0.7)
    #expect(program.process.isRunning)
    program.process.interrupt()
    #expect(try program.finish().status == -SIGINT)
  }

  @Test("an evaluation that is cut short says of how many episodes its report is, and is no success")
  func evaluation() throws {
    for options in [["--json"], []] {
      let program = try BuiltProgram(
        starting: ["evaluate", "--policy", "oracle", "--episodes", "1000000"] + options)
      try #require(program.listensToInterrupts())
      // Some episodes.
      Thread.sleep(forTimeInterval: 1)
      program.process.interrupt()
      let result = try program.finish()
      #expect(result.status == 130)
      let words = try #require(result.errors.firstMatch(of: /stopped after (\d+) of 1000000 episodes/))
      if options.isEmpty {
        #expect(result.output.contains(/episodes +[0-9,]+ of 1,000,000: cut short\n/))
      } else {
        let report =
          try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any] ?? [:]
        #expect(report["episodes"] as? Int == Int(words.1))
        #expect(report["requestedEpisodes"] as? Int == 1_000_000)
      }
    }
  }
}
