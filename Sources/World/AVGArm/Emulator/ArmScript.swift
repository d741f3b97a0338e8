/// A line of URScript, as far as the emulated controller understands it: one motion.
package enum ArmScript: Hashable, Sendable {
  /// Turn the joints at these speeds, reached with this acceleration; after `seconds` the program has ended, and the arm
  /// stops. 0 s: until the next line.
  case speedj(speeds: JointVector, acceleration: Double, seconds: Double)
  /// Stop with this deceleration.
  case stopj(deceleration: Double)
  /// Go to these angles, all joints arriving together; `seconds` 0: by acceleration and speed.
  case movej(angles: JointVector, acceleration: Double, speed: Double, seconds: Double)
  /// Follow these angles, for `seconds`.
  case servoj(angles: JointVector, seconds: Double)

  /// Reads a line; nil if it is none of these.
  ///
  /// Arguments may be named, as `movej([…], a=1.4, v=1.05)`.
  package init?(_ line: String) {
    let text = line.filter { !$0.isWhitespace }
    guard let open = text.firstIndex(of: "("), text.last == ")" else { return nil }
    let inside = text[text.index(after: open)..<text.index(before: text.endIndex)]
    guard let arguments = Arguments(inside) else { return nil }
    switch text[..<open] {
    case "speedj":
      guard let speeds = arguments.vector else { return nil }
      self = .speedj(
        speeds: speeds, acceleration: arguments["a", 0] ?? 1.4,
        seconds: max(arguments["t", 1] ?? arguments["t_min", 1] ?? 0, 0))
    case "stopj":
      guard arguments.vector == nil else { return nil }
      self = .stopj(deceleration: arguments["a", 0] ?? 2)
    case "movej":
      guard let angles = arguments.vector else { return nil }
      self = .movej(
        angles: angles, acceleration: arguments["a", 0] ?? 1.4, speed: arguments["v", 1] ?? 1.05,
        seconds: arguments["t", 2] ?? 0)
    case "servoj":
      guard let angles = arguments.vector else { return nil }
      self = .servoj(angles: angles, seconds: arguments["t", 2] ?? 0.008)
    default: return nil
    }
  }

  /// The arguments of a call: perhaps six numbers in brackets, and then numbers with a name or a place.
  private struct Arguments {
    var vector: JointVector?
    private var placed: [Double] = []
    private var named: [String: Double] = [:]

    init?(_ text: Substring) {
      var rest = text
      if rest.first == "[" {
        guard let close = rest.firstIndex(of: "]") else { return nil }
        let numbers = rest[rest.index(after: rest.startIndex)..<close].split(separator: ",").map {
          Double($0)
        }
        guard numbers.count == JointSpeeds.jointCount else { return nil }
        var vector = JointVector()
        for (joint, number) in numbers.enumerated() {
          guard let number, abs(number) < 100 else { return nil }
          vector[joint] = number
        }
        self.vector = vector
        rest = rest[rest.index(after: close)...]
      }
      for word in rest.split(separator: ",") {
        let parts = word.split(separator: "=", maxSplits: 1)
        guard let last = parts.last, let number = Double(last), number >= 0, number < 1e6 else { return nil }
        if parts.count == 2 { named[String(parts[0])] = number } else { placed.append(number) }
      }
    }

    subscript(name: String, place: Int) -> Double? {
      named[name] ?? (place < placed.count ? placed[place] : nil)
    }
  }
}
