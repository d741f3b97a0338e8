import ArgumentParser
import AVGRobot

/// `avg-vision guard`: started twice by a run with `--robot`, never by hand.
struct GuardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: Create2Guards.command,
    abstract:
      "Hold a robot's serial port, and stop its wheels when the learner or the other guard falls silent.",
    shouldDisplay: false)

  @Argument(help: "The robot's serial port.")
  var port: String

  @Argument(help: "The descriptor of the socket to the learner; the second guard's to the first.")
  var socket: Int32

  @Flag(help: "Be the second guard, which stands by.")
  var standby = false

  @Option(help: "The descriptor of the first guard's socket to the second.")
  var peer: Int32?

  @Option(help: "The descriptor of the first guard's socket to the learner's watch.")
  var watch: Int32?

  @Option(help: "The age, in seconds, at which an order of the learner is no longer obeyed.")
  var timeout = 0.2

  @Option(help: "The fastest that a wheel may turn, in mm/s.")
  var speedLimit = DriveSpeeds.fastest

  private static let descriptors: ClosedRange<Int32> = 0...1_048_576

  func validate() throws {
    for descriptor in [socket, peer ?? 0, watch ?? 0] where !Self.descriptors.contains(descriptor) {
      throw ValidationError("\(descriptor) is no descriptor of a socket.")
    }
    guard standby ? peer == nil && watch == nil : peer != nil && watch != nil else {
      throw ValidationError("Give either --standby, or --peer and --watch.")
    }
    guard RobotSettings.commandTimeouts.contains(timeout) else {
      throw ValidationError(
        "--timeout \(timeout) is out of range; give a number of seconds from \(RobotSettings.commandTimeouts.lowerBound) to "
          + "\(RobotSettings.commandTimeouts.upperBound).")
    }
    guard (1...DriveSpeeds.fastest).contains(speedLimit) else {
      throw ValidationError(
        "--speed-limit \(speedLimit) is out of range; give a number of mm/s from 1 to \(DriveSpeeds.fastest)."
      )
    }
  }

  func run() {
    if let peer, let watch {
      Create2Guards.guardFirst(
        port, socket: socket, peer: peer, watch: watch, orderTimeout: .seconds(timeout),
        speedLimit: speedLimit)
    } else {
      Create2Guards.stand(by: port, socket: socket)
    }
  }
}
