import ArgumentParser
import AVGCore
import AVGExperiment
import AVGRobot
import AVGSystem
import AVGTraining
import Foundation

/// `avg-vision rig`
struct RigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rig",
    abstract: "Act and learn on an emulated robot: the whole of 'run', for who has no robot and no camera.",
    discussion: """
      Examples:
        avg-vision rig --start-from runs/NAME     a trained policy drives and learns
        avg-vision rig --start-from runs/NAME --dashboard 8080
        avg-vision rig --steps 2000 --record rig.mcap
        avg-vision rig --fault "10:noise 2" --fault "~30:lift 1"

      Everything is as on a robot, in real time: the control cycle, the serial
      protocol on a pseudo-terminal, both guards, resets between episodes. Only
      the Create 2 and what its camera sees are emulated ('avg-vision emulator' alone
      does that, for programs of other people). Tests/Acceptance/rig does the same
      with the kernel's camera driver, in a virtual machine. From nothing, learning
      takes as long as on a robot: about 45 minutes.
      Ctrl-C ends the run after the step at hand, with its checkpoint; a second one
      ends it at once.
      """)

  @OptionGroup var faults: FaultOptions

  @OptionGroup var settings: RunOptions

  @OptionGroup var learning: LearningOptions

  func validate() throws { try learning.validate(with: settings) }

  func run() throws {
    // A new one, whatever others have put where everybody may write.
    let pattern = FileManager.default.temporaryDirectory.path + "/avg-vision-rig-XXXXXX"
    guard let name = mkdtemp(strdup(pattern)) else {
      throw FileError(path: pattern, action: "make the folder")
    }
    let folder = String(cString: name)
    free(name)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let devices = Devices(camera: folder + "/view", robot: folder + "/create2")
    let run = try LiveRun(devices, ["rig"], settings, learning)
    let emulation = try Emulation(
      Emulator(
        experiment: run.experiment, port: folder + "/create2", view: devices.camera,
        faults: faults.scheduled))
    // To the end of the guard, which takes its leave of the robot.
    defer { emulation.end() }
    try run.run()
  }
}

/// What goes wrong with an emulated robot.
struct FaultOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Strike with a fault: SECONDS:FAULT once, ~SECONDS:FAULT again and again at random times.",
      valueName: "when:fault"))
  var fault: [String] = []

  /// The faults that were named.
  var scheduled: [ScheduledFault] { fault.compactMap { ScheduledFault($0) } }

  func validate() throws {
    for text in fault where ScheduledFault(text) == nil {
      throw ValidationError(
        "--fault \(text) is not understood; give it as \"10:noise 2\" or \"~10:passive\".")
    }
  }
}

/// An emulator on a thread of its own.
private final class Emulation: Sendable {
  private let stop = StopFlag()
  private let hasEnded = DispatchSemaphore(value: 0)

  /// Starts it, and waits until port and view are there.
  init(_ emulator: Emulator) throws {
    let isReady = DispatchSemaphore(value: 0)
    let problem = Problem()
    // Only that thread uses it from here on.
    nonisolated(unsafe) let emulator = emulator
    try SystemThread.start(for: "the emulated robot's thread") { [stop, hasEnded] in
      do { try emulator.run(until: { stop.isRaised }, onReady: { isReady.signal() }) } catch {
        problem.error = error
      }
      isReady.signal()
      hasEnded.signal()
    }
    isReady.wait()
    if let error = problem.error { throw error }
  }

  /// Ends it.
  func end() {
    stop.raise()
    hasEnded.wait()
  }

  /// Why it could not be started.
  private final class Problem: @unchecked Sendable {
    // Written before the semaphore is signalled, read after it was awaited.
    var error: (any Error)?
  }
}
