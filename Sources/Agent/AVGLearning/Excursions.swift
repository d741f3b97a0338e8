import AVGCore

/// Random actions that are held for a while and replace the policy's own (temporally extended ε-greedy exploration:
/// Dabney, Ostrovski and Barreto, ICLR 2021).
///
/// A policy that has learned to turn one way only never finds out what the other is worth: its noise is soon too small to
/// lead anywhere. The critic learns from the random action, the actor from its own.
struct Excursions: Sendable {
  /// The greatest number of steps that a configuration may allow.
  static let longestOfAll: Float = 1_000_000

  /// The action while `isActive`, each number in −1…1.
  private(set) var action: [Float]
  /// The steps left of this excursion, the present one included.
  private(set) var stepsLeft = 0
  private let longest: Int

  /// - Parameter longest: the greatest length in steps; lengths are drawn uniformly from 1…longest.
  init(actionCount: Int, longest: Int) {
    action = [Float](repeating: 0, count: actionCount)
    self.longest = longest
  }

  /// Whether the present step belongs to an excursion.
  var isActive: Bool { stepsLeft > 0 }

  /// Advances by one step. Outside of an excursion a new one begins with probability `rate`; 0 draws no random number.
  mutating func advance(rate: Double, _ random: inout RandomSource) {
    stepsLeft = max(0, stepsLeft - 1)
    guard stepsLeft == 0, rate > 0, random.uniform() < rate else { return }
    stepsLeft = 1 + Int(random.uniform() * Double(longest))
    for index in action.indices {
      action[index] = Float(random.uniform(in: -1...1))
    }
  }

  /// Action and steps left, for a file.
  var numbers: [Float] {
    get { action + [Float(stepsLeft)] }
    set {
      precondition(
        newValue.count == action.count + 1, "\(newValue.count) numbers for \(action.count) of an action")
      action = newValue.dropLast().map { min(max($0, -1), 1) }
      // A file may hold any number.
      stepsLeft = Int(min(max(newValue.last ?? 0, 0), Float(longest)))
    }
  }
}

/// The action that was carried out: the policy's own, or that of an excursion.
struct ExecutedAction: Sendable {
  /// Each number in −1…1.
  private(set) var action: [Float]
  /// Whether it was an excursion's action, not the policy's.
  private(set) var isExcursion = false

  init(actionCount: Int) { action = [Float](repeating: 0, count: actionCount) }

  mutating func set(_ newAction: [Float], isExcursion: Bool) {
    for index in action.indices { action[index] = newAction[index] }
    self.isExcursion = isExcursion
  }

  /// Action and whether it was an excursion's, for a file.
  var numbers: [Float] {
    get { action + [isExcursion ? 1 : 0] }
    set {
      action = newValue.dropLast().map { min(max($0, -1), 1) }
      isExcursion = newValue.last == 1
    }
  }
}
