import Testing

@testable import AVGCore

#if arch(x86_64)
  import Glibc
#endif

@Suite("Elementary functions")
struct ElementaryTests {
  /// A function, its arguments' range, whether they are spread over the orders of magnitude, and the greatest error in
  /// units of the last place.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var range: ClosedRange<Double>
    var isLogarithmic = false
    var ulps: Double
    var function: @Sendable (Double) -> Double
    #if arch(x86_64)
      var reference: @Sendable (Float80) -> Float80
    #endif
    var testDescription: String { "\(name) in \(range)" }

    func argument(_ random: inout RandomSource) -> Double {
      guard isLogarithmic else { return random.uniform(in: range) }
      let logs = Elementary.log(range.lowerBound)...Elementary.log(range.upperBound)
      return Elementary.exp(random.uniform(in: logs))
    }
  }

  #if arch(x86_64)
    private static let cases = [
      Case(name: "exp", range: -700...700, ulps: 0.65, function: Elementary.exp, reference: expl),
      Case(
        name: "log", range: 1e-300...1e300, isLogarithmic: true, ulps: 0.85, function: Elementary.log,
        reference: logl),
      Case(name: "log", range: 0.5...2, ulps: 0.85, function: Elementary.log, reference: logl),
      Case(name: "log1p", range: -0.9999...1, ulps: 1.3, function: Elementary.log1p, reference: log1pl),
      Case(name: "sin", range: -10...10, ulps: 0.8, function: Elementary.sin, reference: sinl),
      Case(
        name: "sin", range: 1e-9...1_048_576, isLogarithmic: true, ulps: 0.8, function: Elementary.sin,
        reference: sinl),
      Case(name: "cos", range: -10...10, ulps: 0.8, function: Elementary.cos, reference: cosl),
      Case(name: "tan", range: -1.5...1.5, ulps: 2.1, function: Elementary.tan, reference: tanl),
      Case(
        name: "atan", range: 1e-9...1e9, isLogarithmic: true, ulps: 2.1, function: Elementary.atan,
        reference: atanl),
      Case(
        name: "atan2 with 0.7", range: -3...3, ulps: 2, function: { Elementary.atan2(0.7, $0) },
        reference: { atan2l(Float80(0.7 as Double), $0) }),
      Case(
        name: "pow of 0.999", range: 1...100_000, ulps: 0.65, function: { Elementary.pow(0.999, $0) },
        reference: { powl(Float80(0.999 as Double), $0) }),
    ]

    @Test("errors are as small as is said, beside 80-bit arithmetic", arguments: cases)
    func accuracy(given: Case) {
      var random = RandomSource(seed: 1, purpose: given.name)
      var worst = (error: 0.0, argument: 0.0)
      for _ in 0..<20_000 {
        let x = given.argument(&random)
        let wanted = given.reference(Float80(x))
        let error = Double(abs(Float80(given.function(x)) - wanted) / Float80(Double(wanted).ulp))
        if !(error <= worst.error) { worst = (error, x) }
      }
      #expect(worst.error <= given.ulps, "\(worst.error) ulp at \(worst.argument)")
    }
  #endif

  @Test("the bits are the same on every computer: those of the golden ones")
  func golden() {
    // FNV-1a over the results' bits; Tests/Acceptance/check-one-result has the C functions on aarch64 too.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func take(_ bits: UInt64) { hash = (hash ^ bits) &* 0x100_0000_01B3 }
    var random = RandomSource(seed: 1, purpose: "golden")
    for _ in 0..<50_000 {
      let x = random.uniform(in: -20...20)
      let y = random.uniform(in: 0...20)
      for result in [
        Elementary.exp(x), Elementary.log(y), Elementary.log1p(y), Elementary.sin(x), Elementary.cos(x),
        Elementary.tan(x), Elementary.atan(x), Elementary.atan2(x, y), Elementary.pow(y, x), random.normal(),
      ] { take(result.bitPattern) }
      let z = Float(x / 4)
      for result in [
        Elementary.exp(z), Elementary.log(Float(y)), Elementary.log1p(Float(y)), Elementary.sin(z),
        Elementary.tanh(z), Elementary.atanh(z / 5),
      ] { take(UInt64(result.bitPattern)) }
    }
    #expect(hash == Self.goldenHash, "0x\(String(hash, radix: 16))")
  }

  private static let goldenHash: UInt64 = 0x3E073049E759ED7F

  @Test("zeros, infinities and what is no number are answered as C answers them")
  func specialArguments() {
    #expect(Elementary.exp(-Double.infinity) == 0 && Elementary.exp(Double.infinity) == .infinity)
    #expect(Elementary.exp(800.0) == .infinity && Elementary.exp(-800.0) == 0)
    #expect(Elementary.log(0.0) == -.infinity && Elementary.log(-1.0).isNaN && Elementary.log(1.0) == 0)
    #expect(Elementary.tanh(Float.infinity) == 1 && Elementary.tanh(-30 as Float) == -1)
    #expect(Elementary.atanh(1 as Float) == .infinity && Elementary.atanh(1.5 as Float).isNaN)
    #expect(Elementary.sin(Double.infinity).isNaN && Elementary.cos(Double.nan).isNaN)
    #expect(Elementary.atan2(0.0, -1.0) == .pi && Elementary.atan2(-0.0, 1.0).sign == .minus)
    #expect(Elementary.pow(0.9, 0.0) == 1 && Elementary.pow(0, 3) == 0 && Elementary.pow(-2, 3) == -8)
    #expect(Elementary.pow(-2, 0.5).isNaN && Elementary.pow(0.9, Double.infinity) == 0)
    #expect(Elementary.exp(Double.nan).isNaN && Elementary.tanh(Float.nan).isNaN)
  }
}
