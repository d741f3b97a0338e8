import AVGCore

/// What the link to a learner gives, as `doctor` measures it.
package struct LearnerProbe: Sendable {
  /// The middle one of the times that a short message and its answer took.
  package var roundTrip: Duration
  /// The time within which 99 of 100 were back.
  package var slowRoundTrip: Duration
  /// Bytes a second towards the learner.
  package var upRate: Double
  /// Bytes a second back.
  package var downRate: Double

  private static let count = 100
  private static let blockLength = 1 << 20
  /// As long as each direction is measured.
  private static let time = Duration.seconds(1)

  /// Asks a learner; it learns nothing of that, and a robot may be connected meanwhile.
  package init(
    of address: RemoteAddress, token: String, certificate: (any ConnectionSecurity)?, program: String
  ) throws(RemoteError) {
    var greeting = Greeting(program: program, token: token)
    greeting.probes = true
    let (connection, _) = try MessageConnection.introduced(
      to: address, showing: certificate, greeting, connectingWithin: .seconds(5),
      answeringWithin: .seconds(10))
    var number: UInt64 = 0
    func ask(sending length: Int, wanting wanted: Int) throws(RemoteError) -> Duration {
      number += 1
      let began = MonotonicInstant.now
      let payload = [UInt8](repeating: 0, count: length)
      try connection.send(Probe(number: number, wantedBytes: wanted, payload: payload).message)
      guard let answer = try connection.receive(until: .now.advanced(by: .seconds(60))) else {
        throw .ended(reason: "no answer in 60 s")
      }
      guard case .probe(let probe) = try FromLearner(answer), probe.number == number,
        probe.payload.count == wanted
      else { throw .invalid(what: "another answer to a probe") }
      return began.duration(to: .now)
    }
    var times: [Duration] = []
    for _ in 0..<Self.count { times.append(try ask(sending: 0, wanting: 0)) }
    times.sort()
    roundTrip = times[Self.count / 2]
    slowRoundTrip = times[Self.count * 99 / 100]
    let trip = roundTrip
    func rate(sending: Int, wanting: Int) throws(RemoteError) -> Double {
      let began = MonotonicInstant.now
      var (bytes, seconds) = (0, 0.0)
      repeat {
        seconds += max(1e-6, (try ask(sending: sending, wanting: wanting) - trip).seconds)
        bytes += sending + wanting
      } while began.duration(to: .now) < Self.time
      return Double(bytes) / seconds
    }
    upRate = try rate(sending: Self.blockLength, wanting: 0)
    downRate = try rate(sending: 0, wanting: Self.blockLength)
    connection.close()
  }
}
