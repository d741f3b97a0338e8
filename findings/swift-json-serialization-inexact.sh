#!/usr/bin/env bash
# Swift 6.3.1 on Linux (swift-corelibs-foundation); the swift on the PATH is what is looked at.
#
# JSONSerialization does not read numbers to the nearest double: between a third and a half of those that Swift itself prints come
# back one or more units in the last place away. JSONDecoder, in the same library, reads all of them exactly. What was
# written with `print`, JSONEncoder or Python's json and is read with JSONSerialization is another number: two times that
# were equal are in the wrong order, and a setting is not the one that was saved.
#
# Output seen:
#   of 100000 numbers JSONDecoder reads 0 wrong, JSONSerialization 48014; 4000000016.2233405 becomes 4000000016.2233415
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/main.swift" <<'S'
import Foundation

struct Number: Codable { var number: Double }

/// What each of the library's two readers makes of a number's shortest exact decimal form.
func read(_ number: Double) throws -> (decoder: Double, serialization: Double) {
  let text = Data("{\"number\":\(number)}".utf8)
  let object = try JSONSerialization.jsonObject(with: text) as? [String: Any]
  return (try JSONDecoder().decode(Number.self, from: text).number, object?["number"] as? Double ?? .nan)
}

/// Knuth's MMIX generator: the same numbers every time.
var state: UInt64 = 1
var wrong = (decoder: 0, serialization: 0)
for index in 0..<100_000 {
  state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
  let unit = Double(state >> 11) * 0x1p-53
  let number = index.isMultiple(of: 2) ? 4e9 + 60 * unit : unit
  let found = try read(number)
  wrong.decoder += found.decoder == number ? 0 : 1
  wrong.serialization += found.serialization == number ? 0 : 1
}
let example = try read(4000000016.2233405)
print(
  "of 100000 numbers JSONDecoder reads \(wrong.decoder) wrong, JSONSerialization \(wrong.serialization);",
  "4000000016.2233405 becomes \(example.serialization)")
guard wrong.decoder == 0, wrong.serialization > 10_000, example.serialization != 4000000016.2233405 else {
  print("this has changed")
  exit(1)
}
S
swiftc -O "$folder/main.swift" -o "$folder/numbers"
"$folder/numbers"
