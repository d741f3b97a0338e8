import AVGTraining

/// Entries of something that goes on for as long as it likes, in bounded memory.
struct History<Entry: Encodable & Sendable>: Sendable {
  /// Which entries stay when there are too many.
  enum Kept: Sendable {
    case newest
    /// Every second, then every fourth and so on, over the whole time.
    case wholeRun
  }

  private let capacity: Int
  private let kept: Kept
  private var entries: [Entry] = []
  /// Of how many entries that come one is kept.
  private var stride = 1
  private var skipped = 0
  /// Counts the times that entries went; after each their numbers begin anew.
  private var generation = 0

  /// Makes a history that keeps from `capacity` to twice as many entries, once it has them.
  init(capacity: Int, keeping kept: Kept) {
    self.capacity = capacity
    self.kept = kept
  }

  mutating func append(_ entry: Entry) {
    skipped += 1
    guard skipped >= stride else { return }
    skipped = 0
    entries.append(entry)
    guard entries.count >= 2 * capacity else { return }
    generation += 1
    switch kept {
    case .newest: entries.removeFirst(entries.count - capacity)
    case .wholeRun:
      // The newest of each pair, so that the curve ends where the run is.
      entries = entries.indices.filter { !$0.isMultiple(of: 2) }.map { entries[$0] }
      stride *= 2
    }
  }

  /// What is new to somebody who has been given `last`: all, where entries have gone since, or another process told it.
  func entries(after last: Int) -> Numbered {
    let count = last - generation << 32
    let isWhole = last == 0 || !entries.indices.contains(count - 1)
    return Numbered(
      last: generation << 32 + entries.count, isWhole: isWhole,
      entries: isWhole ? entries : Array(entries[count...]))
  }

  /// Entries with what tells them from later ones.
  struct Numbered: Encodable {
    let last: Int
    let isWhole: Bool
    let entries: [Entry]
  }
}

/// How many of the last episodes reached the goal.
struct RecentSuccess: Sendable {
  private var last: [Bool] = []

  /// The share, an episode that has just ended included.
  mutating func rate(with success: Bool) -> Double {
    last.append(success)
    if last.count > RecentEpisodes.capacity { last.removeFirst() }
    return Double(last.count { $0 }) / Double(last.count)
  }
}
