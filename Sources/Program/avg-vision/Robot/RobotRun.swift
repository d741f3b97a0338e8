import AVGCore
import AVGExperiment
import AVGRobot
import AVGSystem
import AVGTraining
import Synchronization

/// Joins a robot, its camera and the person beside it.
enum RobotRun {
  private static let keyboard = Mutex<RunKeyboard?>(nil)

  /// Starts the guard of the robot at `port` and makes the body of it.
  static func body<Eye: Body & ~Copyable>(
    port: String, eye: consuming Eye, _ experiment: ExperimentConfiguration, _ watch: RunWatch
  ) throws -> RobotBody<Eye> {
    let settings = experiment.robot
    let link = try RobotLink.open(
      RobotLink.Configuration(
        port: port, orderTimeout: settings.commandTimeout,
        speedLimit: settings.speedLimitMillimetersPerSecond,
        startPriority: RealTime.startPriority, watchPriority: RealTime.guardPriority))
    let hand = try RunKeyboard(stop: link.emergencyStop)
    keyboard.withLock { $0 = hand }
    return RobotBody(
      eye: eye, link: link, settings: settings, seed: experiment.training.seed,
      holds: RobotBody.Holds(
        isEnding: { watch.stop.isRaised },
        isPaused: {
          hand.update()
          return hand.isPaused
        }), logger: watch.news.logger, onCommand: { watch.latencies.command.record($0) })
  }

  /// Gives the keyboard back.
  static func end() { keyboard.withLock { $0?.end() } }
}

/// What became of the robot's commands, in words.
enum RobotReport {
  static func text(_ link: borrowing RobotLink) -> String {
    let report = link.report
    let counts = report.counts
    return """
      robot        \(counts.packets) packets, \(counts.skippedBytes) bytes not understood, \
      \(report.reading.charge) of \(report.reading.capacity) mAh
      stops        \(counts.expiries) for want of a command, \(counts.silences) for want of an answer, \
      \(counts.hazards) for wheel drops and cliffs, \(counts.obstacles + counts.absences) for late guards or the \
      computer's sleep
      repairs      \(counts.reentries) returns to safe mode, \(counts.repeats) commands repeated, \
      \(counts.reopenings) reopenings
      """
  }
}
