/// The name that was probably meant by a mistyped one; nil if none is near.
public func nearestName(to word: String, in names: [String]) -> String? {
  let nearest = names.map { (name: $0, distance: editDistance($0, word)) }.min { $0.distance < $1.distance }
  guard let nearest, nearest.distance <= max(1, word.count / 3) else { return nil }
  return nearest.name
}

/// How many letters must be put in, taken out or replaced to make one text of the other (Levenshtein 1966).
func editDistance(_ first: String, _ second: String) -> Int {
  let second = Array(second)
  var row = Array(0...second.count)
  for (index, character) in first.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for column in second.indices {
      let replaced = diagonal + (second[column] == character ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
    }
  }
  return row[second.count]
}
