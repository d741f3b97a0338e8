import AVGCore
import AVGSystem

// The messages of a robot whose actions are the learner's.

/// What a robot asks: what to do for an observation.
package struct ActionQuestion: Sendable {
  package var number: UInt64
  /// The step whose S′ it is asked for; 0 where `sight` has it.
  package var step: UInt64
  /// Its whole observation.
  package var sight: RemoteSight?

  init?(_ fields: Protobuf.Fields) {
    number = fields.unsigned(1)
    step = fields.unsigned(2)
    guard let bytes = fields.block(3) else { return }
    guard let sightFields = Protobuf.Fields(bytes), let sight = RemoteSight(sightFields) else { return nil }
    self.sight = sight
  }

  /// Whether it is about this environment.
  func fits(_ specification: EnvironmentSpecification) -> Bool {
    guard let sight else { return step > 0 }
    return step == 0 && sight.fits(specification) && sight.stacking != .shifted
      && (sight.stacking != .unchanged || specification.frames == nil)
  }
}

/// What the learner does for an observation.
package struct ActionAnswer: Sendable {
  /// That of the question.
  package var number: UInt64 = 0
  /// The action [actionCount].
  package var action: [Float]
  /// The noise that it was drawn with [actionCount].
  package var noise: [Float]
  /// Its log π.
  package var logProbability: Float = 0

  package init(actionCount: Int) {
    action = [Float](repeating: 0, count: actionCount)
    noise = action
  }

  init(_ fields: Protobuf.Fields) {
    number = fields.unsigned(1)
    action = fields.floats(2)
    noise = fields.floats(3)
    logProbability = fields.float(4)
  }

  /// Whether it is an action of this environment's.
  func fits(_ actionCount: Int) -> Bool {
    action.count == actionCount && noise.count == actionCount && action.allSatisfy { abs($0) <= 1 }
  }

  var content: ByteBuffer {
    var content = ByteBuffer()
    content.append(field: 1, number)
    content.append(field: 2, action)
    content.append(field: 3, noise)
    content.append(field: 4, logProbability)
    return content
  }
}

extension StepEncoder {
  /// Writes the question what to do for an observation.
  ///
  /// - Parameters:
  ///   - step: the step whose S′ the observation is, if the learner has that; else the observation is sent.
  ///   - use: gets the message, which is the encoder's again afterwards.
  mutating func encode(
    question number: UInt64, step: UInt64?, _ observation: borrowing Observation, images: SourceImages,
    _ use: (UnsafeRawBufferPointer) -> Void
  ) {
    self.step.clear()
    self.step.append(field: 1, number)
    if let step {
      self.step.append(field: 2, step)
    } else {
      write(observation, Self.isRepeated(observation) ? .repeated : .whole, images)
      self.step.append(field: 3, sight.bytes)
    }
    message.clear()
    message.append(field: FromRobot.Kind.question.rawValue, self.step.bytes)
    message.bytes.withUnsafeBytes { use($0) }
  }

  /// Whether an observation is the S′ of the step that was written last.
  func isNext(_ observation: borrowing Observation) -> Bool { hasLast && Self.isSame(observation, last) }
}
