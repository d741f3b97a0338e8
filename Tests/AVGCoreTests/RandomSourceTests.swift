import AVGCore
import Testing

@Suite("Random source")
struct RandomSourceTests {
  @Test("the same seed and purpose give the same numbers, another purpose gives others")
  func isReproducible() {
    var first = RandomSource(seed: 7, purpose: "exploration")
    var second = RandomSource(seed: 7, purpose: "exploration")
    var other = RandomSource(seed: 7, purpose: "world")
    let numbers = (0..<100).map { _ in first.next() }
    #expect(numbers == (0..<100).map { _ in second.next() })
    #expect(numbers != (0..<100).map { _ in other.next() })
  }

  @Test("normal numbers have mean 0, variance 1 and the kurtosis of a normal distribution")
  func normalMoments() {
    var source = RandomSource(seed: 1, purpose: "test")
    let count = 200_000
    let numbers = (0..<count).map { _ in source.normal() }
    let mean = numbers.reduce(0, +) / Double(count)
    let variance = numbers.reduce(0) { $0 + $1 * $1 } / Double(count)
    let fourth = numbers.reduce(0) { $0 + $1 * $1 * $1 * $1 } / Double(count)
    #expect(abs(mean) < 0.01)
    #expect(abs(variance - 1) < 0.02)
    #expect(abs(fourth - 3) < 0.1)
  }
}
