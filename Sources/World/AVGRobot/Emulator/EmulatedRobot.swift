import AVGCore
import AVGCreate2

/// A Create 2 that speaks the Open Interface, in software: modes, safety drops, streams, queries, battery and dock.
///
/// Bytes go in and come out; time is what the caller says it is. Source: *iRobot Create 2 Open Interface (OI)*.
public struct EmulatedRobot<World: EmulatedWorld & ~Copyable>: ~Copyable {
  /// Where the robot is.
  public internal(set) var world: World
  /// How much it lets itself be told.
  public private(set) var mode = InterfaceMode.off { didSet { if mode != oldValue { log("mode \(mode)") } } }
  /// What the wheels do now.
  public private(set) var speeds = DriveSpeeds.stopped {
    didSet { if speeds != oldValue { log("wheels \(speeds.left) \(speeds.right)") } }
  }
  /// It stands at its dock.
  public private(set) var isDocked = false
  /// What is held against the sensors from outside: a lifted wheel, an edge.
  public var isLifted = false
  /// One of the cliff sensors sees no floor.
  public var isAtEdge = false
  /// Bytes on their way to the computer; the caller that sends them removes them.
  public var outgoing: [UInt8] = []
  /// The stream's checksums are wrong.
  public var spoilsChecksums = false

  private let log: (String) -> Void
  var battery: Battery
  private var parser = CommandParser()
  var senses = Create2Senses()
  var streamed: [UInt8] = []
  private var isStreaming = false
  private var isSeekingDock = false
  private var ticks = 0
  private var deafUntilTick = 0
  private var lastHeardTick = 0
  private var isAsleep = false
  /// What the last command Drive asked for, in mm/s and mm, until the motors were stopped otherwise.
  var requested = (velocity: 0, radius: 0)
  var songs = SongBook()
  var leftCounts = 0.0
  var rightCounts = 0.0
  var sinceAsked = (millimeters: 0.0, degrees: 0.0)
  private var leavingMillimeters = 0.0

  /// The length of a step of the world; three of them are the 15 ms between two packets of the stream.
  public static var tick: Duration { .milliseconds(5) }
  private static var ticksPerPacket: Int { 3 }
  private static var bootTicks: Int { 600 }
  /// At a charger a minute without a command, elsewhere five minutes in passive mode.
  private static var dockedSleepTicks: Int { 12_000 }
  private static var passiveSleepTicks: Int { 60_000 }

  /// Puts a robot that is off into a world.
  ///
  /// - Parameters:
  ///   - charge: of the battery, in mAh.
  ///   - batteryHaste: how many times faster than a real one it empties and fills.
  ///   - log: receives a line for each change of mode and of the wheels' speeds, the moment it happens.
  public init(
    world: consuming World, charge: Double = 2600, batteryHaste: Double = 1, log: @escaping (String) -> Void
  ) {
    self.log = log
    battery = Battery(charge: charge, haste: batteryHaste)
    self.world = world
    self.world.feel(into: &senses)
  }

  // MARK: Time

  /// Lets 5 ms go by.
  public mutating func advance() {
    ticks += 1
    if isSeekingDock { seekDock() }
    world.advance(
      WheelSpeeds(
        left: .millimetersPerSecond(Double(speeds.left)), right: .millimetersPerSecond(Double(speeds.right))))
    let seconds = Self.tick.seconds
    countTurns(seconds)
    battery.advance(seconds: seconds, isDriving: speeds != .stopped, isCharging: isDocked && mode != .full)
    if mode == .safe, isLifted || isAtEdge || isDocked { fallBack() }
    songs.advance(by: seconds)
    fallAsleepIfDue()
    guard ticks.isMultiple(of: Self.ticksPerPacket) else { return }
    world.feel(into: &senses)
    if isStreaming, !isAsleep, ticks >= deafUntilTick { stream() }
  }

  /// In passive mode the robot saves power after a while; nothing is heard any more, and nothing said.
  private mutating func fallAsleepIfDue() {
    let ticks = ticks - lastHeardTick
    guard !isAsleep, !isSeekingDock,
      isDocked && mode != .full && ticks > Self.dockedSleepTicks
        || mode == .passive && ticks > Self.passiveSleepTicks
    else { return }
    isAsleep = true
    isStreaming = false
    mode = .off
    parser.reset()
    log("asleep")
  }

  private mutating func countTurns(_ seconds: Double) {
    let left = Double(speeds.left) * seconds
    let right = Double(speeds.right) * seconds
    leftCounts += left / SensorReading.millimetersPerCount
    rightCounts += right / SensorReading.millimetersPerCount
    sinceAsked.millimeters += (left + right) / 2
    sinceAsked.degrees += (right - left) / 235 * 180 / .pi
    guard isDocked, !isSeekingDock else { return }
    leavingMillimeters += (left + right) / 2
    if leavingMillimeters < -50 { isDocked = false }
  }

  private mutating func seekDock() {
    guard let next = world.speedsTowardsDock() else {
      speeds = .stopped
      isSeekingDock = false
      isDocked = true
      leavingMillimeters = 0
      log("docked")
      return
    }
    speeds = DriveSpeeds(
      left: next.left.millimetersPerSecond, right: next.right.millimetersPerSecond, limit: DriveSpeeds.fastest
    )
  }

  /// What safe mode does when it is no longer safe.
  private mutating func fallBack() {
    mode = .passive
    stand()
  }

  private mutating func stand() {
    speeds = .stopped
    requested = (0, 0)
  }

  // MARK: Commands

  /// Hears a byte.
  public mutating func hear(_ byte: UInt8) {
    // No byte wakes a sleeping robot: its button does, or its baud-rate-change pin.
    guard ticks >= deafUntilTick, !isAsleep else { return }
    lastHeardTick = ticks
    guard let (opcode, arguments) = parser.push(byte) else { return }
    // Off, it hears nothing but Start and Reset.
    guard mode != .off || opcode == Opcode.start || opcode == Opcode.reset else { return }
    obey(opcode, arguments)
  }

  private mutating func obey(_ opcode: UInt8, _ arguments: [UInt8]) {
    let mayDrive = mode == .safe || mode == .full
    switch opcode {
    case Opcode.reset: reboot()
    case Opcode.start, Opcode.power:
      isSeekingDock = false
      stand()
      mode = .passive
    case Opcode.safe, Opcode.full:
      if isSeekingDock {
        isSeekingDock = false
        stand()
      }
      mode = opcode == Opcode.safe ? .safe : .full
      if mode == .safe, isLifted || isAtEdge || isDocked { fallBack() }
    case Opcode.seekDock:
      mode = .passive
      isSeekingDock = true
    case Opcode.spot, Opcode.clean, Opcode.maximum:
      // Cleaning is not emulated: the robot stands.
      fallBack()
    case Opcode.driveDirect where mayDrive:
      speeds = DriveSpeeds(
        left: Self.number(arguments, 2), right: Self.number(arguments, 0), limit: DriveSpeeds.fastest)
    case Opcode.drivePWM where mayDrive:
      let scale = Double(DriveSpeeds.fastest) / 255
      speeds = DriveSpeeds(
        left: Self.number(arguments, 2) * scale, right: Self.number(arguments, 0) * scale,
        limit: DriveSpeeds.fastest)
    case Opcode.drive where mayDrive:
      let velocity = Self.number(arguments, 0)
      let radius = Self.number(arguments, 2)
      speeds = Self.speeds(velocity: velocity, radius: radius)
      requested = Self.requested(velocity: velocity, radius: radius)
    case Opcode.song: songs.define(arguments)
    case Opcode.play where mayDrive: songs.play(arguments[0])
    case Opcode.stop:
      fallBack()
      isStreaming = false
      songs.stop()
      mode = .off
    case Opcode.sensors: for packet in Self.packets(arguments[0]) { outgoing += data(packet) }
    case Opcode.queryList:
      for number in arguments.dropFirst() {
        for packet in Self.packets(number) { outgoing += data(packet) }
      }
    case Opcode.stream:
      streamed = Array(arguments.dropFirst())
      isStreaming = !streamed.isEmpty
    case Opcode.pauseOrResumeStream: isStreaming = arguments[0] == 1 && !streamed.isEmpty
    default: break
    }
  }

  /// Starts anew: the robot says who it is, hears nothing for 3 s, and is off.
  public mutating func reboot() {
    stand()
    songs = SongBook()
    isAsleep = false
    isSeekingDock = false
    isStreaming = false
    parser.reset()
    mode = .off
    deafUntilTick = ticks + Self.bootTicks
    outgoing += Array(
      "bl-start\r\n2007-05-14-1715-L   \r\nemulated create 2\r\nbattery-current-zero 252\r\n".utf8)
  }

  /// Falls back to passive mode, as if somebody had pressed its button; wakes up, if it sleeps.
  public mutating func pressButton() {
    if mode != .off { fallBack() }
    wakeUp()
  }

  /// Wakes up, as by a low pulse on its baud-rate-change pin, of which a pseudo-terminal knows nothing.
  public mutating func wakeUp() {
    lastHeardTick = ticks
    guard isAsleep else { return }
    isAsleep = false
    log("awake")
  }
}
