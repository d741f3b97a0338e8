import ArgumentParser
import AVGArm
import AVGCore
import AVGSystem
import AVGTraining
import Foundation

/// `avg-vision emulator`
struct EmulatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emulator",
    abstract: "Emulate a Create 2 in the simulated pen, on a pseudo-terminal, or a UR5, in real time.",
    discussion: """
      Examples:
        avg-vision emulator /tmp/create2
        avg-vision emulator /tmp/create2 --view /tmp/view
        avg-vision --camera /tmp/view --robot /tmp/create2    in another terminal
        avg-vision emulator /tmp/create2 --fault "10:noise 2" --fault "~30:passive"
        avg-vision emulator /tmp/create2 --control /tmp/faults
        echo "silence 1" >/tmp/faults                         in another terminal
        avg-vision emulator 127.0.0.1 --robot ur5
        avg-vision --config ur-reacher-2.yaml --camera none --robot ur://127.0.0.1

      PORT becomes a symbolic link to the pseudo-terminal; give it to 'avg-vision
      --robot'. Each line of the log begins with the monotonic clock's nanoseconds.
      Faults: silence S, noise S, checksums S, unplug S, lift S, edge S, each for S
      seconds; freeze, reboot, passive (its button), wake (its baud-rate-change pin,
      which a pseudo-terminal has not). Ctrl-C ends the emulator.
      A UR5 listens at PORT, an address of this computer, on 30003, 30004 and 29999.
      Its faults: late S, garbled S, cut, lost, protective, emergency, release, or
      their first letters (d for lost), also from the keyboard, each with Enter.
      """)

  @Option(help: "What is emulated: create2 or ur5.")
  var robot = EmulatedKind.create2

  @Argument(help: "Where the serial port is to be found; of a ur5, the address.")
  var port: String

  @OptionGroup var faults: FaultOptions

  @Option(help: ArgumentHelp("A named pipe, made here, that takes faults, a line each.", valueName: "path"))
  var control: String?

  @Option(
    help: ArgumentHelp(
      "A socket, made here, that answers each request with the robot's view as a JPEG image.",
      valueName: "path"))
  var view: String?

  @Option(help: ArgumentHelp("The size of that view.", valueName: "columns x rows"))
  var viewSize = "320x180"

  @Option(help: ArgumentHelp("Where to log (default: standard output).", valueName: "file"))
  var log: String?

  @Option(help: "The charge of the battery at the start, in mAh.", transform: NumberOption.real(0...2600))
  var charge = 2600.0

  @Option(
    help: "How many times faster than a real battery this one empties and fills.",
    transform: NumberOption.real(0...1e6))
  var batteryHaste = 1.0

  @OptionGroup var options: ConfigurationFileOptions

  @OptionGroup var world: WorldOptions

  @OptionGroup var seeding: SeedOptions

  func validate() throws {
    guard Self.shape(viewSize) != nil else {
      throw ValidationError("--view-size \(viewSize) is no size; give it as 320x180.")
    }
    guard robot == .create2 || faults.fault.isEmpty, robot == .create2 || view == nil else {
      throw ValidationError(
        "--fault and --view are for a Create 2; a UR5 takes its faults through --control, or typed.")
    }
    guard (0...2700).contains(charge) else {
      throw ValidationError("--charge \(charge) is out of range; give a number of mAh from 0 to 2700.")
    }
    guard (0...1_000_000).contains(batteryHaste) else {
      throw ValidationError(
        "--battery-haste \(batteryHaste) is out of range; give a number from 0 to 1000000.")
    }
  }

  /// What can be emulated.
  enum EmulatedKind: String, ExpressibleByArgument, CaseIterable {
    case create2, ur5
  }

  func run() throws {
    guard robot == .create2 else { return try emulateArm() }
    let stop = StopFlag.raisedBySignals()
    let writer = try LogWriter(path: log)
    let descriptor = try makeControl()
    defer { if let control { unlink(control) } }
    let emulator = Emulator(
      experiment: try options.load(world: world.world, seeding.overrides), port: port, view: view,
      viewShape: Self.shape(viewSize) ?? .standard, charge: charge, batteryHaste: batteryHaste,
      faults: faults.scheduled, control: descriptor, log: writer.write)
    try emulator.run(until: { stop.isRaised })
    if let failure = writer.failure { throw failure }
  }

  private func emulateArm() throws {
    let stop = StopFlag.raisedBySignals()
    let writer = try LogWriter(path: log)
    var descriptor = try makeControl()
    defer { if let control { unlink(control) } }
    if control == nil, isatty(STDIN_FILENO) == 1 {
      descriptor = STDIN_FILENO
      _ = fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK)
    }
    _ = RealTime.enter(priority: RealTime.guardPriority)
    var servers = try UR5Servers(
      host: port, control: descriptor, seed: seeding.seed ?? 1, log: writer.write)
    writer.write("ready \(port)")
    servers.run(until: { stop.isRaised })
    if let failure = writer.failure { throw failure }
  }

  /// A reader of the pipe keeps it open for writing too, so that it never ends.
  private func makeControl() throws -> Int32 {
    guard let control else { return -1 }
    try EmulatorPlace.clearPipe(control)
    guard mkfifo(control, 0o600) == 0 else { throw FileError(path: control, action: "make the pipe") }
    return open(control, O_RDWR | O_NONBLOCK | O_CLOEXEC)
  }

  private static func shape(_ text: String) -> FrameShape? {
    let numbers = text.split(separator: "x").compactMap { Int($0) }
    guard numbers.count == 2, numbers.allSatisfy({ (16...2000).contains($0) }) else { return nil }
    return FrameShape(height: numbers[1], width: numbers[0])
  }
}

/// Lines with the time before them, on their way at once.
private final class LogWriter {
  private let file: OutputFile
  /// Why a line could not be written; the robot goes on without its log.
  private(set) var failure: FileError?

  init(path: String?) throws {
    if let path {
      file = try OutputFile(path: path, flags: O_CREAT | O_TRUNC)
    } else {
      file = try OutputFile("standard output", descriptor: STDOUT_FILENO)
    }
  }

  func write(_ text: String) {
    do throws(FileError) {
      try file.write(Array("\(MonotonicInstant.now.nanoseconds) \(text)\n".utf8))
    } catch { failure = failure ?? error }
  }
}
