/// A seeded source of random numbers (SplitMix64, Steele et al. 2014), small enough to lie in a checkpoint.
///
/// Every purpose in the program has one of its own, so that drawing for one never shifts another.
public struct RandomSource: RandomNumberGenerator, Hashable, Sendable {
  /// The whole state.
  public var state: UInt64

  /// Makes a source whose numbers depend on the seed and on the purpose's name alone.
  public init(seed: UInt64, purpose: String) {
    // FNV-1a of the name sets apart the sources of one run.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in purpose.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
    state = hash
    state = next() ^ seed
    state = next()
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number drawn uniformly from 0 ..< 1.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number drawn uniformly from `range`.
  public mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// A number drawn from the normal distribution of mean 0 and variance 1 (Box–Muller, one of the pair used).
  public mutating func normal() -> Double {
    let radius = (-2 * Elementary.log(1 - uniform())).squareRoot()
    return radius * Elementary.cos(2 * .pi * uniform())
  }
}
