import AVGCore

// How a study shows what its episodes are judged by.
extension EpisodeScore {
  /// What a value is multiplied by: success is shown in percent.
  var scale: Double { self == .success ? 100 : 1 }

  /// The range that an axis covers at least.
  var axisRange: ClosedRange<Double> { self == .success ? 0...100 : 0...1 }

  /// The words along the axis of a figure.
  var axisLabel: String {
    switch self {
    case .success: "episodes at the goal, %"
    case .return: "return of an episode"
    case .total(let measure): "\(measure.name) of an episode, \(measure.unit.shownSymbol)"
    }
  }

  /// The same, where there is little room.
  var shortAxisLabel: String {
    switch self {
    case .success: "at the goal, %"
    case .return: "return"
    case .total(let measure): "\(measure.name), \(measure.unit.shownSymbol)"
    }
  }

  /// The name of a column of a table, for a time of the run.
  func label(of time: String) -> String {
    switch self {
    case .success: "success \(time), %"
    case .return: "return \(time)"
    case .total(let measure): "\(measure.name) \(time), \(measure.unit.shownSymbol)"
    }
  }
}
