import AVGCore
import AVGSystem
import Glibc

/// The way to an environment in a process of its own (docs/environment-protocol.md).
///
/// Nothing is allocated after it is made.
public struct HostLink: EnvironmentLink, ~Copyable {
  /// What the environment is like.
  public let description: EnvironmentDescription
  private var process: HostProcess
  private let settings: GymnasiumSettings
  private let observationByteCount: Int
  private let slots: SharedSlots?
  /// The slot that holds the last observation; nil where it came with its result.
  private var slot: Int?
  private let isReal: Bool
  /// Where this program keeps the time.
  private var clock: CycleClock?
  private var sequence: UInt64 = 1
  /// The number of the question whose answer is to come.
  private var awaited: UInt64 = 1
  private var question = "hello"
  /// A question with its header.
  private let outgoing: UnsafeMutableRawBufferPointer
  /// An answer with its header.
  private let incoming: UnsafeMutableRawBufferPointer

  private static let headerByteCount = EnvironmentMessage.headerByteCount

  /// Starts the process and asks what it is like.
  ///
  /// - Parameter program: who asks, for the environment's messages.
  public init(_ settings: GymnasiumSettings, program: String) throws(GymnasiumError) {
    self.settings = settings
    var process = try HostProcess(settings)
    let socket = HostSocket(socket: process.socket)
    process.socket.setPatience(.seconds(settings.startSeconds))
    do throws(HostFault) {
      var introduction = try HostIntroduction(settings, program: program, on: socket)
      description = introduction.description
      observationByteCount = introduction.observationByteCount
      slots = introduction.slots.take()
    } catch {
      throw Self.explained(error, &process, settings, question: "hello")
    }
    process.socket.setPatience(.seconds(settings.answerSeconds))
    isReal = settings.isReal(description)
    if settings.pace == .program { clock = CycleClock(period: .seconds(settings.periodSeconds)) }
    self.process = process
    var actionByteCount = 8
    if case .box(let box) = description.actionSpace { actionByteCount += 8 * (box.count ?? 0) }
    outgoing = .allocate(byteCount: Self.headerByteCount + actionByteCount, alignment: 16)
    incoming = .allocate(
      byteCount: Self.headerByteCount + EnvironmentMessage.resultByteCount
        + 8 * (description.measures?.count ?? 0) + observationByteCount,
      alignment: 16)
  }

  deinit {
    outgoing.deallocate()
    incoming.deallocate()
  }

  /// The bytes of the last result's observation.
  public var observation: UnsafeRawBufferPointer {
    if let slot {
      switch slots {
      case .some(let slots): return slots.bytes(of: slot, count: observationByteCount)
      case .none: break
      }
    }
    let begin = incoming.count - observationByteCount
    return UnsafeRawBufferPointer(rebasing: incoming[begin...])
  }

  /// Asks for the start of an episode.
  public mutating func reset(seed: UInt64?) throws(GymnasiumError) {
    outgoing.store(seed ?? 0, at: Self.headerByteCount)
    question = "reset"
    try ask(.reset, flags: seed == nil ? 0 : EnvironmentMessage.hasSeed, byteCount: 8)
    awaited = sequence
  }

  /// Asks for a step.
  public mutating func step(_ action: UnsafeRawBufferPointer) throws(GymnasiumError) {
    UnsafeMutableRawBufferPointer(rebasing: outgoing[Self.headerByteCount...]).copyMemory(from: action)
    question = "step"
    try ask(.step, flags: 0, byteCount: action.count)
    awaited = sequence
  }

  /// Waits for an answer that nobody wants any more.
  public mutating func discard() throws(GymnasiumError) {
    var measurements = [Double](repeating: 0, count: description.measures?.count ?? 0)
    _ = try receive(&measurements)
  }

  /// Tells the environment that nothing comes for a while; one that has ended knows.
  public mutating func stop() throws(GymnasiumError) {
    if process.isRunning { try ask(.stop, flags: 0, byteCount: 0) }
  }

  private mutating func ask(
    _ kind: EnvironmentMessage.Kind, flags: UInt8, byteCount: Int
  ) throws(GymnasiumError) {
    guard process.isRunning else {
      throw .ended(name: settings.name, how: "had ended before it was asked for \(question)", output: "")
    }
    sequence += 1
    EnvironmentMessage.Header(length: byteCount, kind: kind, flags: flags, sequence: sequence)
      .write(to: outgoing)
    let message = UnsafeRawBufferPointer(rebasing: outgoing[..<(Self.headerByteCount + byteCount)])
    do throws(HostFault) { try HostSocket(socket: process.socket).send(message) } catch {
      throw Self.explained(error, &process, settings, question: question)
    }
  }

  /// Waits for the answer.
  public mutating func receive(_ measurements: inout [Double]) throws(GymnasiumError) -> StepResult {
    var result: StepResult
    do throws(HostFault) { result = try readResult(&measurements) } catch {
      throw Self.explained(error, &process, settings, question: question)
    }
    if isReal, result.captured == 0 { result.captured = MonotonicInstant.now.nanoseconds }
    if question == "reset" {
      clock?.start()
    } else if let missed = clock?.awaitDeadline() {
      result.missedCycles += UInt32(clamping: missed)
    }
    return result
  }

  private mutating func readResult(_ measurements: inout [Double]) throws(HostFault) -> StepResult {
    let socket = HostSocket(socket: process.socket)
    let patience = settings.answerSeconds
    var filled = try socket.fill(incoming, filled: 0, wanted: Self.headerByteCount, patience: patience)
    let header = EnvironmentMessage.Header(reading: UnsafeRawBufferPointer(incoming))
    let flags = EnvironmentMessage.ResultFlags(rawValue: header.flags)
    let isShared = flags.contains(.shared)
    let size = incoming.count - (isShared ? observationByteCount : 0)
    if header.kind == EnvironmentMessage.Kind.error.rawValue {
      let begun = [UInt8](incoming[Self.headerByteCount..<filled])
      throw .failed(socket.words(of: header, from: begun, patience: patience))
    }
    guard header.kind == EnvironmentMessage.Kind.result.rawValue else {
      throw .foreign("its answer to \(question) is of kind \(header.kind), not a result")
    }
    guard header.sequence == awaited, header.environment == 0 else {
      throw .foreign("its answer has the number \(header.sequence), not \(awaited)")
    }
    guard header.length == size - Self.headerByteCount else {
      throw .foreign(
        "its result has \(header.length) bytes, not the \(size - Self.headerByteCount) of its specification")
    }
    filled = try socket.fill(incoming, filled: filled, wanted: size, patience: patience)
    guard filled == size else { throw .foreign("it sent \(filled - size) bytes that nobody asked for") }
    let payload = UnsafeRawBufferPointer(rebasing: incoming[Self.headerByteCount...])
    for index in measurements.indices {
      measurements[index] = Double(
        bitPattern: payload.integer(at: EnvironmentMessage.resultByteCount + 8 * index))
    }
    let result = StepResult(reading: payload, flags: flags)
    slot = isShared ? Int(result.slot) : nil
    if isShared, result.slot >= UInt32(slotCount) {
      throw .foreign("its observation lies in slot \(result.slot) of \(slotCount)")
    }
    return result
  }

  private var slotCount: Int {
    switch slots {
    case .some(let slots): slots.count
    case .none: 0
    }
  }

  /// Ends the process and says what went wrong.
  private static func explained(
    _ fault: HostFault, _ process: inout HostProcess, _ settings: GymnasiumSettings, question: String
  ) -> GymnasiumError {
    let name = settings.name
    switch fault {
    case .ended:
      let how = process.awaitEnd()
      return .ended(
        name: name, how: "\(how), asked for \(question)",
        output: process.output.lastLine(waiting: .milliseconds(500)))
    case .failed(let words):
      _ = process.awaitEnd()
      return .failed(name: name, words: words)
    case .silent:
      process.end()
      let seconds = question == "hello" ? settings.startSeconds : settings.answerSeconds
      return .silent(name: name, question: question, seconds: seconds)
    case .foreign(let found):
      process.end()
      return .foreign(name: name, found: found)
    case .refused(let error):
      process.end()
      return error
    }
  }
}
