/// The name that was probably meant by a mistyped one, or of which the word is the beginning; nil if none is near.
public func nearestName(to word: String, in names: [String]) -> String? {
  let nearest = names.map { (name: $0, distance: editDistance($0, word)) }.min { $0.distance < $1.distance }
  if let nearest, nearest.distance <= max(1, word.count / 3) { return nearest.name }
  return word.count < 3 ? nil : names.first { $0.hasPrefix(word) }
}

/// How many letters must be put in, taken out, replaced or exchanged with their neighbour to make one text of the other
/// (Damerau 1964, no letter touched twice).
func editDistance(_ first: String, _ second: String) -> Int {
  let (first, second) = (Array(first), Array(second))
  var beforeLast = [Int](repeating: 0, count: second.count + 1)
  var last = Array(0...second.count)
  for row in first.indices {
    var current = [row + 1]
    for column in second.indices {
      let replaced = last[column] + (first[row] == second[column] ? 0 : 1)
      var distance = min(replaced, last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
        distance = min(distance, beforeLast[column - 1] + 1)
      }
      current.append(distance)
    }
    (beforeLast, last) = (last, current)
  }
  return last[second.count]
}
