import ArgumentParser
import AVGArm
import AVGCore
import AVGExperiment
import AVGRobot
import AVGSystem
import AVGTasks
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
        avg-vision rig --robot ur5                an arm, and UR-Reacher-2

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

  @Option(help: "What is emulated: create2 or ur5.")
  var robot = EmulatorCommand.EmulatedKind.create2

  func validate() throws {
    try learning.validate(with: settings)
    guard robot == .create2 || faults.fault.isEmpty else {
      throw ValidationError(
        "--fault is for an emulated Create 2; 'avg-vision emulator --robot ur5' takes those of an arm.")
    }
    guard robot == .create2 || [nil, .urReacher2].contains(settings.options.scene.task) else {
      throw ValidationError("--robot ur5 does ur-reacher-2 alone: leave out --task.")
    }
  }

  func run() throws {
    guard robot == .create2 else { return try runArm() }
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
    let emulator = Emulator(
      experiment: run.experiment, port: folder + "/create2", view: devices.camera, faults: faults.scheduled)
    let emulation = try Emulation { isEnding, onReady in try emulator.run(until: isEnding, onReady: onReady) }
    // To the end of the guard, which takes its leave of the robot.
    defer { emulation.end() }
    try run.run()
  }
}

extension RigCommand {
  /// Acts and learns on an emulated arm, at an address of this computer's that hardly anybody else has.
  fileprivate func runArm() throws {
    let process = Int(getpid())
    let host = "127.\(100 + process / 62_500 % 100).\(process / 250 % 250).\(1 + process % 250)"
    var settings = settings
    settings.options.scene.task = .urReacher2
    let run = try LiveRun(
      Devices(camera: "none", robot: "ur://" + host), ["rig", "--robot", "ur5"], settings, learning)
    let emulation = try Emulation { isEnding, onReady in
      _ = RealTime.enter(priority: RealTime.guardPriority)
      var servers = try UR5Servers(host: host, log: { _ in })
      onReady()
      servers.run(until: isEnding)
    }
    // To the end of the guard, which leaves the arm at rest.
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

  /// Starts it, and waits until it is ready.
  ///
  /// - Parameter emulator: runs until its first argument says so, and calls the second once it is ready.
  init(_ emulator: @escaping (_ isEnding: () -> Bool, _ onReady: () -> Void) throws -> Void) throws {
    let isReady = DispatchSemaphore(value: 0)
    let problem = Problem()
    // Only that thread uses it from here on.
    nonisolated(unsafe) let emulator = emulator
    try SystemThread.start(for: "the emulated robot's thread") { [stop, hasEnded] in
      do { try emulator({ stop.isRaised }, { isReady.signal() }) } catch {
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
