/// Why a port cannot be opened, in a form that fits into a report.
enum PortProblem: UInt8, BitwiseCopyable {
  case none
  case missing
  case forbidden
  case noSerialPort
  case busy
  case failed

  init(_ error: RobotError) {
    self =
      switch error {
      case .noSuchPort: .missing
      case .noPermission: .forbidden
      case .notASerialPort: .noSerialPort
      case .busy: .busy
      default: .failed
      }
  }

  /// The error that it was made from; nil if there is no problem.
  func error(port: String, code: Int32) -> RobotError? {
    switch self {
    case .none: nil
    case .missing: .noSuchPort(port: port, present: SerialPort.ports())
    case .forbidden: .noPermission(port: port)
    case .noSerialPort: .notASerialPort(port: port)
    case .busy: .busy(port: port)
    case .failed: .requestFailed(port: port, request: "open", code: code)
    }
  }
}
