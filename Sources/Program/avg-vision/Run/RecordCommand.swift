import ArgumentParser
import AVGExperiment

/// `avg-vision record LOG --camera DEVICE`
struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record what a camera, and a robot, sense on the control cycle, without learning.",
    discussion: """
      Examples:
        avg-vision record desk.mcap --camera auto --steps 200
        avg-vision record drive.mcap --camera auto --robot /dev/ttyUSB0
        avg-vision log info desk.mcap          what the log holds
        avg-vision replay desk.mcap            do it again and compare every step
        avg-vision replay desk.mcap --learn    learn from it

      Actions are those of the policy in --start-from, else of an untrained one;
      without a robot nothing moves. 'avg-vision --record LOG', 'avg-vision train
      --record LOG' and 'avg-vision rig --record LOG' record while they learn.
      Ctrl-C ends the recording after the step at hand; killed at any instant, the
      log is whole up to half a second before.
      """)

  @Argument(help: "The MCAP file to write, a new one.")
  var log: String

  @OptionGroup var devices: DeviceOptions

  @OptionGroup var frames: RecordedFrameOptions

  @OptionGroup var settings: RunOptions

  func run() throws {
    try LiveRun(
      devices.devices, devices.words, settings, recordingTo: log, quality: frames.recordQuality,
      saveFrames: devices.saveFrames
    ).run()
  }
}
