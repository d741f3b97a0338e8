import ArgumentParser
import AVGCore
import AVGExperiment
import AVGSystem
import AVGTraining
import Logging

/// `avg-vision freeze`
struct FreezeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "freeze",
    abstract: "End a training, and keep the policy that is worth keeping.",
    discussion: """
      Examples:
        avg-vision freeze runs/NAME
        avg-vision freeze runs/NAME --steps 0      the policy as it is, measured
        avg-vision --camera auto --robot auto --no-learn \\
          --start-from runs/NAME/policy.safetensors

      Goes on for a while without excursions, in a copy of the run, measures the
      policy at six times by new episodes, and keeps the best as policy.safetensors
      in the run's folder, with what other new episodes of it came to. The run itself
      stays as it is. After Ctrl-C the same command goes on.
      """)

  @Argument(help: "The folder of the run.")
  var folder: String

  @Option(
    help: "Control steps to go on for, without excursions.", transform: NumberOption.whole(0...1_000_000_000))
  var steps = 20_000

  @Option(
    help: "Episodes by which the kept policy is measured; half as many choose it.",
    transform: NumberOption.whole(2...1_000_000))
  var episodes = 200

  @Option(
    help: "What the worlds' random numbers are drawn from.",
    transform: NumberOption.whole(UInt64.min...UInt64.max))
  var seed: UInt64 = 1

  @OptionGroup var instructions: InstructionSetOption

  @OptionGroup var quietness: QuietOption

  func run() throws {
    quietness.apply()
    let stop = StopFlag.raisedBySignals()
    var freezing = try Freezing(run: folder)
    freezing.steps = steps
    freezing.episodes = episodes
    freezing.choiceEpisodes = max(1, episodes / 2)
    freezing.seed = seed
    var line = CountLine("", of: 0)
    var measured = ""
    let result = try freezing.run(stop: stop) { what, done, total in
      if what != measured { line = CountLine(what, of: total) }
      measured = what
      line.update(done)
    }
    line.finish()
    guard let result else {
      logger.warning("freeze: stopped; to go on: avg-vision freeze \(folder) --steps \(steps)")
      throw ExitCode(130)
    }
    for candidate in result.candidates {
      let mark = candidate.step == result.step ? "  kept" : ""
      logger.notice("step \(grouped(Double(candidate.step)))  \(candidate.summary(result.score))\(mark)")
    }
    logger.notice("\(result.report.text(result.score))")
    if case .success = result.score, result.report.successRate < 0.99 {
      let share = grouped(100 * (1 - result.report.successRate), decimals: 1)
      logger.warning(
        """
        freeze: it fails in \(share) % of new episodes: train for longer (avg-vision train --resume \(folder) --steps \
        COUNT), or let it go on learning on the robot
        """)
    }
    print(result.path)
  }
}

extension Freezing.Candidate {
  /// What it came to, in a few words.
  fileprivate func summary(_ score: EpisodeScore) -> String {
    func number(_ value: Double?) -> String { value.map { grouped($0, decimals: 1) } ?? "-" }
    switch score {
    case .success:
      return
        "success \(grouped(100 * report.successRate, decimals: 1)) %  steps to goal \(number(report.meanStepsToGoal))"
    case .return: return "return \(number(report.meanReturn))"
    case .total(let measure):
      return "\(measure.name) \(number(report.totals[measure.key]?.mean)) \(measure.unit.symbol)"
    }
  }
}
