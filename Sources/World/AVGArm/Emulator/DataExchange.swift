/// One client's talk on port 30004, the real-time data exchange, as far as it asks to be told.
///
/// Source: Universal Robots, *Real-Time Data Exchange (RTDE) Guide*: big-endian, u16 length, u8 kind, contents.
package struct DataExchange: Sendable {
  private var fields: [(name: String, size: Int)] = []
  private var isRunning = false
  private var interval = 1
  private var incoming: [UInt8] = []
  private var hasRecipe = false

  package init() {}

  /// Takes bytes in, and appends the answers to `outgoing`.
  package mutating func hear(_ bytes: UnsafeRawBufferPointer, answers outgoing: inout [UInt8]) {
    incoming.append(contentsOf: bytes)
    while incoming.count >= 3 {
      let length = Int(incoming[0]) << 8 | Int(incoming[1])
      guard length >= 3 else { return incoming.removeAll() }
      guard incoming.count >= length else { return }
      let contents = Array(incoming[3..<length])
      answer(incoming[2], contents, &outgoing)
      incoming.removeFirst(length)
    }
  }

  private mutating func answer(_ kind: UInt8, _ contents: [UInt8], _ outgoing: inout [UInt8]) {
    switch kind {
    case UInt8(ascii: "V"): Self.send(kind, [contents == [0, 2] || contents == [0, 1] ? 1 : 0], &outgoing)
    case UInt8(ascii: "v"):
      // Major, minor, bug fix, build: that of the packets on port 30003.
      Self.send(kind, [3, 4, 5, 100].flatMap { [0, 0, 0, $0] as [UInt8] }, &outgoing)
    case UInt8(ascii: "O"): setOutputs(contents, &outgoing)
    case UInt8(ascii: "I"):
      let names = Self.names(contents[...])
      Self.send(kind, [1] + Array(names.map { Self.type(of: $0) }.joined(separator: ",").utf8), &outgoing)
    case UInt8(ascii: "S"), UInt8(ascii: "P"):
      isRunning = kind == UInt8(ascii: "S") && hasRecipe
      Self.send(kind, [1], &outgoing)
    default: break
    }
  }

  private mutating func setOutputs(_ contents: [UInt8], _ outgoing: inout [UInt8]) {
    guard contents.count > 8 else { return }
    let rate = contents.withUnsafeBytes { $0.bigEndianDouble(at: 0) }
    interval = rate > 0 && rate.isFinite ? max(1, Int((125 / rate).rounded())) : 1
    let names = Self.names(contents[8...])
    fields = names.map { ($0, Self.size(of: Self.type(of: $0))) }
    hasRecipe = true
    Self.send(
      UInt8(ascii: "O"), [1] + Array(names.map { Self.type(of: $0) }.joined(separator: ",").utf8), &outgoing)
  }

  /// Appends what was asked for, when it is due.
  package func tell(_ packet: StatePacket, tick: Int, into outgoing: inout [UInt8]) {
    guard isRunning, tick.isMultiple(of: interval) else { return }
    var contents: [UInt8] = [1]
    func append(_ number: UInt64, bytes: Int) {
      for index in (0..<bytes).reversed() {
        contents.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index)))
      }
    }
    func append(_ vector: JointVector) {
      for joint in 0..<JointSpeeds.jointCount { append(vector[joint].bitPattern, bytes: 8) }
    }
    for (name, size) in fields {
      switch name {
      case "timestamp": append(packet.time.bitPattern, bytes: 8)
      case "actual_q": append(packet.angles)
      case "target_q": append(packet.targetAngles)
      case "actual_qd", "target_qd": append(packet.speeds)
      case "actual_current": append(packet.currents)
      case "robot_mode": append(UInt64(Int64(packet.robotMode)), bytes: 4)
      case "safety_mode": append(UInt64(Int64(packet.safetyMode)), bytes: 4)
      case "speed_scaling", "target_speed_fraction": append(packet.speedScaling.bitPattern, bytes: 8)
      // Power is on; of the safety bits, 0 normal, 2 protective stop, 7 emergency stop of the robot.
      case "robot_status_bits": append(1, bytes: 4)
      case "safety_status_bits":
        append(packet.safetyMode == 1 ? 1 : packet.safetyMode == 3 ? 4 : 128, bytes: 4)
      case "runtime_state": append(UInt64(Int64(packet.programState)), bytes: 4)
      default: contents.append(contentsOf: repeatElement(0, count: size))
      }
    }
    Self.send(UInt8(ascii: "U"), contents, &outgoing)
  }

  private static func send(_ kind: UInt8, _ contents: [UInt8], _ outgoing: inout [UInt8]) {
    let length = contents.count + 3
    outgoing.append(UInt8(length >> 8))
    outgoing.append(UInt8(length & 0xFF))
    outgoing.append(kind)
    outgoing.append(contentsOf: contents)
  }

  private static func names(_ bytes: ArraySlice<UInt8>) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: ",").map(String.init)
  }

  /// The type of a field, as the guide's table has it; unknown ones are NOT_FOUND.
  private static func type(of name: String) -> String {
    let doubles: Set = [
      "timestamp", "speed_scaling", "target_speed_fraction", "actual_momentum", "actual_main_voltage",
      "actual_robot_voltage", "actual_robot_current", "payload", "actual_execution_time",
      "tool_output_current",
      "speed_slider_fraction", "external_force_torque_scalar",
    ]
    if doubles.contains(name) || name.contains("analog") || name.contains("double_register") {
      return "DOUBLE"
    }
    if name == "robot_mode" || name == "safety_mode" || name.contains("int_register") { return "INT32" }
    if name.hasPrefix("actual_digital_") { return "UINT64" }
    let words: Set = ["robot_status_bits", "safety_status_bits", "runtime_state", "speed_slider_mask"]
    if words.contains(name) || name.contains("bit_registers") { return "UINT32" }
    if name.hasPrefix("standard_digital_output") || name.hasPrefix("configurable_digital_output")
      || name.hasPrefix("tool_digital_output")
    {
      return "UINT8"
    }
    if name == "joint_mode" { return "VECTOR6INT32" }
    let triples: Set = ["actual_tool_accelerometer", "payload_cog", "elbow_position", "elbow_velocity"]
    if triples.contains(name) { return "VECTOR3D" }
    let known = ["actual_", "target_", "joint_", "payload_", "tcp_", "ft_"]
    return known.contains { name.hasPrefix($0) } ? "VECTOR6D" : "NOT_FOUND"
  }

  private static func size(of type: String) -> Int {
    switch type {
    case "DOUBLE", "UINT64": 8
    case "INT32", "UINT32": 4
    case "UINT8": 1
    case "VECTOR3D", "VECTOR6INT32": 24
    case "VECTOR6D": 48
    default: 0
    }
  }
}
