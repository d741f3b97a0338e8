import AVGCore
import Testing

@Suite("Monotonic instant")
struct MonotonicInstantTests {
  @Test("times beyond the ends of the clock are cut to them", arguments: [Int64.min, -1, 0, 1, .max])
  func saturates(nanoseconds: Int64) {
    let instant = MonotonicInstant(nanoseconds: nanoseconds)
    for other in [Int64.min, -1, 0, 1, .max] {
      let difference = instant.duration(to: MonotonicInstant(nanoseconds: other)).nanoseconds
      let exact = Double(other) - Double(nanoseconds)
      #expect(abs(Double(difference) - max(-0x1p63, min(0x1p63, exact))) <= 1024)
      let later = instant.advanced(by: .nanoseconds(other)).nanoseconds
      #expect(abs(Double(later) - max(-0x1p63, min(0x1p63, Double(other) + Double(nanoseconds)))) <= 1024)
    }
    #expect(instant.advanced(by: .seconds(Int64.max)).nanoseconds == .max || nanoseconds < 0)
  }

  @Test("a duration of more nanoseconds than there are numbers is cut")
  func longDurations() {
    #expect(Duration.seconds(Int64.max).nanoseconds == .max)
    #expect(Duration.seconds(Int64.min).nanoseconds == .min)
    #expect(Duration.milliseconds(45).nanoseconds == 45_000_000)
  }
}
