public import AVGCore
public import AVGTraining

/// What a single run came to.
public struct RunMeasures: Codable, Hashable, Sendable {
  /// The seed of the run.
  public var seed: UInt64
  /// Episodes ended.
  public var episodes: Int
  /// Over the last hundred episodes the share that reached the goal, 0…1; or their mean return or total.
  public var final: Double
  /// The same at each of the study's marks.
  public var atMarks: [Double]
  /// The mean over all steps of the last twenty episodes' success, return or total.
  public var area: Double
  /// The first step at which 19 of 20 consecutive episodes had reached the goal; nil if there is none.
  public var stepsToSuccess: Int?
  /// The lowest success of 50 consecutive episodes after that; nil if there are none.
  public var lowestAfterwards: Double?
  /// The mean steps of those of the last hundred episodes that reached the goal; nil if none did.
  public var stepsToGoal: Double?

  /// Episodes that the success at a step is taken over.
  static let longWindow = 100
  /// Episodes in which a collapse shows.
  static let collapseWindow = 50
  /// Points of a learning curve.
  public static let curvePointCount = 100

  /// Measures a run.
  ///
  /// - Parameters:
  ///   - steps: the control steps of the run.
  ///   - marks: steps, of which those beyond the run's last count as it.
  public init(
    seed: UInt64, _ records: [EpisodeRecord], score: EpisodeScore, steps: Int, marks: [Int]
  ) {
    self.seed = seed
    episodes = records.count
    let values = records.map { $0.value(by: score) }
    func lastHundred(before step: Int) -> Double {
      let end = records.firstIndex { $0.step > step } ?? records.count
      let window = values[max(0, end - Self.longWindow)..<end]
      return window.isEmpty ? 0 : window.reduce(0, +) / Double(window.count)
    }
    final = lastHundred(before: steps)
    atMarks = marks.map(lastHundred)
    let curve = Self.curve(of: records, score: score, steps: steps)
    area = curve.reduce(0, +) / Double(curve.count)
    let goals = records.suffix(Self.longWindow).filter(\.success).map { Double($0.length) }
    stepsToGoal = goals.isEmpty ? nil : goals.reduce(0, +) / Double(goals.count)

    guard score == .success else { return }
    let window = RecentEpisodes.capacity
    let first = records.indices.dropFirst(window - 1).first { end in
      records[end - window + 1...end].count { $0.success } >= window * 95 / 100
    }
    guard let first else { return }
    stepsToSuccess = records[first].step
    let ends = records.indices.filter { $0 - first >= Self.collapseWindow }
    lowestAfterwards =
      ends.map { end in
        Double(records[end - Self.collapseWindow + 1...end].count { $0.success })
          / Double(Self.collapseWindow)
      }.min()
  }

  /// What the last twenty episodes had come to at each hundredth of the steps; nothing before the first one ended.
  public static func curve(
    of records: [EpisodeRecord], score: EpisodeScore, steps: Int
  ) -> [Double] {
    var end = 0
    return (1...curvePointCount).map { point in
      let step = steps * point / curvePointCount
      while end < records.count, records[end].step <= step { end += 1 }
      let window = records[max(0, end - RecentEpisodes.capacity)..<end]
      guard !window.isEmpty else { return 0 }
      return window.reduce(0) { $0 + $1.value(by: score) } / Double(window.count)
    }
  }
}
