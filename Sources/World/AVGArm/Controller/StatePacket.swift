import AVGSystem

/// What an arm's controller says of it 125 times a second, on port 30003.
///
/// Source: Universal Robots, *Remote Control Via TCP/IP*, the real-time client interface of versions 3.3 and 3.4: 1,060 bytes,
/// big-endian, an int32 with the length and then doubles.
package struct StatePacket: BitwiseCopyable, Hashable, Sendable {
  /// The controller's time, in seconds.
  package var time = 0.0
  /// Where the joints are to be, in radians.
  package var targetAngles = JointVector()
  /// Where they are.
  package var angles = JointVector()
  /// How fast they turn, in rad/s.
  package var speeds = JointVector()
  /// The motors' currents in amperes.
  package var currents = JointVector()
  /// 7 while the robot runs.
  package var robotMode = 7.0
  /// 1 normal, 2 reduced, 3 protective stop, 4 recovery, 5 to 9 stops of another kind.
  package var safetyMode = 1.0
  /// The share of the programmed speed at which the robot runs.
  package var speedScaling = 1.0
  /// 2 while a program runs.
  package var programState = 1.0

  /// The bytes of a packet.
  package static let byteCount = 1060
  /// The lengths of other versions of the controller, which this program does not read.
  package static let foreignCounts: Set<Int> = [540, 692, 756, 764, 812, 1044, 1108, 1116, 1140, 1220]

  /// Where what lies.
  private enum Offset {
    static let time = 4, targetAngles = 12, angles = 252, speeds = 300, currents = 348
    static let robotMode = 756, safetyMode = 812, speedScaling = 940, programState = 1052
  }

  package init() {}

  /// Reads a packet; nil if it cannot be one: its length is another, or a number that drives are judged by is not finite.
  package init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount, bytes.bigEndianInteger(at: 0) == Int32(Self.byteCount) else {
      return nil
    }
    time = bytes.bigEndianDouble(at: Offset.time)
    for joint in 0..<JointSpeeds.jointCount {
      targetAngles[joint] = bytes.bigEndianDouble(at: Offset.targetAngles + 8 * joint)
      angles[joint] = bytes.bigEndianDouble(at: Offset.angles + 8 * joint)
      speeds[joint] = bytes.bigEndianDouble(at: Offset.speeds + 8 * joint)
      currents[joint] = bytes.bigEndianDouble(at: Offset.currents + 8 * joint)
    }
    robotMode = bytes.bigEndianDouble(at: Offset.robotMode)
    safetyMode = bytes.bigEndianDouble(at: Offset.safetyMode)
    speedScaling = bytes.bigEndianDouble(at: Offset.speedScaling)
    programState = bytes.bigEndianDouble(at: Offset.programState)
    guard isPossible else { return nil }
  }

  /// Whether a robot can say so: no joint turns further than 3 turns or faster than 10 rad/s, and modes are whole.
  private var isPossible: Bool {
    guard (0..<1e9).contains(time), (-1...20).contains(robotMode), (0...20).contains(safetyMode),
      robotMode == robotMode.rounded(), safetyMode == safetyMode.rounded()
    else { return false }
    // Not a number is within no bound.
    return (0..<JointSpeeds.jointCount).allSatisfy {
      abs(angles[$0]) < 20 && abs(speeds[$0]) < 10 && abs(currents[$0]) < 1000
    }
  }

  /// Appends the packet's bytes; what is not told is zero.
  package func encode(into bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: Self.byteCount))
    bytes.withUnsafeMutableBytes { all in
      let packet = UnsafeMutableRawBufferPointer(rebasing: all[start...])
      packet.storeBytes(of: Int32(Self.byteCount).bigEndian, as: Int32.self)
      func store(_ value: Double, _ offset: Int) {
        packet.storeBytes(of: value.bitPattern.bigEndian, toByteOffset: offset, as: UInt64.self)
      }
      store(time, Offset.time)
      for joint in 0..<JointSpeeds.jointCount {
        store(targetAngles[joint], Offset.targetAngles + 8 * joint)
        store(angles[joint], Offset.angles + 8 * joint)
        store(speeds[joint], Offset.speeds + 8 * joint)
        store(currents[joint], Offset.currents + 8 * joint)
      }
      store(robotMode, Offset.robotMode)
      store(safetyMode, Offset.safetyMode)
      store(speedScaling, Offset.speedScaling)
      store(programState, Offset.programState)
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The big-endian number at `offset`; its bytes must be there.
  func bigEndianInteger<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Number {
    Number(bigEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  /// The big-endian number at `offset`; its bytes must be there.
  func bigEndianDouble(at offset: Int) -> Double { Double(bitPattern: bigEndianInteger(at: offset)) }
}

/// What puts packets together from the pieces in which a stream brings them.
package struct StateReader: Sendable {
  /// Packets read, and bytes that were passed over because they were none.
  package private(set) var packets = 0
  package private(set) var skippedBytes = 0
  /// The length of another version's packets, if there were such.
  package private(set) var foreignCount: Int?
  private var pending: [UInt8] = []

  package init() { pending.reserveCapacity(4 * StatePacket.byteCount) }

  /// Forgets what a connection has left half.
  package mutating func restart() { pending.removeAll(keepingCapacity: true) }

  /// Takes bytes in; the newest packet among them goes to `packet`.
  ///
  /// - Returns: how many whole packets there were.
  package mutating func read(_ bytes: UnsafeRawBufferPointer, into packet: inout StatePacket) -> Int {
    pending.append(contentsOf: bytes)
    var found = 0
    var start = 0
    while pending.count - start >= StatePacket.byteCount {
      let next = pending.withUnsafeBytes { all in
        StatePacket(UnsafeRawBufferPointer(rebasing: all[start..<start + StatePacket.byteCount]))
      }
      if let next {
        packet = next
        found += 1
        start += StatePacket.byteCount
      } else {
        noteForeign(at: start)
        skippedBytes += 1
        start += 1
      }
    }
    pending.removeFirst(start)
    packets += found
    return found
  }

  private mutating func noteForeign(at start: Int) {
    let length: Int32 = pending.withUnsafeBytes { $0.bigEndianInteger(at: start) }
    if packets == 0, StatePacket.foreignCounts.contains(Int(length)) { foreignCount = Int(length) }
  }
}
