import AVGCore
import AVGSystem
import Glibc

/// What can be seen of an arm without moving it: whether a run could begin, and what to do if not.
public struct ArmSurvey {
  /// What was found, a line each; those with an arrow say what to do.
  public private(set) var lines: [String] = []
  /// Whether a run could begin.
  public private(set) var isUsable = true

  private static let connectPatience = Duration.seconds(3)
  private static let listening = Duration.seconds(1)

  /// Looks at the arm at an address, for a second or a few.
  ///
  /// - Throws: `ArmError` if nothing can be heard of it.
  public init(host: String, bounds: ArmBounds) throws(ArmError) {
    guard SocketAddress(host: host, port: ArmConnection.port) != nil else {
      throw .noAddress(text: "ur://" + host.printable(limit: 100))
    }
    var connection = ArmConnection(host: host)
    try Self.join(&connection, host)
    var packet = StatePacket()
    let began = MonotonicInstant.now
    let end = began.advanced(by: Self.listening)
    var (last, longest) = (began, Duration.zero)
    while MonotonicInstant.now < end {
      guard let count = connection.receive(into: &packet) else { break }
      let now = MonotonicInstant.now
      if count > 0 {
        longest = max(longest, last.duration(to: now))
        last = now
      }
      now.advanced(by: .milliseconds(1)).sleepUntil()
    }
    if let count = connection.reader.foreignCount { throw .otherVersion(host: host, byteCount: count) }
    guard connection.reader.packets > 0 else { throw .silent(host: host, after: Self.listening) }
    let rate = Double(connection.reader.packets) / began.duration(to: last).seconds
    add(
      "arm          ur://\(host): \(Int(rate.rounded())) packets a second, the longest gap \(Int(longest.milliseconds.rounded())) ms",
      rate < 100 ? "join controller and computer by a cable of their own: a UR5 sends 125" : nil)
    judge(packet, bounds)
    judgeDashboard(host)
  }

  /// All lines.
  public var text: String { lines.joined(separator: "\n") }

  private mutating func judge(_ packet: StatePacket, _ bounds: ArmBounds) {
    add(
      "robot mode   \(Int(packet.robotMode))" + (packet.robotMode == 7 ? ", running" : ""),
      packet.robotMode == 7 ? nil : "switch its power on and release its brakes on the controller's screen")
    let mode = Int(packet.safetyMode)
    add(
      "safety       mode \(mode): \(ArmError.words(safety: mode))",
      mode == 1 || mode == 2 ? nil : "see why, and release it on the controller's own screen")
    let degrees = (0..<JointSpeeds.jointCount).map { "\(Int((packet.angles[$0] * 180 / .pi).rounded()))°" }
    let isWithin = bounds.contains(packet.angles)
    add(
      "joints       \(degrees.joined(separator: " "))",
      isWithin
        ? nil
        : "outside the bounds of UR-Reacher-2: bring it within by hand (free drive); a run only moves it back"
    )
    let tool = ArmKinematics.ur5.tool(at: packet.angles)
    let millimetres = (0..<3).map { "\(Int((tool[$0] * 1000).rounded()))" }
    add("tool         x, y, z \(millimetres.joined(separator: ", ")) mm", nil)
  }

  /// The dashboard is for people's programs; a run does not need it.
  private mutating func judgeDashboard(_ host: String) {
    let port: UInt16 = 29999
    guard let address = SocketAddress(host: host, port: port),
      let socket = try? SystemSocket.beginJoining(address), socket.awaitRoom(for: Self.connectPatience)
    else { return add("dashboard    port \(port) does not answer; a run does not need it", nil) }
    defer { socket.close() }
    var block = InlineArray<256, UInt8>(repeating: 0)
    _ = socket.awaitInput(for: Self.listening)
    let count = withUnsafeMutableBytes(of: &block) { socket.receive($0, waits: false) }
    let text = count > 0 ? String(decoding: (0..<count).map { block[$0] }, as: UTF8.self) : "no greeting"
    add("dashboard    \(text.prefix { $0 != "\n" && $0 != "\r\n" })".printable(limit: 120), nil)
  }

  private mutating func add(_ line: String, _ advice: String?) {
    lines.append(line)
    guard let advice else { return }
    isUsable = false
    lines.append("             → " + advice)
  }

  private static func join(_ connection: inout ArmConnection, _ host: String) throws(ArmError) {
    let end = MonotonicInstant.now.advanced(by: connectPatience)
    while true {
      let code = connection.connect()
      if code == 0 { return }
      guard code == EINPROGRESS, MonotonicInstant.now < end else {
        throw .unreachable(
          host: host, port: Int(ArmConnection.port), code: code == EINPROGRESS ? ETIMEDOUT : code)
      }
      MonotonicInstant.now.advanced(by: .milliseconds(5)).sleepUntil()
    }
  }
}
