/// What the robot is told.
///
/// Source: *iRobot Create 2 Open Interface (OI)*, section "Open Interface Commands".
public enum Command: Hashable, Sendable {
  /// Wakes the interface up, in passive mode; from another mode it goes back to passive, where the motors stand.
  case start
  /// Starts the robot anew, as if the battery had been taken out.
  case reset
  /// Safe mode.
  case safe
  /// Full mode.
  case full
  /// Looks for the dock and drives there by itself, in passive mode.
  case seekDock
  /// Sets both wheels' speeds.
  case drive(DriveSpeeds)
  /// Asks for a stream of these sensor packets every 15 ms.
  case stream([SensorPacket])
  /// Interrupts the stream, or goes on with it.
  case streams(Bool)
  /// Ends the interface: mode off.
  case stop

  /// Appends the command's bytes to `bytes`.
  public func encode(into bytes: inout [UInt8]) {
    switch self {
    case .start: bytes.append(Opcode.start)
    case .reset: bytes.append(Opcode.reset)
    case .safe: bytes.append(Opcode.safe)
    case .full: bytes.append(Opcode.full)
    case .seekDock: bytes.append(Opcode.seekDock)
    case .stop: bytes.append(Opcode.stop)
    case .streams(let areOn):
      bytes.append(Opcode.pauseOrResumeStream)
      bytes.append(areOn ? 1 : 0)
    case .stream(let packets):
      bytes.append(Opcode.stream)
      bytes.append(UInt8(packets.count))
      for packet in packets { bytes.append(packet.rawValue) }
    case .drive(let speeds):
      bytes.append(Opcode.driveDirect)
      for speed in [speeds.right, speeds.left] {
        bytes.append(UInt8(truncatingIfNeeded: speed >> 8))
        bytes.append(UInt8(truncatingIfNeeded: speed))
      }
    }
  }
}

/// The first bytes of the commands that this program sends or, as the robot, obeys.
enum Opcode {
  static let reset: UInt8 = 7
  static let start: UInt8 = 128
  static let safe: UInt8 = 131
  static let full: UInt8 = 132
  static let power: UInt8 = 133
  static let spot: UInt8 = 134
  static let clean: UInt8 = 135
  static let maximum: UInt8 = 136
  static let drive: UInt8 = 137
  static let song: UInt8 = 140
  static let play: UInt8 = 141
  static let sensors: UInt8 = 142
  static let seekDock: UInt8 = 143
  static let driveDirect: UInt8 = 145
  static let drivePWM: UInt8 = 146
  static let stream: UInt8 = 148
  static let queryList: UInt8 = 149
  static let pauseOrResumeStream: UInt8 = 150
  static let stop: UInt8 = 173
}
