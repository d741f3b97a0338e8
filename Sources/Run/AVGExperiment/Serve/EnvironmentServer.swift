import AVGCore
import AVGGymnasium
import AVGSystem
import AVGTasks
import Foundation

/// The environments of one process, and how they answer (docs/environment-protocol.md).
struct EnvironmentServer<B: Body & ~Copyable, T: ControlTask>: ~Copyable
where B.Command == T.Command, B.Senses == T.Senses {
  typealias Header = EnvironmentMessage.Header
  typealias Flags = EnvironmentMessage.ResultFlags

  /// Who serves.
  var name: String
  /// The pen from above; nil for none.
  var view: PenView?

  private let environments: [ServedEnvironment<B, T>]
  private let specification: EnvironmentSpecification
  private let coding: ObservationCoding
  private let memory: ObservationMemory?
  /// The slot that holds each environment's last observation.
  private var slots: [Int]

  /// What `render` shows of every environment, and of one whose place is known.
  private static var cameraView: String { "camera" }
  private static var viewFromAbove: String { "above" }

  /// Serves environments alike, at least one.
  ///
  /// - Parameter sharesMemory: whether the learner can map memory.
  init(
    name: String, view: PenView?, _ environments: [ServedEnvironment<B, T>], sharesMemory: Bool
  ) throws {
    self.name = name
    self.view = view
    self.environments = environments
    specification = environments[0].specification
    coding = try ObservationCoding(specification)
    memory =
      sharesMemory
      ? ObservationMemory(environments: environments.count, observationByteCount: coding.byteCount) : nil
    slots = [Int](repeating: 0, count: environments.count)
  }

  /// Answers the hello, and then every question until the learner is gone or says that it is done.
  mutating func run(_ channel: inout ServerChannel, greeting: Header) throws {
    let words = try JSONEncoder().encode(description)
    channel.answer(greeting, .specification, byteCount: words.count) { $0.copyBytes(from: words) }
    try channel.flush(passing: memory?.descriptor)
    questions: while let question = try channel.next() {
      guard environments.indices.contains(question.environment) else {
        throw ServeError.badQuestion(
          found: "environment \(question.environment) of \(environments.count), counted from 0")
      }
      switch EnvironmentMessage.Kind(rawValue: question.kind) {
      case .reset: try reset(question, &channel)
      case .step: try step(question, &channel)
      case .render: try render(question, &channel)
      case .stop: try environments[question.environment].stop()
      case .close: break questions
      default:
        throw ServeError.badQuestion(
          found: "a message of kind \(question.kind), which is no question of a learner's")
      }
    }
    for environment in environments { try environment.stop() }
  }

  private mutating func reset(_ question: Header, _ channel: inout ServerChannel) throws {
    let seed = channel.withPayload {
      $0.count < 8 ? nil : $0.integer(UInt64.self, at: 0)
    }
    guard let seed else {
      throw ServeError.badQuestion(found: "a reset of \(question.length) bytes, where 8 of a seed come first")
    }
    let environment = environments[question.environment]
    try environment.reset(seed: question.flags & EnvironmentMessage.hasSeed == 0 ? nil : seed)
    answer(question, Outcome(reward: 0), &channel)
  }

  private mutating func step(_ question: Header, _ channel: inout ServerChannel) throws {
    let environment = environments[question.environment]
    guard !environment.isOver else {
      throw ServeError.badQuestion(found: "a step where no episode has begun since the last one ended")
    }
    let byteCount = 4 * specification.actionCount
    guard question.length == byteCount else {
      throw ServeError.badQuestion(found: "an action of \(question.length) bytes, not \(byteCount)")
    }
    let outcome = try channel.withPayload { try environment.step($0) }
    answer(question, outcome, &channel)
  }

  private mutating func answer(_ question: Header, _ outcome: Outcome, _ channel: inout ServerChannel) {
    let environment = environments[question.environment]
    var result = StepResult(
      reward: Double(outcome.reward), missedCycles: UInt32(clamping: outcome.missedCycles),
      flags: Flags(outcome))
    let head = EnvironmentMessage.resultByteCount + 8 * specification.measures.count
    if let description = memory?.description {
      let slot = (slots[question.environment] + 1) % description.slots
      slots[question.environment] = slot
      result.slot = UInt32(slot)
      result.flags.insert(.shared)
      if let bytes = memory?.slot(slot, of: question.environment) {
        coding.write(environment.observation, to: bytes)
      }
    }
    let isInline = !result.flags.contains(.shared)
    channel.answer(
      question, .result, flags: result.flags.rawValue, byteCount: head + (isInline ? coding.byteCount : 0)
    ) { bytes in
      result.write(to: bytes)
      for (index, number) in environment.measurements.enumerated() {
        bytes.store(number.bitPattern, at: EnvironmentMessage.resultByteCount + 8 * index)
      }
      if isInline {
        coding.write(environment.observation, to: UnsafeMutableRawBufferPointer(rebasing: bytes[head...]))
      }
    }
  }

  private func render(_ question: Header, _ channel: inout ServerChannel) throws {
    let environment = environments[question.environment]
    let name = channel.withPayload { String(decoding: $0, as: UTF8.self) }
    let picture: Frame
    if name.isEmpty || name == Self.cameraView {
      picture = environment.observation.newestFrame
    } else if name == Self.viewFromAbove, let view {
      picture = view.picture(path: environment.path)
    } else {
      throw ServeError.badQuestion(
        found: "the view '\(name.prefix(40))', of \(views.joined(separator: ", "))")
    }
    channel.answer(question, .picture, byteCount: 8 + picture.pixels.count) { bytes in
      bytes.store(UInt32(picture.shape.height), at: 0)
      bytes.store(UInt32(picture.shape.width), at: 4)
      UnsafeMutableRawBufferPointer(rebasing: bytes[8...]).copyBytes(from: picture.pixels)
    }
  }

  private var views: [String] { [Self.cameraView] + (view == nil ? [] : [Self.viewFromAbove]) }

  private var description: EnvironmentDescription {
    var words = EnvironmentDescription(
      observationSpace: coding.space,
      actionSpace: .box(
        BoxSpace(dtype: .float32, shape: [specification.actionCount], low: -1.0, high: 1.0)))
    words.program = "avg-vision \(Product.version)"
    words.name = name
    words.environments = environments.count
    words.maximumEpisodeSteps = environments[0].timeLimitSteps
    words.periodNanoseconds = specification.controlPeriod.nanoseconds
    words.measures = specification.measures.map {
      DescribedMeasure(name: $0.name, unit: $0.unit.name, symbol: $0.unit.symbol)
    }
    words.views = views
    words.sharedMemory = memory?.description
    return words
  }
}

extension EnvironmentMessage.ResultFlags {
  fileprivate init(_ outcome: Outcome) {
    self = []
    if outcome.terminated { insert(.terminated) }
    if outcome.truncated { insert(.truncated) }
    if outcome.reachedGoal { insert(.success) }
    if outcome.isStale { insert(.stale) }
  }
}
