import AVGCore
public import AVGGuard

extension RobotLink {
  /// How the robot is to be reached.
  public struct Configuration: Hashable, Sendable {
    /// The serial port, as /dev/ttyUSB0.
    public var port: String
    /// The age at which an order is no longer obeyed.
    public var orderTimeout: Duration
    /// The fastest that a wheel may be told to turn, in mm/s.
    public var speedLimit: Int
    /// The real-time priority that the guards begin with, until they take their own; nil, or where it is not permitted:
    /// none.
    public var startPriority: Int32?
    /// The real-time priority of the thread that watches the first guard, likewise.
    public var watchPriority: Int32?
    /// The program that becomes the guards, and what it is told before its own arguments.
    public var program: [String]

    /// Names a port and the rules; the guards are this very program.
    public init(
      port: String, orderTimeout: Duration = .milliseconds(200), speedLimit: Int = DriveSpeeds.fastest,
      startPriority: Int32? = nil, watchPriority: Int32? = nil,
      program: [String] = Create2Guards.ownProgram
    ) {
      self.port = port
      self.orderTimeout = orderTimeout
      self.speedLimit = speedLimit
      self.startPriority = startPriority
      self.watchPriority = watchPriority
      self.program = program
    }

    /// The first guard's command line, the program first.
    var firstCommandLine: [String] {
      program + [
        port, "\(GuardLauncher.socket)", "--peer", "\(GuardLauncher.peerSocket)", "--watch",
        "\(GuardLauncher.watchSocket)", "--timeout",
        "\(orderTimeout.seconds)", "--speed-limit", "\(speedLimit)",
      ]
    }

    /// The second guard's.
    var secondCommandLine: [String] { program + [port, "\(GuardLauncher.socket)", "--standby"] }
  }
}
