/// The way to a foreign environment: its process, or a log of what it answered.
///
/// One question is open at a time: `reset` or `step`, then `receive`.
public protocol EnvironmentLink: ~Copyable {
  /// What the environment is like.
  var description: EnvironmentDescription { get }

  /// The bytes of the last result's observation, valid until the next question.
  var observation: UnsafeRawBufferPointer { get }

  /// Asks for the start of an episode.
  ///
  /// - Parameter seed: nil to go on with the environment's random numbers.
  mutating func reset(seed: UInt64?) throws(GymnasiumError)

  /// Asks for a step with the bytes of an action.
  mutating func step(_ action: UnsafeRawBufferPointer) throws(GymnasiumError)

  /// Waits for the answer.
  ///
  /// - Parameter measurements: receives what the step measured, one number a measure.
  mutating func receive(_ measurements: inout [Double]) throws(GymnasiumError) -> StepResult

  /// Waits for an answer that nobody wants any more.
  mutating func discard() throws(GymnasiumError)

  /// Tells the environment that nothing comes for a while.
  mutating func stop() throws(GymnasiumError)
}
