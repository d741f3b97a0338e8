import AVGCore
import Foundation
import Glibc

/// The first two messages between a learner and an environment.
struct HostIntroduction: ~Copyable {
  /// What the environment is like.
  let description: EnvironmentDescription
  /// The bytes of an observation.
  let observationByteCount: Int
  /// The memory that it shares.
  var slots: SharedSlots?

  /// The most bytes of a specification.
  private static let greatestSpecification = 1 << 24

  /// Says hello and reads the specification.
  init(_ settings: GymnasiumSettings, program: String, on socket: HostSocket) throws(HostFault) {
    try Self.greet(settings, program, socket)
    let (header, passed) = try socket.readHeader(patience: settings.startSeconds)
    defer { if passed >= 0 { close(passed) } }
    let kind = EnvironmentMessage.Kind(rawValue: header.kind)
    if kind == .error {
      throw .failed(socket.words(of: header, from: [], patience: settings.startSeconds))
    }
    guard kind == .specification, header.sequence == 1, header.length <= Self.greatestSpecification else {
      throw .foreign(
        "its first message is of kind \(header.kind), number \(header.sequence), \(header.length) bytes, not a "
          + "specification with number 1")
    }
    let text = try socket.read(header.length, patience: settings.startSeconds)
    let description = try Self.description(Data(text), settings.name)
    let measureCount = description.measures?.count ?? 0
    guard measureCount <= 64 else { throw .foreign("it has \(measureCount) measures, more than 64") }
    let byteCount = try Self.byteCount(description.observationSpace, settings)
    var slots: SharedSlots?
    if let shared = description.sharedMemory {
      var problem = ""
      slots = SharedSlots(shared, observationBytes: byteCount, descriptor: passed, problem: &problem)
      if !problem.isEmpty { throw .foreign(problem) }
    }
    self.description = description
    observationByteCount = byteCount
    self.slots = slots
  }

  private static func byteCount(_ space: Space, _ settings: GymnasiumSettings) throws(HostFault) -> Int {
    do throws(GymnasiumError) { return try ObservationMapping(space, settings).byteCount } catch {
      throw .refused(error)
    }
  }

  private static func greet(
    _ settings: GymnasiumSettings, _ program: String, _ socket: HostSocket
  ) throws(HostFault) {
    let request = EnvironmentRequest(
      id: settings.id, keywords: settings.keywords, imports: settings.imports, wrappers: settings.wrappers,
      maximumEpisodeSteps: settings.maximumEpisodeSteps)
    let hello = EnvironmentHello(program: program, make: settings.id.isEmpty ? nil : request)
    guard let text = try? JSONEncoder().encode(hello) else {
      throw .foreign("what is asked for cannot be put into words")
    }
    var message = [UInt8](repeating: 0, count: EnvironmentMessage.headerByteCount) + text
    message.withUnsafeMutableBytes {
      EnvironmentMessage.Header(length: text.count, kind: .hello, sequence: 1).write(to: $0)
    }
    try message.withUnsafeBufferPointer { bytes throws(HostFault) in
      try socket.send(UnsafeRawBufferPointer(bytes))
    }
  }

  private static func description(
    _ text: Data, _ name: String
  ) throws(HostFault) -> EnvironmentDescription {
    struct Version: Decodable { var `protocol`: Int }
    let decoder = JSONDecoder()
    if let version = try? decoder.decode(Version.self, from: text).protocol,
      version != EnvironmentMessage.version
    {
      throw .refused(.otherVersion(name: name, found: version))
    }
    do { return try decoder.decode(EnvironmentDescription.self, from: text) } catch {
      let start = String(decoding: text.prefix(80), as: UTF8.self)
      throw .foreign("its specification is none: \(start)")
    }
  }
}
