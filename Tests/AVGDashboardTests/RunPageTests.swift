import AVGCore
import AVGSystem
import AVGImaging
import AVGTraining
import Foundation
import Testing

@testable import AVGDashboard

/// The JSON that the page receives.
@Suite("Dashboard's page")
struct RunPageTests {
  private let page = RunPage(
    DashboardSettings(
      title: "test", target: ColorCriteria(), actionScale: ActionScale("wheels", perOne: 300, unit: "mm/s"),
      cycleMilliseconds: 45,
      totalSteps: 100))

  private func episode(_ number: Int64, success: Bool = false) -> [UInt8] {
    var writer = ByteBuffer(capacity: 64)
    writer.begin(.episode)
    writer.put(Int64(10 * number))
    writer.put(number)
    writer.put(Int64(10))
    writer.put(Float(-10))
    writer.put(UInt8(success ? 1 : 0))
    return writer.bytes
  }

  private func take(_ message: [UInt8]) throws {
    page.handle(try #require(MessageKind(rawValue: message[0])), message[1...])
  }

  private func json(snapshot: Int = 0, episode: Int = 0, event: Int = 0) throws -> [String: Any] {
    let data = page.json(after: snapshot, episode: episode, event: event)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func numbers(of key: String, in json: [String: Any]) -> (last: Int?, isWhole: Bool?, count: Int?) {
    let part = json[key] as? [String: Any]
    return (part?["last"] as? Int, part?["isWhole"] as? Bool, (part?["entries"] as? [Any])?.count)
  }

  @Test("a page receives only the entries that it does not have, and all if its number is impossible")
  func onlyNews() throws {
    for number in Int64(1)...5 { try take(episode(number, success: number == 3)) }
    #expect(numbers(of: "episodes", in: try json()) == (5, true, 5))
    #expect(numbers(of: "episodes", in: try json(episode: 3)) == (5, false, 2))
    #expect(numbers(of: "episodes", in: try json(episode: 5)) == (5, false, 0))
    #expect(numbers(of: "episodes", in: try json(episode: 9)) == (5, true, 5))
    let events = try #require(((try json())["events"] as? [String: Any])?["entries"] as? [[String: Any]])
    #expect(events.map { $0["text"] as? String } == ["episode 3: goal reached after 10 steps"])
  }

  @Test(
    "of a long run every second or fourth episode is kept, over its whole length, and a page receives all of them again"
  )
  func thinsLongRuns() throws {
    for number in Int64(1)...3999 { try take(episode(number)) }
    let before = numbers(of: "episodes", in: try json())
    #expect(before.count == 3999 && before.isWhole == true)
    try take(episode(4000))
    let after = try json(episode: before.last ?? 0)
    #expect(
      numbers(of: "episodes", in: after).count == 2000 && numbers(of: "episodes", in: after).isWhole == true)
    for number in Int64(4001)...9000 { try take(episode(number)) }
    let entries = try #require(((try json())["episodes"] as? [String: Any])?["entries"] as? [[String: Any]])
    let steps = entries.compactMap { $0["step"] as? Int }
    #expect((2000..<4000).contains(steps.count))
    #expect(steps == steps.sorted() && (steps.first ?? 999) <= 40 && (steps.last ?? 0) > 89_900)
    // Later entries are sent alone.
    let last = numbers(of: "episodes", in: try json()).last ?? 0
    for number in Int64(9001)...9008 { try take(episode(number)) }
    let news = numbers(of: "episodes", in: try json(episode: last))
    #expect(news.isWhole == false && news.count == 2)
  }

  @Test(
    "each episode carries the success rate of the last twenty, and one that is reported twice counts once")
  func successRate() throws {
    for number in Int64(1)...30 { try take(episode(number, success: number > 20)) }
    try take(episode(30, success: true))
    let entries = try #require(((try json())["episodes"] as? [String: Any])?["entries"] as? [[String: Any]])
    #expect(entries.count == 30)
    #expect(entries.map { $0["successRate"] as? Double }.suffix(2) == [0.45, 0.5])
  }

  @Test("a page shows the earlier episodes in metrics.jsonl, as far as its lines are complete")
  func loadsEarlierEpisodes() throws {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).jsonl"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let lines = (1...25).map { number in
      "{\"step\":\(10 * number),\"time\":1,\"episode/return\":-10,\"episode/length\":10,\"episode/success\":\(number > 20 ? 1.0 : 0.0),"
        + "\"learning/entropy\":\(number).5,\"learning/value\":null}\n"
    }
    try (lines.joined() + "no line\n{\"step\":9").write(toFile: path, atomically: true, encoding: .utf8)
    let page = RunPage(
      DashboardSettings(
        title: "test", target: ColorCriteria(), actionScale: ActionScale("wheels", perOne: 300, unit: "mm/s"),
        cycleMilliseconds: 45,
        totalSteps: 100, metricsPath: path))
    page.loadEarlierEpisodes()
    // The run may report the last episode too.
    page.handle(.episode, episode(25, success: true)[1...])
    page.handle(.episode, episode(26, success: true)[1...])
    let data = page.json(after: 0, episode: 0, event: 0)
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let episodes = try #require((json["episodes"] as? [String: Any])?["entries"] as? [[String: Any]])
    #expect(episodes.compactMap { $0["step"] as? Int } == Array(stride(from: 10, through: 260, by: 10)))
    #expect(episodes.last?["successRate"] as? Double == 0.3)
    let series = try #require((json["series"] as? [String: Any])?["entries"] as? [[String: Any]])
    #expect(series.count == 25 && series.last?["entropy"] as? Double == 25.5 && series.last?["value"] == nil)
    #expect(numbers(of: "events", in: json).count == 3)
  }

  @Test("truncated and random messages are ignored")
  func damagedMessages() throws {
    var random = RandomSource(seed: 1, purpose: "messages")
    for length in 0..<200 {
      let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      for kind in [MessageKind.snapshot, .episode, .event, .state] { page.handle(kind, bytes[...]) }
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
