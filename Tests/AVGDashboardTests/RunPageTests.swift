import AVGCore
import AVGImaging
import AVGTraining
import Foundation
import Testing

@testable import AVGDashboard

/// What the page is told.
@Suite("Dashboard's page")
struct RunPageTests {
  private let page = RunPage(
    DashboardSettings(
      title: "test", target: ColorCriteria(), maximumWheelSpeedMillimetersPerSecond: 300,
      cycleMilliseconds: 45,
      totalSteps: 100))

  private func episode(_ number: Int64, success: Bool = false) -> [UInt8] {
    var writer = MessageWriter(capacity: 64)
    writer.begin(.episode)
    writer.put(Int64(10 * number))
    writer.put(number)
    writer.put(Int64(10))
    writer.put(Float(-10))
    writer.put(UInt8(success ? 1 : 0))
    return writer.bytes
  }

  private func take(_ message: [UInt8]) throws {
    page.take(try #require(MessageKind(rawValue: message[0])), message[1...])
  }

  private func json(snapshot: Int = 0, episode: Int = 0, event: Int = 0) throws -> [String: Any] {
    let data = page.json(after: snapshot, episode: episode, event: event)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func numbers(of key: String, in json: [String: Any]) -> (last: Int?, isWhole: Bool?, count: Int?) {
    let part = json[key] as? [String: Any]
    return (part?["last"] as? Int, part?["isWhole"] as? Bool, (part?["entries"] as? [Any])?.count)
  }

  @Test("a page is told only of what it does not have, and everything when it has what never was")
  func onlyNews() throws {
    for number in Int64(1)...5 { try take(episode(number, success: number == 3)) }
    #expect(numbers(of: "episodes", in: try json()) == (5, true, 5))
    #expect(numbers(of: "episodes", in: try json(episode: 3)) == (5, false, 2))
    #expect(numbers(of: "episodes", in: try json(episode: 5)) == (5, false, 0))
    #expect(numbers(of: "episodes", in: try json(episode: 9)) == (5, true, 5))
    let events = try #require(((try json())["events"] as? [String: Any])?["entries"] as? [[String: Any]])
    #expect(events.map { $0["text"] as? String } == ["episode 3: at the goal after 10 steps"])
  }

  @Test("a long run keeps the last episodes, under their numbers")
  func dropsTheOldest() throws {
    for number in Int64(1)...9000 { try take(episode(number)) }
    let (last, _, count) = numbers(of: "episodes", in: try json())
    #expect(last == 9000 && count == 4000)
    #expect(numbers(of: "episodes", in: try json(episode: 8990)) == (9000, false, 10))
  }

  @Test("cut and wild messages are left alone")
  func damagedMessages() throws {
    var random = RandomSource(seed: 1, purpose: "messages")
    for length in 0..<200 {
      let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      for kind in [MessageKind.snapshot, .episode, .event, .state] { page.take(kind, bytes[...]) }
      _ = try json()
    }
  }

  @Test("the state is running, paused, ended")
  func states() throws {
    #expect(try json()["state"] as? String == "running")
    try take([MessageKind.state.rawValue, 1])
    #expect(try json()["state"] as? String == "paused")
    try take([MessageKind.state.rawValue, 0])
    page.end()
    #expect(try json()["state"] as? String == "ended")
  }

  @Test("coarse buckets hold each duration between their bounds")
  func coarseBuckets() {
    for microseconds in [1, 2, 3, 5, 100, 999, 45_000, 59_000_000] {
      var histogram = LatencyHistogram()
      histogram.record(.microseconds(microseconds))
      let index = histogram.coarse.firstIndex(of: 1) ?? -1
      let milliseconds = Double(microseconds) / 1000
      #expect(LatencyHistogram.coarseBound(index) <= milliseconds, "\(microseconds)")
      #expect(milliseconds < LatencyHistogram.coarseBound(index + 1) * 1.0001, "\(microseconds)")
    }
  }
}
