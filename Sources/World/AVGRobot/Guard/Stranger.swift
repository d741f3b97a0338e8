/// Who seems to be at a serial port from which no Create 2 is heard.
public enum Stranger: UInt8, BitwiseCopyable, Sendable {
  /// Nobody: nothing was heard, or a Create 2.
  case none
  /// What is sent comes back: TX and RX are joined, or a device repeats what it hears.
  case echo
  /// A modem, which answers AT commands.
  case modem
  /// A receiver of GPS or another satellite system, which sends NMEA 0183 sentences.
  case navigation
  /// Something that sends lines of text.
  case text
  /// Something whose bytes make no sense at 115200 baud.
  case wrongSpeed

  /// Whether it is known for sure what it is; a robot that boots sends text, too, and noise may be on any line.
  var isCertain: Bool { self == .echo || self == .modem || self == .navigation }

  /// What is heard and what to do, for an error message; nil for nobody.
  var words: String? {
    switch self {
    case .none: nil
    case .echo:
      "what is sent comes back: no robot answers, but TX and RX are joined, or a device repeats what it hears; connect the "
        + "adapter's TX to the robot's RXD (pin 3) and its RX to TXD (pin 4)"
    case .modem: "a modem answers there, no robot; name the robot's port"
    case .navigation:
      "a GPS receiver sends its positions there (NMEA 0183), no robot answers; name the robot's port"
    case .text: "lines of text come from there, no robot answers; name the robot's port"
    case .wrongSpeed:
      "bytes come from there that no Create 2 sends at 115200 baud: it speaks at another speed, or something else does; "
        + "take the robot's battery out and put it in again, which sets 115200 baud, or name the robot's port"
    }
  }
}

/// Tells who is at a serial port, by what it sends, as long as that is not the stream of a Create 2.
struct StrangerEar {
  /// Who it seems to be.
  var stranger: Stranger {
    if sentences >= Self.enoughLines { return .navigation }
    if answers > 0 { return .modem }
    if echoes > 0 { return .echo }
    guard !isRobot, bytes >= Self.enoughBytes else { return .none }
    if lines >= Self.enoughLines, printable * 10 >= bytes * 9 { return .text }
    return .wrongSpeed
  }

  private let request: [UInt8]
  private var requestMatched = 0
  private var echoes = 0
  private var line: [UInt8] = []
  private var bytes = 0
  private var printable = 0
  private var lines = 0
  private var sentences = 0
  private var answers = 0
  private var isRobot = false

  private static let enoughBytes = 64
  private static let enoughLines = 2
  private static let longestLine = 120

  /// Makes an ear that has heard nothing.
  init() {
    var request: [UInt8] = []
    Command.stream(StreamLayout.packets).encode(into: &request)
    self.request = request
    line.reserveCapacity(Self.longestLine)
  }

  /// Forgets what was heard: the robot is there, or the port is another one.
  mutating func reset() {
    let wasHeard = bytes > 0
    if wasHeard { self = StrangerEar() }
  }

  /// Hears a byte.
  mutating func hear(_ byte: UInt8) {
    bytes += 1
    // The request for the stream, which no robot sends; its first byte is not in it again.
    requestMatched = byte == request[requestMatched] ? requestMatched + 1 : byte == request[0] ? 1 : 0
    if requestMatched == request.count {
      echoes += 1
      requestMatched = 0
    }
    let ends = byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
    if ends || (32..<127).contains(byte) { printable += 1 }
    if ends {
      takeLine()
    } else if line.count < Self.longestLine {
      line.append(byte)
    }
  }

  private mutating func takeLine() {
    defer { line.removeAll(keepingCapacity: true) }
    // What came before, in another speed's noise or as an echo, is no part of it.
    let start = line.lastIndex { !(32..<127).contains($0) }.map { $0 + 1 } ?? 0
    let text = line[start...]
    guard text.count >= 2 else { return }
    lines += 1
    if isSentence(text) { sentences += 1 }
    if Self.modemWords.contains(where: { text.elementsEqual($0.utf8) })
      || Self.modemPrefixes.contains(where: { text.starts(with: $0.utf8) })
    {
      answers += 1
    }
    // What a Create 2 or a Roomba says when it starts, and while it charges.
    if Self.robotPrefixes.contains(where: { text.starts(with: $0.utf8) }) { isRobot = true }
  }

  /// Whether a line begins as those of NMEA 0183 do: `$GPGGA,`, `!AIVDM,`.
  private func isSentence(_ text: ArraySlice<UInt8>) -> Bool {
    guard let first = text.first, first == UInt8(ascii: "$") || first == UInt8(ascii: "!"),
      let comma = text.firstIndex(of: UInt8(ascii: ","))
    else { return false }
    let name = text[(text.startIndex + 1)..<comma]
    return (4...6).contains(name.count)
      && name.allSatisfy {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
      }
  }

  private static let modemWords = [
    "OK", "ERROR", "RING", "CONNECT", "NO CARRIER", "NO DIALTONE", "NO DIAL TONE", "BUSY", "NO ANSWER",
  ]
  private static let modemPrefixes = [
    "+CME ERROR", "+CMS ERROR", "+CREG", "+CGREG", "+CEREG", "+CPIN", "COMMAND NOT SUPPORT",
  ]
  private static let robotPrefixes = [
    "bl-start", "bat:", "do not charge", "battery-current-zero", "key-wakeup", "slept for",
  ]
}
