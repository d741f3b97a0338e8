public import AVGCore
import Glibc

/// The learner's end of the line to the guard process, which it starts.
///
/// When the link ends, however it ends, the guard stops the wheels and leaves the robot in passive mode.
public struct RobotLink: ~Copyable {
  /// How the robot is to be reached.
  public struct Configuration: Hashable, Sendable {
    /// The serial port, as /dev/ttyUSB0.
    public var port: String
    /// The age at which an order is no longer obeyed.
    public var orderTimeout: Duration
    /// The fastest that a wheel may be told to turn, in mm/s.
    public var speedLimit: Int
    /// The program that becomes the guard, and what it is told before its own arguments.
    public var program: [String]

    /// Names a port and the rules; the guard is this very program.
    public init(
      port: String, orderTimeout: Duration = .milliseconds(200), speedLimit: Int = DriveSpeeds.fastest,
      program: [String] = ["/proc/self/exe", "guard"]
    ) {
      self.port = port
      self.orderTimeout = orderTimeout
      self.speedLimit = speedLimit
      self.program = program
    }

    /// The guard's command line, the program first.
    var commandLine: [String] {
      program + [
        port, "\(GuardLauncher.socket)", "--timeout", "\(orderTimeout.seconds)", "--speed-limit",
        "\(speedLimit)",
      ]
    }
  }

  /// The port and the rules.
  public let configuration: Configuration
  /// What the guard said last.
  public private(set) var report = GuardReport()

  private let guardProcess: pid_t
  private let socket: Int32
  private var orderNumber: UInt64 = 0
  private var isLost = false

  /// A guard that says nothing for so long hangs.
  private static let guardPatience = Duration.seconds(2)
  /// A guard that finds the robot talking needs a tenth of this.
  private static let firstPatience = Duration.seconds(10)
  /// The guard of a run that was killed a moment ago still holds the port until the robot stands.
  private static let busyPatience = Duration.seconds(3)

  private init(_ configuration: Configuration, _ guardProcess: pid_t, _ socket: Int32) {
    self.configuration = configuration
    self.guardProcess = guardProcess
    self.socket = socket
    report.written = .now
    CrashCut.watch(socket)
  }

  /// Starts the guard and waits until the robot answers it.
  ///
  /// - Throws: `RobotError` if the port cannot be used, which for one that is in use by another program takes 3 s to say,
  ///   or the robot does not answer within 10 s.
  public static func open(_ configuration: Configuration) throws(RobotError) -> RobotLink {
    let (process, socket) = try GuardLauncher.launch(configuration)
    var link = RobotLink(configuration, process, socket)
    let start = MonotonicInstant.now
    let end = start.advanced(by: firstPatience)
    while link.report.readAt.nanoseconds == 0 {
      try link.listen(until: end)
      let waited = start.duration(to: .now)
      if link.report.problem == .busy, waited < busyPatience { continue }
      if let error = link.report.problem.error(port: configuration.port, code: link.report.problemCode) {
        throw error
      }
      if waited >= firstPatience { throw .silent(port: configuration.port, after: firstPatience) }
    }
    return link
  }

  deinit {
    CrashCut.watch(-1)
    close(socket)
    // The guard ends once the robot stands, in a tenth of a second if it answers.
    Self.await(guardProcess)
  }

  /// Orders wheel speeds, valid for as long as the order counts as fresh.
  ///
  /// - Returns: the speeds as the robot is told them: whole, and within the limit.
  @discardableResult
  public mutating func drive(_ speeds: WheelSpeeds) throws(RobotError) -> DriveSpeeds {
    let sent = DriveSpeeds(
      left: speeds.left.millimetersPerSecond, right: speeds.right.millimetersPerSecond,
      limit: configuration.speedLimit)
    try order(.drive, sent)
    return sent
  }

  /// Gives an order.
  mutating func order(_ kind: GuardOrder.Kind, _ speeds: DriveSpeeds = .stopped) throws(RobotError) {
    orderNumber += 1
    let order = GuardOrder(kind: kind, speeds: speeds, number: orderNumber, given: .now)
    guard Datagram.send(order, on: socket) else { throw lost() }
  }

  /// Takes in what the guard has said, the newest of it.
  public mutating func listen() throws(RobotError) {
    while true {
      switch Datagram.receive(&report, on: socket) {
      case .message: continue
      case .nothing:
        guard report.written.duration(to: .now) > Self.guardPatience else { return }
        // This process may have been asleep itself, and what the guard said since found no room.
        var source = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&source, 1, CInt(Self.guardPatience.milliseconds)) > 0 else { throw lost() }
      case .end: throw lost()
      }
    }
  }

  /// Waits for news from the guard, at the longest until `instant`, and takes them in.
  mutating func listen(until instant: MonotonicInstant) throws(RobotError) {
    var source = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    let left = MonotonicInstant.now.duration(to: instant)
    if left > .zero { _ = poll(&source, 1, CInt(min(left, .seconds(1)).milliseconds.rounded(.up))) }
    try listen()
  }

  /// A switch that stops the robot at once, from any thread, for as long as the link is open.
  public var emergencyStop: EmergencyStop { EmergencyStop(socket: socket) }

  /// The guard is gone: nobody holds the wheels. Another guard, to which nobody talks, stops them.
  private mutating func lost() -> RobotError {
    CrashCut.holdIfStruck()
    let error = RobotError.guardLost(port: configuration.port)
    guard !isLost else { return error }
    isLost = true
    // One that hangs still holds the port.
    kill(guardProcess, SIGKILL)
    Self.await(guardProcess)
    if let (process, end) = try? GuardLauncher.launch(configuration) {
      close(end)
      Self.await(process)
    }
    return error
  }

  private static func await(_ process: pid_t) {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
  }
}

/// Stops a robot, whatever the control loop does meanwhile; it stands until it is reset.
public struct EmergencyStop: Sendable {
  let socket: Int32

  /// Tells the guard to stop.
  public func strike() {
    _ = Datagram.send(GuardOrder(kind: .halt, number: 0, given: .now), on: socket)
  }
}
