package import AVGCore
import AVGSystem
import Foundation

// The messages of remote.proto, and what bounds them.

/// The version of the protocol.
package let remoteProtocol: UInt64 = 2

/// What a robot says first.
package struct Greeting: Sendable {
  package var version = remoteProtocol
  package var program: String
  package var token: String
  package var probes = false
  package var run = ""
  package var session = ""
  package var specification: EnvironmentSpecification?
  package var configuration = ""

  package init(program: String, token: String) {
    self.program = program
    self.token = token
  }

  package var message: [UInt8] {
    get throws {
      var content = ByteBuffer()
      content.append(field: 1, version)
      content.append(field: 2, Array(program.utf8))
      content.append(field: 3, Array(token.utf8))
      content.append(field: 4, probes)
      content.append(field: 5, Array(run.utf8))
      content.append(field: 6, Array(session.utf8))
      if let specification {
        content.append(
          field: 7, Array(String(decoding: try JSONEncoder().encode(specification), as: UTF8.self).utf8))
      }
      content.append(field: 8, Array(configuration.utf8))
      return outer(FromRobot.Kind.greeting.rawValue, content)
    }
  }

  init?(_ fields: Protobuf.Fields) {
    version = fields.unsigned(1)
    program = fields.text(2)
    token = fields.text(3)
    probes = fields.boolean(4)
    run = fields.text(5)
    session = fields.text(6)
    configuration = fields.text(8)
    let text = fields.bytes(7)
    guard !text.isEmpty else { return }
    guard let found = try? JSONDecoder().decode(EnvironmentSpecification.self, from: Data(text)),
      found.isPossible
    else { return nil }
    specification = found
  }
}

extension EnvironmentSpecification {
  /// Whether it is one for which memory can be asked.
  fileprivate var isPossible: Bool {
    if let frames {
      let sides = 1...8192
      guard (1...64).contains(frames.count), sides.contains(frames.shape.height),
        sides.contains(frames.shape.width),
        frames.count * frames.shape.byteCount <= MessageConnection.greatestMessage / 2
      else { return false }
    }
    return (0...1_000_000).contains(signalCount) && (1...10_000).contains(actionCount)
      && measures.count <= 1000 && controlPeriod > .zero
  }
}

/// What a learner answers.
package struct Welcome: Sendable {
  package var run: String
  /// The first step that it does not have.
  package var next: UInt64
  package var configuration: String

  package init(run: String, next: UInt64, configuration: String) {
    self.run = run
    self.next = next
    self.configuration = configuration
  }
}

/// How far the learner is.
package struct LearnerStatus: Hashable, Sendable {
  package var received: UInt64 = 0
  package var learned: UInt64 = 0
  package var isIdle = false

  package init() {}
}

/// How an observation's frames follow from those before.
enum FrameStacking: UInt64 {
  case shifted, repeated, unchanged, whole
}

/// What was sensed at one instant, as it travels.
package struct RemoteSight: Sendable {
  var signals: [Float] = []
  var stacking = FrameStacking.unchanged
  var pixels: [UInt8] = []
  var jpeg: [UInt8] = []
  var captured: Int64 = 0
  var sequence: UInt32 = 0

  init() {}

  init?(_ fields: Protobuf.Fields) {
    guard let stacking = FrameStacking(rawValue: fields.unsigned(2)),
      fields.unsigned(6) <= UInt64(UInt32.max)
    else { return nil }
    self.stacking = stacking
    signals = fields.floats(1)
    pixels = fields.bytes(3)
    jpeg = fields.bytes(4)
    captured = Int64(bitPattern: fields.unsigned(5))
    sequence = UInt32(fields.unsigned(6))
  }

  /// Whether it is one of this environment's.
  func fits(_ specification: EnvironmentSpecification) -> Bool {
    guard signals.count == specification.signalCount, signals.allSatisfy({ !$0.isNaN }) else { return false }
    guard let frames = specification.frames else {
      return pixels.isEmpty && jpeg.isEmpty && stacking == .unchanged
    }
    let bytes = frames.shape.byteCount
    switch stacking {
    case .unchanged: return pixels.isEmpty && jpeg.isEmpty
    case .whole: return pixels.count == frames.count * bytes && jpeg.isEmpty
    case .shifted, .repeated: return jpeg.isEmpty ? pixels.count == bytes : pixels.isEmpty
    }
  }
}

/// A control step as it travels.
package struct RemoteStep: Sendable {
  package var sequence: UInt64
  /// S, where an episode begins.
  package var state: RemoteSight?
  package var action: [Float]
  package var outcome: Outcome
  package var next: RemoteSight
  package var measurements: [Double]

  init?(_ fields: Protobuf.Fields) {
    guard let nextFields = Protobuf.Fields(fields.bytes(10)), let next = RemoteSight(nextFields),
      fields.unsigned(8) <= UInt64(UInt32.max), fields.bytes(11).count.isMultiple(of: 8)
    else { return nil }
    sequence = fields.unsigned(1)
    let stateBytes = fields.bytes(2)
    if !stateBytes.isEmpty {
      guard let stateFields = Protobuf.Fields(stateBytes), let state = RemoteSight(stateFields) else {
        return nil
      }
      self.state = state
    }
    action = fields.floats(3)
    outcome = Outcome(
      reward: fields.float(4), terminated: fields.boolean(5), truncated: fields.boolean(6),
      reachedGoal: fields.boolean(7), missedCycles: Int(fields.unsigned(8)), isStale: fields.boolean(9))
    self.next = next
    let doubles = fields.bytes(11)
    measurements = stride(from: 0, to: doubles.count, by: 8).map { start in
      Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(doubles[start + $1]) << UInt64(8 * $1) })
    }
  }

  /// Whether it is one of this environment's.
  func fits(_ specification: EnvironmentSpecification) -> Bool {
    sequence > 0 && sequence < 1 << 62 && action.count == specification.actionCount
      && action.allSatisfy { abs($0) <= 1 } && outcome.reward.isFinite
      && (measurements.isEmpty || measurements.count == specification.measures.count)
      && (state?.fits(specification) ?? true) && next.fits(specification)
      && state?.stacking != .shifted && (state?.stacking != .unchanged || specification.frames == nil)
  }
}

/// A message of the robot's.
package enum FromRobot: Sendable {
  case greeting(Greeting)
  case step(RemoteStep)
  case pulse
  case bye
  case probe(Probe)
  case question(ActionQuestion)

  enum Kind: Int { case greeting = 1, step, pulse, bye, probe, question }

  /// Decodes a message.
  package init(_ message: [UInt8]) throws(RemoteError) {
    guard let (kind, fields) = content(message, Kind.init(rawValue:)) else {
      throw .invalid(what: "a message of no kind that is known")
    }
    let decoded: FromRobot? =
      switch kind {
      case .greeting: Greeting(fields).map { .greeting($0) }
      case .step: RemoteStep(fields).map { .step($0) }
      case .pulse: .pulse
      case .bye: .bye
      case .probe: Probe(fields).map { .probe($0) }
      case .question: ActionQuestion(fields).map { .question($0) }
      }
    guard let decoded else { throw .invalid(what: "a \(kind) with impossible content") }
    self = decoded
  }

  static let pulseMessage = outer(Kind.pulse.rawValue, ByteBuffer())
  static let byeMessage = outer(Kind.bye.rawValue, ByteBuffer())
}

/// A message of the learner's.
package enum FromLearner: Sendable {
  case welcome(Welcome)
  case policy(version: UInt64, safetensors: [UInt8])
  case status(LearnerStatus)
  case refusal(String)
  case probe(Probe)
  case answer(ActionAnswer)

  enum Kind: Int { case welcome = 1, policy, status, refusal, probe, answer }

  /// Decodes a message.
  package init(_ message: [UInt8]) throws(RemoteError) {
    guard let (kind, fields) = content(message, Kind.init(rawValue:)) else {
      throw .invalid(what: "a message of no kind that is known")
    }
    switch kind {
    case .welcome:
      guard fields.unsigned(1) == remoteProtocol else {
        throw .invalid(what: "protocol \(fields.unsigned(1)); this program speaks \(remoteProtocol)")
      }
      self = .welcome(Welcome(run: fields.text(3), next: fields.unsigned(4), configuration: fields.text(5)))
    case .policy: self = .policy(version: fields.unsigned(1), safetensors: fields.bytes(2))
    case .status:
      var status = LearnerStatus()
      status.received = fields.unsigned(1)
      status.learned = fields.unsigned(2)
      status.isIdle = fields.boolean(3)
      self = .status(status)
    case .refusal: self = .refusal(fields.text(1))
    case .probe:
      guard let probe = Probe(fields) else { throw .invalid(what: "a probe with impossible content") }
      self = .probe(probe)
    case .answer: self = .answer(ActionAnswer(fields))
    }
  }

  /// The message's bytes.
  package func message(program: String = "") -> [UInt8] {
    var content = ByteBuffer()
    let kind: Kind
    switch self {
    case .welcome(let welcome):
      kind = .welcome
      content.append(field: 1, remoteProtocol)
      content.append(field: 2, Array(program.utf8))
      content.append(field: 3, Array(welcome.run.utf8))
      content.append(field: 4, welcome.next)
      content.append(field: 5, Array(welcome.configuration.utf8))
    case .policy(let version, let bytes):
      kind = .policy
      content.append(field: 1, version)
      content.append(field: 2, bytes)
    case .status(let status):
      kind = .status
      content.append(field: 1, status.received)
      content.append(field: 2, status.learned)
      content.append(field: 3, status.isIdle)
    case .refusal(let reason):
      kind = .refusal
      content.append(field: 1, Array(reason.utf8))
    case .probe(let probe):
      kind = .probe
      content = probe.content
    case .answer(let answer):
      kind = .answer
      content = answer.content
    }
    return outer(kind.rawValue, content)
  }
}

/// A question of how fast the link is.
package struct Probe: Sendable {
  /// More is never asked for.
  static let greatest = 16 << 20

  package var number: UInt64
  package var wantedBytes: Int
  package var payload: [UInt8]

  package init(number: UInt64, wantedBytes: Int = 0, payload: [UInt8] = []) {
    self.number = number
    self.wantedBytes = wantedBytes
    self.payload = payload
  }

  init?(_ fields: Protobuf.Fields) {
    guard fields.unsigned(2) <= UInt64(Self.greatest) else { return nil }
    self.init(number: fields.unsigned(1), wantedBytes: Int(fields.unsigned(2)), payload: fields.bytes(3))
  }

  fileprivate var content: ByteBuffer {
    var content = ByteBuffer()
    content.append(field: 1, number)
    content.append(field: 2, wantedBytes)
    content.append(field: 3, payload)
    return content
  }

  /// The message of a robot's.
  package var message: [UInt8] {
    outer(FromRobot.Kind.probe.rawValue, content)
  }
}

/// A message of one field, which says of what kind it is.
private func outer(_ kind: Int, _ content: ByteBuffer) -> [UInt8] {
  var message = ByteBuffer()
  message.append(field: kind, message: content)
  return message.bytes
}

/// The one field of an outer message.
private func content<Kind>(
  _ message: [UInt8], _ kind: (Int) -> Kind?
) -> (Kind, Protobuf.Fields)? {
  guard let outer = Protobuf.Fields(message) else { return nil }
  for number in 1...6 {
    guard let inner = outer.block(number) else { continue }
    guard let kind = kind(number), let fields = Protobuf.Fields(inner) else { return nil }
    return (kind, fields)
  }
  return nil
}
