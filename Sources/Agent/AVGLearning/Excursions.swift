import AVGCore

/// Actions at random that are held for a while, in the place of the policy's own (temporally extended ε-greedy
/// exploration: Dabney, Ostrovski and Barreto, ICLR 2021).
///
/// A policy that has come to turn one way only never finds out what the other is worth, for its noise is soon too small
/// to lead anywhere. The critic learns from what was done; the actor goes on learning from its own action.
struct Excursions: Sendable {
  /// The most steps that any configuration lets an excursion last.
  static let longestOfAll: Float = 1_000_000

  /// What is done while `isActive`, each number in −1…1.
  private(set) var action: [Float]
  /// The steps of this excursion that are left, the present one included.
  private(set) var stepsLeft = 0
  private let longest: Int

  /// - Parameter longest: the most steps that one lasts; each number of them is as likely.
  init(actionCount: Int, longest: Int) {
    action = [Float](repeating: 0, count: actionCount)
    self.longest = longest
  }

  /// Whether the present step belongs to an excursion.
  var isActive: Bool { stepsLeft > 0 }

  /// Goes on by one step; outside of an excursion one begins with the chance `rate`. A rate of 0 draws nothing.
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
      // Whatever a file says, within what can be.
      stepsLeft = Int(min(max(newValue.last ?? 0, 0), Float(longest)))
    }
  }
}

/// What was done: the policy's own action, or that of an excursion.
struct ExecutedAction: Sendable {
  /// Each number in −1…1.
  private(set) var action: [Float]
  /// Whether the policy would have done something else.
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
