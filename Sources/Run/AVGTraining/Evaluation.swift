public import AVGCore
public import AVGSystem
import Foundation

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
  /// What the episodes came to in what the task measures, under the measures' keys.
  public var totals: [String: Total] = [:]

  /// What the episodes came to in one measure, in its unit.
  public struct Total: Hashable, Sendable {
    /// The mean of an episode.
    public var mean: Double
    /// The median of an episode.
    public var median: Double
  }

  /// Sums up episodes.
  ///
  /// - Parameters:
  ///   - requested: how many were asked for; nil for those that there are.
  ///   - measures: what the task measures.
  public init(
    _ records: [EpisodeRecord], requested: Int? = nil, measures: [Measure] = [],
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
    for measure in measures {
      let values = records.map { $0.totals[measure.key] ?? 0 }.sorted()
      totals[measure.key] = mean(values).map { Total(mean: $0, median: quantile(0.5, ofSorted: values)) }
    }
  }

  /// Whether every episode that was asked for has been done.
  public var isComplete: Bool { episodes >= requestedEpisodes ?? episodes }

  private enum CodingKeys: String, CodingKey {
    case episodes, requestedEpisodes, missedCycles, nonFiniteActions, successRate, meanStepsToGoal
    case medianStepsToGoal, meanReturn, medianReturn, lowestReturn, highestReturn
  }

  /// A key that a task's measure gives: `meanDistanceMillimeters`.
  private struct TotalKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(intValue: Int) { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init(_ part: String, _ key: String) {
      stringValue = part + key.prefix(1).uppercased() + key.dropFirst()
    }
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double? {
      try container.decodeIfPresent(Double.self, forKey: key)
    }
    episodes = try container.decode(Int.self, forKey: .episodes)
    requestedEpisodes = try container.decodeIfPresent(Int.self, forKey: .requestedEpisodes)
    missedCycles = try container.decode(Int.self, forKey: .missedCycles)
    nonFiniteActions = try container.decode(Int.self, forKey: .nonFiniteActions)
    successRate = try container.decode(Double.self, forKey: .successRate)
    meanStepsToGoal = try number(.meanStepsToGoal)
    medianStepsToGoal = try number(.medianStepsToGoal)
    meanReturn = try number(.meanReturn)
    medianReturn = try number(.medianReturn)
    lowestReturn = try number(.lowestReturn)
    highestReturn = try number(.highestReturn)
    let others = try decoder.container(keyedBy: TotalKey.self)
    for name in others.allKeys where CodingKeys(stringValue: name.stringValue) == nil {
      guard name.stringValue.hasPrefix("mean") else { continue }
      let capital = name.stringValue.dropFirst("mean".count)
      let key = capital.prefix(1).lowercased() + capital.dropFirst()
      totals[key] = Total(
        mean: try others.decode(Double.self, forKey: name),
        median: try others.decode(Double.self, forKey: TotalKey("median", key)))
    }
  }

  /// Writes every value under its name, `null` where there is none: a reader finds the same keys always, and those of
  /// what the task measures.
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
    var others = encoder.container(keyedBy: TotalKey.self)
    for (key, total) in totals {
      try others.encode(total.mean, forKey: TotalKey("mean", key))
      try others.encode(total.median, forKey: TotalKey("median", key))
    }
  }

  /// The report as JSON with sorted keys; a return that is not finite is a string.
  public func json() throws -> String { try ReadableJSON.encode(self) }

  /// The report in a few lines for a reader.
  ///
  /// - Parameter score: what the task's episodes are judged by.
  public func text(_ score: EpisodeScore = .success) -> String {
    func number(_ value: Double?) -> String { value.map { grouped($0, decimals: 1) } ?? "-" }
    let goal = """
      success        \(grouped(100 * successRate, decimals: 1)) %
      steps to goal  mean \(number(meanStepsToGoal))  median \(number(medianStepsToGoal))
      """
    func line(_ measure: Measure) -> String {
      let total = totals[measure.key]
      let unit = measure.unit.symbol
      return measure.name.padding(toLength: max(15, measure.name.count + 2), withPad: " ", startingAt: 0)
        + "mean \(number(total?.mean)) \(unit)  median \(number(total?.median)) \(unit)\n"
    }
    let achieved =
      switch score {
      case .success: goal + "\n"
      case .return: ""
      case .total(let measure): line(measure)
      }
    let requested = isComplete ? "" : " of \(grouped(Double(requestedEpisodes ?? 0))): cut short"
    return """
      episodes       \(grouped(Double(episodes)))\(requested)
      \(achieved)\
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
///   - begins: is told the number of each episode, from 1, as it begins.
///   - act: chooses the action for an observation; a scripted driver may look at the world itself.
/// - Returns: a report on the episodes that ended before the flag was raised.
public func evaluate<World: Environment & ~Copyable>(
  in environment: inout World, episodes: Int, stop: StopFlag? = nil, begins: (Int) -> Void = { _ in },
  act: (borrowing World, borrowing Observation, _ action: inout [Float]) -> Void
) throws(World.Failure) -> EvaluationReport {
  let specification = environment.specification
  var transition = Transition(for: specification)
  var records: [EpisodeRecord] = []
  var steps = 0
  var missedCycles = 0
  var nonFiniteActions = 0
  while records.count < episodes, stop?.isRaised != true {
    begins(records.count + 1)
    try environment.reset(into: &transition.state)
    var episode = EpisodeRecord(
      step: 0, episode: records.count + 1, length: 0, return: 0, success: false)
    while stop?.isRaised != true {
      act(environment, transition.state, &transition.action)
      if stopIfNotFinite(&transition.action) { nonFiniteActions += 1 }
      try environment.begin(transition.action)
      try environment.finish(&transition)
      let outcome = transition.outcome
      missedCycles += outcome.missedCycles
      if !outcome.isStale {
        steps += 1
        episode.length += 1
        episode.return += Double(outcome.reward)
        for (measure, value) in zip(specification.measures, transition.measurements) {
          episode.totals[measure.key, default: 0] += value
        }
      }
      if outcome.isLast {
        // An episode that began without sight was none.
        guard episode.length > 0 else { break }
        episode.step = steps
        episode.success = outcome.reachedGoal
        records.append(episode)
        break
      }
      transition.advance()
    }
  }
  return EvaluationReport(
    records, requested: episodes, measures: specification.measures, missedCycles: missedCycles,
    nonFiniteActions: nonFiniteActions)
}
