import AVGCore
import AVGGymnasium

/// What a scripted link was asked, in order.
final class LinkJournal {
  var questions: [String] = []
  var actions: [[UInt8]] = []
}

/// A link whose answers are written down beforehand.
struct ScriptedLink: EnvironmentLink, ~Copyable {
  let description: EnvironmentDescription
  let journal: LinkJournal
  /// The results with their observations, one after the other, over and over.
  let script: [(result: StepResult, observation: [UInt8])]
  private let memory: UnsafeMutableRawBufferPointer
  private var next = 0

  init(
    _ description: EnvironmentDescription, _ script: [(result: StepResult, observation: [UInt8])],
    _ journal: LinkJournal = LinkJournal()
  ) {
    self.description = description
    self.script = script
    self.journal = journal
    memory = .allocate(byteCount: script[0].observation.count, alignment: 16)
  }

  deinit { memory.deallocate() }

  var observation: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }

  mutating func reset(seed: UInt64?) { journal.questions.append(seed.map { "reset \($0)" } ?? "reset") }

  mutating func step(_ action: UnsafeRawBufferPointer) {
    journal.questions.append("step")
    journal.actions.append(Array(action))
  }

  mutating func receive(_ measurements: inout [Double]) -> StepResult {
    let answer = script[next % script.count]
    next += 1
    memory.copyBytes(from: answer.observation)
    for index in measurements.indices { measurements[index] = Double(next) }
    return answer.result
  }

  mutating func discard() {
    journal.questions.append("discard")
    next += 1
  }

  mutating func stop() { journal.questions.append("stop") }
}

extension Array where Element: BitwiseCopyable {
  /// The elements' bytes, filled up to a multiple of 8.
  var padded: [UInt8] {
    let bytes = withUnsafeBytes { Array<UInt8>($0) }
    return bytes + [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
  }
}

extension Space {
  static func box(_ dtype: ElementType, _ shape: [Int], low: Double = -1, high: Double = 1) -> Space {
    .box(BoxSpace(dtype: dtype, shape: shape, low: Bounds([low]), high: Bounds([high])))
  }
}
