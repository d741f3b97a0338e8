public import AVGCore

/// What is kept of an episode.
public struct EpisodeRecord: Codable, Hashable, Sendable {
  /// The step of the run that ended the episode, from 1.
  public var step: Int
  /// The episode's number, from 1.
  public var episode: Int
  /// How many steps it took.
  public var length: Int
  /// The sum of its rewards, not discounted.
  public var `return`: Double
  /// Whether the goal was reached.
  public var success: Bool
  /// The sums of what the task measured in each step, under the measures' keys.
  public var totals: [String: Double]

  /// Makes a record.
  public init(
    step: Int, episode: Int, length: Int, return: Double, success: Bool, totals: [String: Double] = [:]
  ) {
    self.step = step
    self.episode = episode
    self.length = length
    self.return = `return`
    self.success = success
    self.totals = totals
  }
}

extension EpisodeRecord {
  private enum CodingKeys: String, CodingKey {
    case step, episode, length, success, totals
    case `return`
    /// What stands in the place of `totals` in checkpoints of 0.1.0 before 2026-11-29.
    case distanceMillimeters
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      step: try container.decode(Int.self, forKey: .step),
      episode: try container.decode(Int.self, forKey: .episode),
      length: try container.decode(Int.self, forKey: .length),
      return: try container.decode(Double.self, forKey: .return),
      success: try container.decode(Bool.self, forKey: .success),
      totals: try container.decodeIfPresent([String: Double].self, forKey: .totals) ?? [:])
    if let distance = try container.decodeIfPresent(Double.self, forKey: .distanceMillimeters), distance != 0
    {
      totals[CodingKeys.distanceMillimeters.rawValue] = distance
    }
  }

  /// Writes every number under its name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(step, forKey: .step)
    try container.encode(episode, forKey: .episode)
    try container.encode(length, forKey: .length)
    try container.encode(`return`, forKey: .return)
    try container.encode(success, forKey: .success)
    try container.encode(totals, forKey: .totals)
  }

  /// Whether an episode of a run can have been so: what is read from a file can be anything.
  public var isPossible: Bool {
    [step, episode, length].allSatisfy(ReadBounds.counts.contains) && `return`.isFinite
      && totals.values.allSatisfy(\.isFinite)
  }

  /// What the episode came to: 1 or 0 for success, its return, or the total of a measure in the unit that is shown.
  public func value(by score: EpisodeScore) -> Double {
    switch score {
    case .success: success ? 1 : 0
    case .return: `return`
    case .total(let measure): (totals[measure.key] ?? 0) / measure.unit.perShown
    }
  }
}

/// The last episodes of a run, of which the success rate, the mean length, return and totals are shown.
public struct RecentEpisodes: Codable, Hashable, Sendable {
  /// How many episodes are looked back on.
  public static let capacity = 20

  private var lengths: [Int] = []
  private var successes: [Bool] = []
  private var returns: [Double] = []
  private var totals: [[String: Double]] = []

  /// Makes an empty window.
  public init() {
    // Taken once, so that the loop allocates nothing.
    lengths.reserveCapacity(Self.capacity)
    successes.reserveCapacity(Self.capacity)
    returns.reserveCapacity(Self.capacity)
    totals.reserveCapacity(Self.capacity)
  }

  private enum CodingKeys: String, CodingKey {
    case lengths, successes, returns, totals
    /// What stands in the place of `returns` and `totals` in checkpoints of 0.1.0 before 2026-11-29.
    case distances
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    lengths += try container.decode([Int].self, forKey: .lengths)
    successes += try container.decode([Bool].self, forKey: .successes)
    if let distances = try container.decodeIfPresent([Double].self, forKey: .distances) {
      returns += distances.map { _ in 0 }
      totals += distances.map { $0 == 0 ? [:] : ["distanceMillimeters": $0] }
    } else {
      returns += try container.decode([Double].self, forKey: .returns)
      totals += try container.decode([[String: Double]].self, forKey: .totals)
    }
  }

  /// Writes the window as four lists.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(lengths, forKey: .lengths)
    try container.encode(successes, forKey: .successes)
    try container.encode(returns, forKey: .returns)
    try container.encode(totals, forKey: .totals)
  }

  /// How many episodes it holds.
  public var count: Int { lengths.count }

  /// The share of them that reached the goal, 0…1; nil before the first episode.
  public var successRate: Double? {
    count == 0 ? nil : Double(successes.count { $0 }) / Double(count)
  }

  /// Their mean length in steps; nil before the first episode.
  public var meanLength: Double? {
    count == 0 ? nil : Double(lengths.reduce(0, +)) / Double(count)
  }

  /// Their mean return; nil before the first episode.
  public var meanReturn: Double? {
    count == 0 ? nil : returns.reduce(0, +) / Double(count)
  }

  /// The mean of a measure's totals, in its unit; nil before the first episode.
  public func meanTotal(of measure: Measure) -> Double? {
    count == 0 ? nil : totals.reduce(0) { $0 + ($1[measure.key] ?? 0) } / Double(count)
  }

  /// Whether the episodes of a run can have led to these.
  var isPossible: Bool {
    count <= Self.capacity && successes.count == count && returns.count == count && totals.count == count
      && lengths.allSatisfy(ReadBounds.counts.contains) && returns.allSatisfy(\.isFinite)
      && totals.allSatisfy { $0.values.allSatisfy(\.isFinite) }
  }

  /// Takes in an episode and drops the oldest beyond the capacity.
  public mutating func append(_ episode: EpisodeRecord) {
    if count == Self.capacity {
      lengths.removeFirst()
      successes.removeFirst()
      returns.removeFirst()
      totals.removeFirst()
    }
    lengths.append(episode.length)
    successes.append(episode.success)
    returns.append(episode.return)
    totals.append(episode.totals)
  }
}
