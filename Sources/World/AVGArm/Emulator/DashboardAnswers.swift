extension EmulatedUR5 {
  /// What the dashboard server says first.
  package static let dashboardGreeting = "Connected: Universal Robots Dashboard Server"

  /// Answers a line to the dashboard server, port 29999.
  ///
  /// Source: Universal Robots, *Dashboard Server CB-Series*.
  package mutating func answer(dashboard line: String) -> String {
    switch line.trimmed.lowercased() {
    case "robotmode": return "Robotmode: RUNNING"
    case "safetymode", "safetystatus":
      let words = line.trimmed.lowercased() == "safetymode" ? "Safetymode: " : "Safetystatus: "
      return words + safety.words
    case "polyscopeversion": return "URSoftware 3.4.5.100 (Jul 14 2017)"
    case "programstate": return "STOPPED"
    case "running": return "Program running: false"
    case "is in remote control": return "true"
    case "unlock protective stop":
      return unlock()
        ? "Protective stop releasing"
        : "Cannot unlock protective stop until 5s after occurrence. Always inspect cause"
    case "close safety popup": return "closing safety popup"
    case "close popup": return "closing popup"
    case "power on": return "Powering on"
    case "brake release": return "Brake releasing"
    case "stop":
      obey("stopj(2)")
      return "Stopped"
    case "quit": return "Disconnected"
    default: return "could not understand: \(line.trimmed.prefix(80))"
    }
  }
}

extension EmulatedUR5.Safety {
  fileprivate var words: String {
    switch self {
    case .normal: "NORMAL"
    case .protectiveStop: "PROTECTIVE_STOP"
    case .emergencyStop: "ROBOT_EMERGENCY_STOP"
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
