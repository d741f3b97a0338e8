import AVGCore

/// Box filtering along one axis of an image: every output pixel is the mean of the source pixels that it covers.
///
/// The weights are integers, so that sums are exact; at an integer ratio each of them is 1.
struct BoxAxis {
  /// A source pixel and its weight in an output pixel.
  struct Tap {
    var position: Int
    var weight: UInt32
  }

  /// The sum of the weights of an output pixel, the same for all output pixels.
  let totalWeight: UInt32
  private let taps: [Tap]
  /// The taps of output pixel i are `firstTaps[i] ..< firstTaps[i + 1]`.
  private let firstTaps: [Int]

  private init(totalWeight: UInt32, taps: [Tap], firstTaps: [Int]) {
    self.totalWeight = totalWeight
    self.taps = taps
    self.firstTaps = firstTaps
  }

  /// Maps the source pixels of `range` onto `count` output pixels.
  init(range: Range<Int>, count: Int) {
    // In units of 1/sourceUnits of a source pixel, output pixel i covers i × outputUnits ..< (i + 1) × outputUnits.
    let divisor = Self.greatestCommonDivisor(range.count, count)
    let outputUnits = range.count / divisor
    let sourceUnits = count / divisor
    var taps: [Tap] = []
    var firstTaps = [0]
    for output in 0..<count {
      var unit = output * outputUnits
      let end = unit + outputUnits
      while unit < end {
        let pixel = unit / sourceUnits
        let next = min(end, (pixel + 1) * sourceUnits)
        taps.append(Tap(position: range.lowerBound + pixel, weight: UInt32(next - unit)))
        unit = next
      }
      firstTaps.append(taps.count)
    }
    self.taps = taps
    self.firstTaps = firstTaps
    totalWeight = UInt32(outputUnits)
  }

  /// The same filter for samples that are stored at `position(pixel)` instead of at the pixel's own index. The mapping
  /// must not reverse the order; neighbouring pixels that share a sample become one tap.
  func remapped(_ position: (Int) -> Int) -> BoxAxis {
    var placed: [Tap] = []
    var firstPlaced = [0]
    for output in 0..<firstTaps.count - 1 {
      for tap in self[output] {
        let place = position(tap.position)
        if placed.count > firstPlaced[output], placed[placed.count - 1].position == place {
          placed[placed.count - 1].weight += tap.weight
        } else {
          placed.append(Tap(position: place, weight: tap.weight))
        }
      }
      firstPlaced.append(placed.count)
    }
    return BoxAxis(totalWeight: totalWeight, taps: placed, firstTaps: firstPlaced)
  }

  /// Sums the weighted samples of each output pixel.
  ///
  /// - Parameters:
  ///   - samples: indexed by the positions of the taps.
  ///   - sums: receives one sum for each output pixel, starting at index `first`.
  func sum(_ samples: Span<UInt32>, into sums: inout MutableSpan<UInt32>, from first: Int) {
    let (taps, firstTaps) = (taps.span, firstTaps.span)
    for output in 0..<firstTaps.count - 1 {
      var sum: UInt32 = 0
      for index in firstTaps[output]..<firstTaps[output + 1] {
        let tap = taps[index]
        sum &+= tap.weight &* samples[tap.position]
      }
      sums[first + output] = sum
    }
  }

  /// The taps of an output pixel.
  subscript(output: Int) -> ArraySlice<Tap> {
    taps[firstTaps[output]..<firstTaps[output + 1]]
  }

  private static func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
    second == 0 ? first : greatestCommonDivisor(second, first % second)
  }
}
