import AVGCore
import AVGImaging
import AVGTraining
import Foundation
import Synchronization

/// What the server knows of the run, as JSON for the page.
final class RunPage: Sendable {
  private let settings: DashboardSettings
  private let state: Mutex<State>

  fileprivate struct State: ~Copyable {
    var snapshot: Snapshot?
    var isPaused = false
    var hasEnded = false
    var series = History<SeriesPoint>(capacity: 1200)
    var episodes = History<Episode>(capacity: 4000)
    var events = History<Event>(capacity: 200)
    let began = MonotonicInstant.now
    /// The newest snapshot as JSON: made once, whoever asks for it.
    var cached: (sequence: UInt64, text: String)?
    let encoder = JSONEncoder()
    let pictures: SnapshotPictures
  }

  init(_ settings: DashboardSettings) {
    self.settings = settings
    state = Mutex(State(pictures: SnapshotPictures(settings.target)))
  }

  /// Takes in a message from the run.
  func take(_ kind: MessageKind, _ body: ArraySlice<UInt8>) {
    state.withLock { state in
      switch kind {
      case .snapshot:
        guard let snapshot = Snapshot(body) else { return }
        state.series.append(SeriesPoint(snapshot))
        state.snapshot = snapshot
      case .episode:
        guard let episode = Episode(body) else { return }
        state.episodes.append(episode)
        if episode.success {
          state.note("episode \(episode.number): at the goal after \(episode.length) steps")
        }
      case .event: state.note(String(decoding: body, as: UTF8.self))
      case .state: state.isPaused = body.first == 1
      default: break
      }
    }
  }

  /// Notes that the run is over.
  func end() {
    state.withLock { state in
      state.hasEnded = true
      state.note("the run has ended")
    }
  }

  /// What the page does not have yet.
  ///
  /// - Parameters: the numbers of the last snapshot, episode and event that it has.
  func json(after snapshot: Int, episode: Int, event: Int) -> Data {
    state.withLock { state in
      let update = PageUpdate(
        title: settings.title, totalSteps: settings.totalSteps,
        state: state.hasEnded ? "ended" : state.isPaused ? "paused" : "running",
        cycleMilliseconds: settings.cycleMilliseconds,
        series: state.series.entries(after: snapshot), episodes: state.episodes.entries(after: episode),
        events: state.events.entries(after: event))
      let text = state.snapshotText(maximumSpeed: settings.maximumWheelSpeedMillimetersPerSecond)
      guard let rest = try? state.encoder.encode(update) else { return Data("{}".utf8) }
      // Joined by hand: the long part is the same for everybody.
      return Data("{\"snapshot\":\(text),".utf8) + rest.dropFirst()
    }
  }
}

extension RunPage.State {
  fileprivate mutating func note(_ text: String) {
    let event = Event(seconds: began.duration(to: .now).seconds, text: text)
    events.append(event)
  }

  fileprivate mutating func snapshotText(maximumSpeed: Double) -> String {
    guard let snapshot else { return "null" }
    if let cached, cached.sequence == snapshot.sequence { return cached.text }
    let view = SnapshotView(snapshot, pictures.draw(snapshot), maximumSpeed: maximumSpeed)
    let text = (try? encoder.encode(view)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    cached = (snapshot.sequence, text)
    return text
  }
}

/// The last entries of something that goes on, each with its number, from 1.
struct History<Entry: Encodable & Sendable>: Sendable {
  private var entries: [Entry] = []
  private var dropped = 0
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  mutating func append(_ entry: Entry) {
    entries.append(entry)
    // Now and then many at once, so that one costs little.
    if entries.count > 2 * capacity {
      dropped += entries.count - capacity
      entries.removeFirst(entries.count - capacity)
    }
  }

  /// The entries after number `last`, and the number of the newest.
  func entries(after last: Int) -> Numbered {
    let count = dropped + entries.count
    // A page of an earlier run, or of a process that is gone, begins anew.
    let start = last > count ? 0 : max(0, last - dropped)
    return Numbered(
      last: count, isWhole: last > count || last == 0, entries: Array(entries[start...].suffix(capacity)))
  }

  struct Numbered: Encodable {
    let last: Int
    let isWhole: Bool
    let entries: [Entry]
  }
}

private struct PageUpdate: Encodable {
  let title: String
  let totalSteps: Int
  let state: String
  let cycleMilliseconds: Double
  let series: History<SeriesPoint>.Numbered
  let episodes: History<Episode>.Numbered
  let events: History<Event>.Numbered
}

/// What is drawn over time.
struct SeriesPoint: Encodable, Sendable {
  let step: Int64
  let error, absoluteError, scale, entropy, value, stepsPerSecond, processorMilliseconds: Float?

  init(_ snapshot: Snapshot) {
    step = snapshot.steps
    error = snapshot.learning.error.ifFinite
    absoluteError = snapshot.learning.absoluteError.ifFinite
    scale = snapshot.learning.scale.ifFinite
    entropy = snapshot.learning.entropy.ifFinite
    value = snapshot.learning.value.ifFinite
    stepsPerSecond = snapshot.pace.stepsPerSecond.ifFinite
    processorMilliseconds = snapshot.pace.processorMilliseconds.ifFinite
  }
}

/// An episode that has ended.
struct Episode: Encodable, Sendable {
  let step: Int64
  let number: Int64
  let length: Int64
  let episodeReturn: Float?
  let success: Bool

  init?(_ bytes: ArraySlice<UInt8>) {
    var reader = MessageReader(bytes)
    step = reader.number(0)
    number = reader.number(0)
    length = reader.number(0)
    episodeReturn = reader.number(Float(0)).ifFinite
    success = reader.number(UInt8(0)) == 1
    guard !reader.isDamaged else { return nil }
  }
}

/// Something that happened.
struct Event: Encodable, Sendable {
  let seconds: Double
  let text: String
}

extension Float {
  /// JSON has no word for numbers that are not finite.
  var ifFinite: Float? { isFinite ? self : nil }
}
