import AVGCore

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
  /// How far it led, in millimetres, in a task that counts it.
  public var distanceMillimeters: Double

  /// Makes a record.
  public init(
    step: Int, episode: Int, length: Int, return: Double, success: Bool, distanceMillimeters: Double = 0
  ) {
    self.step = step
    self.episode = episode
    self.length = length
    self.return = `return`
    self.success = success
    self.distanceMillimeters = distanceMillimeters
  }
}

extension EpisodeRecord {
  /// Whether an episode of a run can have been so: what is read from a file can be anything.
  public var isPossible: Bool {
    [step, episode, length].allSatisfy(ReadBounds.counts.contains) && `return`.isFinite
      && distanceMillimeters.isFinite
  }
}

/// What the episodes of a run are measured by.
public enum EpisodeMeasure: Hashable, Sendable {
  /// Whether and how soon the goal was reached.
  case success
  /// The distance.
  case distance
}

/// The last episodes of a run, of which the success rate, the mean length and the mean distance are shown.
public struct RecentEpisodes: Codable, Hashable, Sendable {
  /// How many episodes are looked back on.
  public static let capacity = 20

  private var lengths: [Int] = []
  private var successes: [Bool] = []
  private var distances: [Double] = []

  /// Makes an empty window.
  public init() {
    // Taken once, so that the loop allocates nothing.
    lengths.reserveCapacity(Self.capacity)
    successes.reserveCapacity(Self.capacity)
    distances.reserveCapacity(Self.capacity)
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

  /// Their mean distance in millimetres; nil before the first episode.
  public var meanDistanceMillimeters: Double? {
    count == 0 ? nil : distances.reduce(0, +) / Double(count)
  }

  /// Whether the episodes of a run can have led to these.
  var isPossible: Bool {
    count <= Self.capacity && successes.count == count && distances.count == count
      && lengths.allSatisfy(ReadBounds.counts.contains) && distances.allSatisfy(\.isFinite)
  }

  /// Takes in an episode and drops the oldest beyond the capacity.
  public mutating func append(_ episode: EpisodeRecord) {
    if count == Self.capacity {
      lengths.removeFirst()
      successes.removeFirst()
      distances.removeFirst()
    }
    lengths.append(episode.length)
    successes.append(episode.success)
    distances.append(episode.distanceMillimeters)
  }
}
