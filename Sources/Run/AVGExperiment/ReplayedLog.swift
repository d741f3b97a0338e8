import AVGCore
import AVGLearning
import AVGNetwork
package import AVGRecording
import AVGSystem
import AVGTraining
import Foundation
import Logging

/// A log that holds a run: what was sensed, how it was run, and where it began.
package struct ReplayedLog {
  /// What was sensed and done.
  package let player: LogPlayer
  /// What a replay must know.
  package let settings: ReplaySettings
  /// The run where it began.
  package let origin: RunCheckpoint

  /// Opens a log.
  package init(_ log: String) throws {
    player = LogPlayer(try FrameLogReader(reading: log))
    guard let settings = ReplaySettings(player.metadata), let start = player.startingCheckpoint else {
      throw LogError.missing(
        file: log, what: "run",
        advice: "Only a log written with --record can be replayed; --camera FILE sees any.")
    }
    self.settings = settings
    let name = "\(log) (\(FrameLogWriter.startingCheckpoint))"
    origin = RunCheckpoint(try Safetensors(Data(start), name: name), name: name)
    try origin.verify()
  }

  /// The instruction set by which this processor can repeat the run.
  func instructionSet() throws(LogError) -> InstructionSet {
    guard let arithmetic = settings.arithmetic else {
      throw .unsupported(
        file: player.name, what: "it is of before 2026-11-29, when the results depended on the processor",
        advice: "--learn learns from it; to have a run repeated, record it anew.")
    }
    guard let set = InstructionSet.computing(arithmetic) else {
      throw .unsupported(
        file: player.name,
        what:
          "it was computed with \(arithmetic.printable()) arithmetic, which this program or processor lacks",
        advice:
          "--learn learns from it; every processor with \(InstructionSet.best.arithmetic) repeats its own runs."
      )
    }
    return set
  }

  /// Runs the log through a trainer whose environment plays it, and compares every step and the final checkpoint.
  ///
  /// - Parameters:
  ///   - trainer: as the run began.
  ///   - checkpoint: where to put the replay's final checkpoint; nil for nowhere.
  ///   - stop: is raised by the environment with the end of the log.
  ///   - isStart: whether the log's next entry for the environment begins an episode.
  ///   - isEnd: whether an environment failed for want of more in the log.
  /// - Returns: what was found to be the same, in words.
  func compare<World: Environment & ~Copyable>(
    _ trainer: consuming Trainer<World, Learner>, _ training: TrainingSettings,
    checkpoint: String?, stop: StopFlag, isStart: @escaping () throws -> Bool?,
    isEnd: (World.Failure) -> Bool
  ) throws -> String {
    let log = player.name
    if settings.isRemote {
      throw LogError.unsupported(
        file: log,
        what:
          "its policy came from a learner on another computer (--learner), so that no replay can act by it",
        advice: "--learn learns from it, and comes to the same weights if nothing was dropped.")
    }
    if let quality = settings.frameQuality {
      throw LogError.unsupported(
        file: log,
        what:
          "its frames are JPEG images of quality \(quality) (--record-quality), not the pixels that the agent saw, so "
          + "that no replay can do the same",
        advice: "--learn learns from it; to have a run repeated, record it without --record-quality.")
    }
    let comparison = ReplayComparison(player)
    if !settings.isLearning { trainer.learner.mode = .sampling(seed: settings.seed) }
    let plan = TrainingPlan(
      steps: .max, isLearning: settings.isLearning, order: training.order,
      measuresCaptureAge: settings.isReal, lateSteps: training.lateSteps,
      timeOutSteps: settings.timeOutSteps)
    let hooks: TrainingHooks<World, Learner> = hooks(comparison, stop, isStart)
    do { try trainer.run(plan, hooks: hooks, stop: stop) } catch {
      // A run that failed, or was cut off: there is no more to compare.
      guard case .world(let failure) = error, isEnd(failure) else { throw error }
    }
    try comparison.finish(trainer.learner, trainer.trainingState)
    if let checkpoint, let final = comparison.replayed { try AtomicFile.write(final, to: checkpoint) }
    if let byte = player.cutOffByte {
      logger.notice("\(log): cut off at byte \(byte): what came after the last whole chunk is not compared")
    }
    guard let difference = comparison.difference else {
      return comparison.summary
    }
    throw ReplayDifference(description: "\(log): the replay differs at \(difference)")
  }

  private func hooks<World: Environment & ~Copyable>(
    _ comparison: ReplayComparison, _ stop: StopFlag, _ isStart: @escaping () throws -> Bool?
  ) -> TrainingHooks<World, Learner> {
    var hooks = TrainingHooks<World, Learner>()
    var isUnderWay = false
    var hasPaused = false
    hooks.request = {
      // An episode of the log that ends without an end was cut off by a pause.
      hasPaused = !hasPaused && isUnderWay && (try? isStart()) == true
      return hasPaused ? .pause : .none
    }
    hooks.onStep = { transition, step in
      isUnderWay = !transition.outcome.isLast
      if try !comparison.compare(LoggedStep(transition, step)) { stop.raise() }
    }
    return hooks
  }
}

/// A replay that did not do what the log tells.
public struct ReplayDifference: Error, CustomStringConvertible {
  /// The log, and the first difference.
  public let description: String
}
