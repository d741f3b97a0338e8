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

  /// Makes a record.
  public init(step: Int, episode: Int, length: Int, return: Double, success: Bool) {
    self.step = step
    self.episode = episode
    self.length = length
    self.return = `return`
    self.success = success
  }
}

/// The last episodes of a run, of which the success rate and the mean length are shown.
public struct RecentEpisodes: Codable, Hashable, Sendable {
  /// How many episodes are looked back on.
  public static let capacity = 20

  private var lengths: [Int] = []
  private var successes: [Bool] = []

  /// Makes an empty window.
  public init() {
    // Taken once, so that the loop allocates nothing.
    lengths.reserveCapacity(Self.capacity)
    successes.reserveCapacity(Self.capacity)
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

  /// Takes in an episode and drops the oldest beyond the capacity.
  public mutating func append(_ episode: EpisodeRecord) {
    if count == Self.capacity {
      lengths.removeFirst()
      successes.removeFirst()
    }
    lengths.append(episode.length)
    successes.append(episode.success)
  }
}
