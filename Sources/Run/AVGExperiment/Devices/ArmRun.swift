import AVGArm
import AVGCore
import AVGGuard
import AVGLearning
import AVGRecording
import AVGRobot
import AVGSystem
import AVGTasks
import AVGTraining
import Logging

extension ArmExperiment {
  /// Acts and learns with an arm, in real time, until the last step, Ctrl-C or an error.
  ///
  /// - Parameter host: the address of its controller.
  package func run(
    _ configuration: Configuration, onArmAt host: String, _ options: DeviceRunOptions, from origin: RunOrigin?
  ) throws -> TrainingResult {
    var run = try DeviceRun(
      self, configuration, options, from: origin, RunWatch(stop: options.training.stop))
    run.hasRobot = true
    if let remote = try run.makeRemoteAgent() { return try drive(run, configuration, host, remote) }
    return try drive(run, configuration, host, try run.makeAgent())
  }

  private func drive<Actor: CheckpointedAgent & InspectableAgent & ~Copyable>(
    _ run: DeviceRun<Configuration, B, T>, _ configuration: Configuration, _ host: String,
    _ agent: consuming Actor
  ) throws -> TrainingResult {
    let log = try run.openLog(.frames)
    let watch = run.watch
    let hold = KeyHold()
    let base = try UR5Base.open(
      host: host, settings: configuration.arm, patience: .seconds(configuration.robot.searchSeconds),
      seed: configuration.training.seed, startPriority: RealTime.startPriority,
      holds: RunHolds(isEnding: { [stop = watch.stop] in stop.isRaised }, isPaused: hold.isHolding),
      logger: watch.news.logger,
      onCommand: { [latencies = watch.latencies] in latencies.command.record($0) })
    let keyboard = try RunKeyboard(stop: base.emergencyStop)
    defer { keyboard.end() }
    hold.keyboard = keyboard
    let sight = ClockedEye(NoEye(), period: run.task.controlPeriod, frameShape: nil) {
      [latencies = watch.latencies] clock in
      latencies.slack.record(clock.slack)
      latencies.lateness.record(clock.lateness)
    }
    return try run.go(ComposedBody(sight, base), agent, log, .frames)
  }
}
