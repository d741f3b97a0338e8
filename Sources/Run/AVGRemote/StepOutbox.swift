package import AVGCore
import AVGSystem

/// Where the control loop puts its steps for the learner: written as messages and kept, without a wait, and without asking
/// for memory after the first.
package final class StepOutbox: @unchecked Sendable {
  // Unchecked: the encoder and the images are the control thread's alone; the queue has a lock.
  let queue: StepQueue
  private var encoder: StepEncoder
  package let images = SourceImages()

  init(for specification: EnvironmentSpecification, megabytes: Int, monitor: Monitor) {
    queue = StepQueue(
      slotLength: StepEncoder.greatestLength(specification), byteCount: megabytes << 20, monitor: monitor)
    encoder = StepEncoder(for: specification)
  }

  /// Makes one that nobody empties.
  package convenience init(for specification: EnvironmentSpecification, megabytes: Int) {
    self.init(for: specification, megabytes: megabytes, monitor: Monitor())
  }

  /// Writes the question what to do for an observation.
  ///
  /// - Parameter isKnown: the learner has the steps before, if there are any in this episode.
  func ask(
    _ number: UInt64, _ observation: borrowing Observation, isKnown: Bool,
    _ use: (UnsafeRawBufferPointer) -> Void
  ) {
    let step = isKnown && encoder.isNext(observation) ? queue.nextSequence - 1 : nil
    encoder.encode(question: number, step: step, observation, images: images, use)
  }

  /// Puts a step in.
  package func put(_ transition: borrowing Transition) {
    encoder.encode(transition, sequence: queue.nextSequence, images: images) { message, starts in
      queue.append(message, starts: starts)
    }
  }
}
