import AVGTraining

/// A sequence of unbounded length kept in bounded memory.
struct History<Entry: Encodable & Sendable>: Sendable {
  /// The entries to keep when there are too many.
  enum Kept: Sendable {
    case newest
    /// Every second entry, then every fourth and so on, over the whole run.
    case wholeRun
  }

  private let capacity: Int
  private let kept: Kept
  private var entries: [Entry] = []
  /// Only every `stride`-th new entry is kept.
  private var stride = 1
  private var skipped = 0
  /// The number of times that entries were removed. It forms the upper half of an entry's number, so that a client's
  /// old numbers become invalid each time.
  private var generation = 0

  /// Makes a history that holds between `capacity` and twice as many entries once it has filled up.
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
      // Keep the newer one of each pair, so that the curve ends at the present.
      entries = entries.indices.filter { !$0.isMultiple(of: 2) }.map { entries[$0] }
      stride *= 2
    }
  }

  /// The entries that a client who has received `last` is missing. They are all entries if some have been removed
  /// since, or if `last` comes from another process.
  func entries(after last: Int) -> Numbered {
    let count = last - generation << 32
    let isWhole = last == 0 || !entries.indices.contains(count - 1)
    return Numbered(
      last: generation << 32 + entries.count, isWhole: isWhole,
      entries: isWhole ? entries : Array(entries[count...]))
  }

  /// Entries with the number to pass to the next call.
  struct Numbered: Encodable {
    let last: Int
    let isWhole: Bool
    let entries: [Entry]
  }
}

/// The success rate of the most recent episodes.
struct RecentSuccess: Sendable {
  private var last: [Bool] = []

  /// The rate including an episode that has just ended.
  mutating func rate(with success: Bool) -> Double {
    last.append(success)
    if last.count > RecentEpisodes.capacity { last.removeFirst() }
    return Double(last.count { $0 }) / Double(last.count)
  }
}
