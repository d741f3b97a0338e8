public import AVGCore
import AVGPlots

/// What a policy achieved in a number of episodes.
public struct EvaluationReport: Codable, Hashable, Sendable {
  /// Episodes done.
  public var episodes: Int
  /// Episodes that were asked for: more than were done, if the evaluation was cut short; nil in reports of old.
  public var requestedEpisodes: Int?
  /// Control cycles that went by unused.
  public var missedCycles: Int
  /// Actions that were not finite and were replaced by zeros: stop.
  public var nonFiniteActions: Int
  /// The share of the episodes that reached the goal, 0…1.
  public var successRate: Double
  /// The mean steps of the episodes that reached the goal; nil if none did.
  public var meanStepsToGoal: Double?
  /// The median steps of the episodes that reached the goal; nil if none did.
  public var medianStepsToGoal: Double?
  /// The mean return of all episodes; nil if there were none, as are the next three.
  public var meanReturn: Double?
  /// The median return.
  public var medianReturn: Double?
  /// The lowest return.
  public var lowestReturn: Double?
  /// The highest return.
  public var highestReturn: Double?
  /// The mean distance of an episode in millimetres; nil unless the task counts it, as is the next.
  public var meanDistanceMillimeters: Double?
  /// The median distance of an episode in millimetres.
  public var medianDistanceMillimeters: Double?

  /// Sums up episodes.
  ///
  /// - Parameters:
  ///   - requested: how many were asked for; nil for those that there are.
  ///   - measure: what the task's episodes are measured by.
  public init(
    _ records: [EpisodeRecord], requested: Int? = nil, measure: EpisodeMeasure = .success,
    missedCycles: Int = 0, nonFiniteActions: Int = 0
  ) {
    episodes = records.count
    requestedEpisodes = requested ?? records.count
    self.missedCycles = missedCycles
    self.nonFiniteActions = nonFiniteActions
    let successes = records.filter(\.success)
    successRate = records.isEmpty ? 0 : Double(successes.count) / Double(records.count)
    let steps = successes.map { Double($0.length) }.sorted()
    let returns = records.map(\.return).sorted()
    meanStepsToGoal = mean(steps)
    medianStepsToGoal = steps.isEmpty ? nil : quantile(0.5, ofSorted: steps)
    meanReturn = mean(returns)
    medianReturn = returns.isEmpty ? nil : quantile(0.5, ofSorted: returns)
    lowestReturn = returns.first
    highestReturn = returns.last
    if measure == .distance {
      let distances = records.map(\.distanceMillimeters).sorted()
      meanDistanceMillimeters = mean(distances)
      medianDistanceMillimeters = distances.isEmpty ? nil : quantile(0.5, ofSorted: distances)
    }
  }

  /// Whether every episode that was asked for has been done.
  public var isComplete: Bool { episodes >= requestedEpisodes ?? episodes }

  /// Every value under its name, `null` where there is none: a reader finds the same keys always, and those of the
  /// distance in a task that counts it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(episodes, forKey: .episodes)
    try container.encode(requestedEpisodes, forKey: .requestedEpisodes)
    try container.encode(missedCycles, forKey: .missedCycles)
    try container.encode(nonFiniteActions, forKey: .nonFiniteActions)
    try container.encode(successRate, forKey: .successRate)
    try container.encode(meanStepsToGoal, forKey: .meanStepsToGoal)
    try container.encode(medianStepsToGoal, forKey: .medianStepsToGoal)
    try container.encode(meanReturn, forKey: .meanReturn)
    try container.encode(medianReturn, forKey: .medianReturn)
    try container.encode(lowestReturn, forKey: .lowestReturn)
    try container.encode(highestReturn, forKey: .highestReturn)
    try container.encodeIfPresent(meanDistanceMillimeters, forKey: .meanDistanceMillimeters)
    try container.encodeIfPresent(medianDistanceMillimeters, forKey: .medianDistanceMillimeters)
  }

  /// The report as JSON with sorted keys; a return that is not finite is a string.
  public func json() throws -> String { try ReadableJSON.encode(self) }

  /// The report in a few lines for a reader.
  public var text: String {
    func number(_ value: Double?) -> String { value.map { grouped($0, decimals: 1) } ?? "-" }
    let goal = """
      success        \(grouped(100 * successRate, decimals: 1)) %
      steps to goal  mean \(number(meanStepsToGoal))  median \(number(medianStepsToGoal))
      """
    let distance = """
      distance       mean \(number(meanDistanceMillimeters)) mm  median \(number(medianDistanceMillimeters)) mm
      """
    let requested = isComplete ? "" : " of \(grouped(Double(requestedEpisodes ?? 0))): cut short"
    return """
      episodes       \(grouped(Double(episodes)))\(requested)
      \(meanDistanceMillimeters == nil ? goal : distance)
      return         mean \(number(meanReturn))  median \(number(medianReturn))  \
      lowest \(number(lowestReturn))  highest \(number(highestReturn))
      missed cycles  \(grouped(Double(missedCycles)))
      """
  }
}

private func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}

/// Lets something act through whole episodes, without learning.
///
/// An action that is not finite is replaced by zeros: stop.
///
/// - Parameters:
///   - measure: what the task's episodes are measured by.
///   - act: chooses the action for an observation; a scripted driver may look at the world itself.
/// - Returns: a report on the episodes that ended before the flag was raised.
public func evaluate<World: Environment & ~Copyable>(
  in environment: inout World, episodes: Int, measure: EpisodeMeasure = .success, stop: StopFlag? = nil,
  act: (borrowing World, borrowing Observation, _ action: inout [Float]) -> Void
) throws(World.Failure) -> EvaluationReport {
  var current = environment.makeObservation()
  var next = environment.makeObservation()
  var action = [Float](repeating: 0, count: environment.actionCount)
  var records: [EpisodeRecord] = []
  var steps = 0
  var missedCycles = 0
  var nonFiniteActions = 0
  while records.count < episodes, stop?.isRaised != true {
    try environment.reset(into: &current)
    var episode = EpisodeRecord(
      step: 0, episode: records.count + 1, length: 0, return: 0, success: false)
    while stop?.isRaised != true {
      act(environment, current, &action)
      if stopIfNotFinite(&action) { nonFiniteActions += 1 }
      let outcome = try environment.step(action, from: current, into: &next)
      missedCycles += outcome.missedCycles
      if !outcome.isStale {
        steps += 1
        episode.length += 1
        episode.return += Double(outcome.reward)
        episode.distanceMillimeters += outcome.distanceMillimeters
      }
      if outcome.isLast {
        // An episode that began without sight was none.
        guard episode.length > 0 else { break }
        episode.step = steps
        episode.success = outcome.reachedGoal
        records.append(episode)
        break
      }
      swap(&current, &next)
    }
  }
  return EvaluationReport(
    records, requested: episodes, measure: measure, missedCycles: missedCycles,
    nonFiniteActions: nonFiniteActions)
}
