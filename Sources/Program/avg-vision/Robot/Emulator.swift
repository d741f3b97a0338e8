import AVGCore
import AVGExperiment
import AVGRobot
import AVGSimulation
import AVGSystem
import AVGTasks
import AVGTraining
import Foundation
import Logging

/// A Create 2 in the simulated pen, in real time: its serial port, and perhaps its camera.
struct Emulator {
  /// What the pen is like, and what is drawn from what seed.
  var experiment: ExperimentConfiguration
  /// Where the serial port is to be found.
  var port: String
  /// Where the socket of its view is to be made; nil for none.
  var view: String?
  /// The size of that view.
  var viewShape = FrameShape(height: 180, width: 320)
  /// The charge of the battery at the start, in mAh.
  var charge = 2600.0
  /// How many times faster than a real battery this one empties and fills.
  var batteryHaste = 1.0
  /// What goes wrong by itself.
  var faults: [ScheduledFault] = []
  /// A descriptor from which faults are read, a line each; −1 if there is none.
  var control: Int32 = -1
  /// Receives a line for everything that happens to the robot.
  var log: (String) -> Void = { _ in }

  /// Runs on the calling thread until `isEnding` says so.
  ///
  /// - Parameter onReady: called once port and view are there.
  func run(until isEnding: () -> Bool, onReady: () -> Void = {}) throws {
    // A robot keeps its own time: no program of the computer's makes it late.
    RealTime.enter(priority: RealTime.guardPriority).forEach { logger.notice("\($0)") }
    let seed = experiment.training.seed
    var pen = experiment.simulation
    // An image is what is to be seen when it is asked for: clock, losses and compression are the real camera's.
    pen.cameraFramesPerSecond = 0
    pen.droppedFrameShare = 0
    pen.jpegQuality = 0
    let robot = EmulatedRobot(
      world: try EmulatedPen(pen, cycle: experiment.task.controlPeriod, seed: seed), charge: charge,
      batteryHaste: batteryHaste, log: log)
    var loop = try EmulatorLoop(
      robot: robot, link: port, control: control, faults: faults, seed: seed, log: log)
    let eye = try view.map { path in
      try EmulatedEye(socket: path, pen, shape: viewShape, seed: seed)
    }
    defer { if let view { unlink(view) } }
    log("ready \(port)")
    onReady()
    try loop.run(until: isEnding) { world in eye?.show(world.state) }
  }
}
