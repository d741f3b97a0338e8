import ArgumentParser

/// `avg-vision --camera DEVICE`
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Act and learn on a real camera and a real robot, on the control cycle.",
    discussion: """
      Examples:
        avg-vision --camera /dev/video0 --robot /dev/ttyUSB0
        avg-vision --camera auto
        avg-vision --camera auto --robot exec:./robot.py     any robot of two wheels
        avg-vision --camera none --robot ur://192.168.1.10 --task ur-reacher-2
        avg-vision --camera auto --record run.mcap           record it, for 'replay'
        avg-vision --camera other.mcap                       images of any MCAP file
        avg-vision --camera /dev/video0 --steps 200 --save-frames seen
        avg-vision --camera /dev/video0 --start-from runs/NAME --no-learn
        avg-vision --camera auto --dashboard 0.0.0.0:8080    watch it from elsewhere
        avg-vision --camera /dev/video0 --resume runs/NAME   go on with a run

      Without a robot, actions are shown and nothing moves; Create-Reacher judges the
      real images. --task create-mover needs a robot's wheels to be rewarded. With a
      robot, p (or SIGUSR1) pauses and goes on, space is an emergency stop.
      Ctrl-C ends the run after the step at hand, with its checkpoint; a second one
      ends it at once.
      """)

  @OptionGroup var devices: DeviceOptions

  @OptionGroup var settings: RunOptions

  @OptionGroup var learning: LearningOptions

  func validate() throws { try learning.validate(with: settings) }

  func run() throws {
    try LiveRun(devices.devices, devices.words, settings, learning, saveFrames: devices.saveFrames).run()
  }
}
