import AVGSystem

/// A line of a robot's program that says nothing that docs/robot-protocol.md knows.
struct ExecMistake: Error, Hashable {
  /// What is wrong with it.
  var text: String

  init(_ text: String) { self.text = text }
}

/// A line of a robot's program.
enum ExecAnswer {
  /// What the robot is, and in which order it reports what it feels.
  case robot(name: String, senses: [ExecSense])
  /// What it feels, and the last line that it has done.
  case senses(number: UInt64, values: [Double])
  /// It cannot go on.
  case fault(String)

  /// The version of the protocol.
  static let version = 1
  /// The most bytes of a line, without its end.
  static let longestLine = 1000

  /// Reads a line without its end.
  init(_ line: String) throws(ExecMistake) {
    let words = line.split(separator: " ").map(String.init)
    switch words.first {
    case "robot": self = try Self.robot(words)
    case "senses":
      guard words.count >= 2, let number = UInt64(words[1]) else {
        throw ExecMistake("it said '\(Self.shown(line))' without the number of a line after 'senses'")
      }
      var values: [Double] = []
      for word in words[2...] {
        guard let value = Double(word), value.isFinite else {
          throw ExecMistake("it said '\(Self.shown(line))', in which '\(Self.shown(word))' is no number")
        }
        values.append(value)
      }
      self = .senses(number: number, values: values)
    case "fault": self = .fault(words.dropFirst().joined(separator: " ").printable(limit: 150))
    default: throw ExecMistake("it said '\(Self.shown(line))', which is no line of the protocol")
    }
  }

  private static func robot(_ words: [String]) throws(ExecMistake) -> ExecAnswer {
    guard words.count >= 3, let version = Int(words[1]) else {
      throw ExecMistake("its 'robot' line has no version and name: 'robot \(Self.version) NAME SENSE…'")
    }
    guard version == Self.version else {
      throw ExecMistake("it speaks version \(version) of the protocol, not \(Self.version)")
    }
    var senses: [ExecSense] = []
    for word in words[3...] {
      guard let sense = ExecSense(rawValue: word) else {
        let known = ExecSense.allCases.map(\.rawValue).joined(separator: " ")
        throw ExecMistake("it reports '\(shown(word))', which nobody knows; there are \(known)")
      }
      guard !senses.contains(sense) else { throw ExecMistake("it names '\(word)' twice") }
      senses.append(sense)
    }
    return .robot(name: words[2].printable(limit: 60), senses: senses)
  }

  /// Text of a stranger's for a message.
  static func shown(_ text: String) -> String { text.printable(limit: 60) }
}
