import AVGCore
import AVGGymnasium
import AVGLearning
import AVGRecording
import AVGRunFolder
import AVGSystem
import AVGTraining
import Foundation

extension ReplayedLog {
  /// Whether the run was in an environment in another process.
  package var isHosted: Bool { settings.environment != nil }
}

extension ExperimentConfiguration {
  /// Replays a log of a run in an environment in another process: its answers are those of the log.
  ///
  /// - Returns: what was found to be the same, in words.
  package static func replayHosted(
    _ recording: ReplayedLog, checkpoint: String?
  ) throws -> String {
    let instructionSet = try recording.instructionSet()
    let configuration: ExperimentConfiguration = try recording.origin.configuration()
    let stop = StopFlag()
    let player = recording.player
    let world = try GymnasiumEnvironment(
      try LoggedLink(player, end: stop.raise), configuration.gymnasium, seed: 0)
    var agent = try configuration.makeAgent(
      for: world.specification, seed: configuration.training.seed, instructionSet: instructionSet)
    let state = try recording.origin.resume(&agent, in: world.specification)
    return try recording.compare(
      Trainer(environment: world, agent: agent, resuming: state), configuration.training,
      checkpoint: checkpoint, stop: stop, isStart: { try player.peekResult()?.isStart },
      isEnd: { if case .ended = $0 { true } else { false } })
  }

  /// Learns from a log of a run in an environment in another process.
  ///
  /// - Parameter start: a run's folder, from whose checkpoint to start; nil for freshly drawn weights.
  package func learnHosted(
    from recording: ReplayedLog, startingFrom start: String?, _ options: TrainingOptions
  ) throws -> TrainingResult {
    let transitions = try LoggedResults(recording.player, self)
    let specification = transitions.specification
    var agent = try makeAgent(for: specification, seed: training.seed, workers: try training.makeWorkers())
    if let start { try RunOrigin(start).restore(&agent) }
    return try learn(from: transitions, agent, defaults: .hosted, timeLimitSteps: 0, options)
  }
}

/// The transitions of a log of a run in an environment in another process.
struct LoggedResults: TransitionSource, ~Copyable {
  private var environment: GymnasiumEnvironment<LoggedLink>
  private let player: LogPlayer
  private var isStarting = true

  init(_ player: LogPlayer, _ configuration: ExperimentConfiguration) throws {
    self.player = player
    environment = try GymnasiumEnvironment(LoggedLink(player, end: {}), configuration.gymnasium, seed: 0)
  }

  var specification: EnvironmentSpecification { environment.specification }

  mutating func next(into transition: inout Transition) throws(GymnasiumError) -> Bool {
    do {
      if isStarting {
        // What a reset let go, and what ends without a start.
        while try player.peekResult()?.isStart == false { _ = try player.nextResult() }
        guard try player.peekResult() != nil else { return false }
        try environment.reset(into: &transition.state)
      }
      guard try player.peekResult() != nil, let step = try player.nextStep() else { return false }
      for index in transition.action.indices {
        transition.action[index] = step.chosen.indices.contains(index) ? step.chosen[index] : 0
      }
      transition.outcome = try environment.step(
        transition.action, from: transition.state, into: &transition.next)
      let measured = environment.measurements
      for index in measured.indices { transition.measurements[index] = measured[index] }
      // Of an episode that was broken off there is no more.
      if try !transition.outcome.isLast && player.peekResult()?.isStart != false {
        transition.outcome.truncated = true
      }
    } catch let error as GymnasiumError { throw error } catch { throw .notRecorded(words: "\(error)") }
    isStarting = transition.outcome.isLast
    return true
  }
}
