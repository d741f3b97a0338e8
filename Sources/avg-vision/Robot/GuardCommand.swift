import ArgumentParser
import AVGRobot
import AVGTraining

/// `avg-vision guard`: started by a run with `--robot`, never by hand.
struct GuardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guard",
    abstract: "Hold a robot's serial port, and stop its wheels when the learner falls silent.",
    shouldDisplay: false)

  @Argument(help: "The robot's serial port.")
  var port: String

  @Argument(help: "The descriptor of the socket to the learner.")
  var socket: Int32

  @Option(help: "The age, in seconds, at which an order of the learner is no longer obeyed.")
  var timeout: Double

  @Option(help: "The fastest that a wheel may turn, in mm/s.")
  var speedLimit: Int

  func run() {
    // Before the learner's, so that a busy processor is no reason to drive on; where that is not allowed, the learner
    // has said so.
    _ = RealTime.enter(priority: RealTime.guardPriority)
    var loop = GuardLoop(path: port, socket: socket, orderTimeout: .seconds(timeout), speedLimit: speedLimit)
    loop.run()
  }
}
