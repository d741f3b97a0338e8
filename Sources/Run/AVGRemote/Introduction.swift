import AVGCore

extension MessageConnection {
  /// Connects to a learner, greets it, and waits for its welcome.
  static func introduced(
    to address: RemoteAddress, showing certificate: (any ConnectionSecurity)?, _ greeting: Greeting,
    connectingWithin connectTime: Duration, answeringWithin answerTime: Duration
  ) throws(RemoteError) -> (MessageConnection, Welcome) {
    let connection = try connect(to: address, showing: certificate, within: connectTime)
    guard let message = try? greeting.message else { throw .invalid(what: "the greeting") }
    do throws(RemoteError) {
      try connection.send(message)
      guard let answer = try connection.receive(until: .now.advanced(by: answerTime)) else {
        throw RemoteError.unreachable(address: "\(address)", reason: "no answer to the greeting")
      }
      switch try FromLearner(answer) {
      case .welcome(let welcome): return (connection, welcome)
      case .refusal(let reason): throw RemoteError.refused(address: "\(address)", reason: reason)
      default: throw RemoteError.invalid(what: "another answer to a greeting")
      }
    } catch {
      // A learner with a certificate ends so what does not begin as TLS.
      guard case .ended = error, certificate == nil else { throw error }
      throw .refused(
        address: "\(address)",
        reason: "it closed the connection at once; if it was started with --certificate, give that here too")
    }
  }
}
