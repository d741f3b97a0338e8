import AVGCreate2

/// What both tasks of the Create 2 tell the agent besides the image: six light-bump signals and the previous action.
enum CreateProprioception {
  /// Six signals and two numbers of action.
  static let count = Create2Senses.lightBumpCount + 2

  /// Writes the light-bump signals, from the left to the right, and the previous action [8].
  static func write(
    _ senses: borrowing Create2Senses, previousAction: [Float], into proprioception: inout [Float]
  ) {
    precondition(
      proprioception.count == count && previousAction.count == 2,
      "\(count) signals and 2 numbers of action needed, not \(proprioception.count) and "
        + "\(previousAction.count)")
    for index in 0..<Create2Senses.lightBumpCount {
      proprioception[index] = lightBumpFeature(senses.lightBumps[index])
    }
    proprioception[Create2Senses.lightBumpCount] = previousAction[0]
    proprioception[Create2Senses.lightBumpCount + 1] = previousAction[1]
  }

  /// ReLoD's reading of a light-bump signal s: 1/√(s − 4.2), nearly in proportion to the distance, as −1 (near)
  /// … 1 (nothing in sight).
  private static func lightBumpFeature(_ signal: Float) -> Float {
    // Below 5.2 the root would leave 0…1.
    2 / (max(signal, 5.2) - 4.2).squareRoot() - 1
  }
}
