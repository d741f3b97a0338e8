import ArgumentParser
import AVGCore
import AVGSystem
import AVGTraining
import Foundation

/// `avg-vision emulator`
struct EmulatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emulator",
    abstract: "Emulate a Create 2 in the simulated pen, on a pseudo-terminal, in real time.",
    discussion: """
      Examples:
        avg-vision emulator /tmp/create2
        avg-vision emulator /tmp/create2 --view /tmp/view
        avg-vision --camera /tmp/view --robot /tmp/create2    in another terminal
        avg-vision emulator /tmp/create2 --fault "10:noise 2" --fault "~30:passive"
        avg-vision emulator /tmp/create2 --control /tmp/faults
        echo "silence 1" >/tmp/faults                         in another terminal

      PORT becomes a symbolic link to the pseudo-terminal; give it to 'avg-vision
      --robot'. Each line of the log begins with the monotonic clock's nanoseconds.
      Faults: silence S, noise S, checksums S, unplug S, lift S, edge S, each for S
      seconds; freeze, reboot, passive (its button), wake (its baud-rate-change pin,
      which a pseudo-terminal has not). Ctrl-C ends the emulator.
      """)

  @Argument(help: "Where the serial port is to be found.")
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
    guard (0...2700).contains(charge) else {
      throw ValidationError("--charge \(charge) is out of range; give a number of mAh from 0 to 2700.")
    }
    guard (0...1_000_000).contains(batteryHaste) else {
      throw ValidationError(
        "--battery-haste \(batteryHaste) is out of range; give a number from 0 to 1000000.")
    }
  }

  func run() throws {
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
