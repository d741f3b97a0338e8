import AVGCore
import AVGImaging
import AVGTraining
import Foundation
import Synchronization

/// The server's view of the run, as JSON for the page. It is filled by one thread and read by another.
final class RunPage: Sendable {
  private let settings: DashboardSettings
  private let state: Mutex<State>

  fileprivate struct State: ~Copyable {
    var snapshot: Snapshot?
    var isPaused = false
    var hasEnded = false
    var series = History<SeriesPoint>(capacity: 1200, keeping: .wholeRun)
    var episodes = History<Episode>(capacity: 2000, keeping: .wholeRun)
    var events = History<Event>(capacity: 200, keeping: .newest)
    var recent = RecentSuccess()
    var lastEpisodeStep: Int64 = 0
    let began = MonotonicInstant.now
    /// The newest snapshot as JSON, encoded once for all clients.
    var cached: (sequence: UInt64, text: String)?
    let encoder = JSONEncoder()
    let pictures: SnapshotPictures
  }

  init(_ settings: DashboardSettings) {
    self.settings = settings
    state = Mutex(State(pictures: SnapshotPictures(settings.target)))
  }

  /// Handles a message from the run.
  func handle(_ kind: MessageKind, _ body: ArraySlice<UInt8>) {
    state.withLock { state in
      switch kind {
      case .snapshot:
        guard let snapshot = Snapshot(body) else { return }
        state.series.append(SeriesPoint(snapshot))
        state.snapshot = snapshot
      case .episode:
        guard let episode = Episode(body) else { return }
        state.append(episode)
        if episode.success {
          state.note("episode \(episode.number): goal reached after \(episode.length) steps")
        }
      case .event: state.note(String(decoding: body, as: UTF8.self))
      case .state: state.isPaused = body.first == 1
      default: break
      }
    }
  }

  /// Loads the episodes recorded in the run's folder before this process started.
  func loadEarlierEpisodes() {
    guard let path = settings.metricsPath else { return }
    let records = EarlierRecord.all(in: path)
    state.withLock { state in
      for record in records {
        state.series.append(SeriesPoint(record))
        state.append(Episode(record))
      }
      if let last = records.last {
        state.note("read \(records.count) earlier episodes, up to step \(last.step)")
      }
    }
  }

  /// Records that the run has ended.
  func end() {
    state.withLock { state in
      state.hasEnded = true
      state.note("the run has ended")
    }
  }

  /// The state for a page, with only the entries that it does not have yet.
  ///
  /// - Parameters: the numbers of the last snapshot, episode and event that the page has.
  func json(after snapshot: Int, episode: Int, event: Int) -> Data {
    state.withLock { state in
      let update = PageUpdate(
        title: settings.title, totalSteps: settings.totalSteps,
        state: state.hasEnded ? "ended" : state.isPaused ? "paused" : "running",
        cycleMilliseconds: settings.cycleMilliseconds, hasGoal: settings.hasGoal, pen: settings.pen,
        series: state.series.entries(after: snapshot), episodes: state.episodes.entries(after: episode),
        events: state.events.entries(after: event))
      let text = state.snapshotText(settings.actionScale)
      guard let rest = try? state.encoder.encode(update) else { return Data("{}".utf8) }
      // Joined as text, because the snapshot, the longest part, is the same for all clients.
      return Data("{\"snapshot\":\(text),".utf8) + rest.dropFirst()
    }
  }
}

extension RunPage.State {
  fileprivate mutating func append(_ episode: Episode) {
    // The run may report an episode that has also been loaded from the folder.
    guard episode.step > lastEpisodeStep else { return }
    lastEpisodeStep = episode.step
    var episode = episode
    episode.successRate = recent.rate(with: episode.success)
    episodes.append(episode)
  }

  fileprivate mutating func note(_ text: String) {
    let event = Event(seconds: began.duration(to: .now).seconds, text: text)
    events.append(event)
  }

  fileprivate mutating func snapshotText(_ actionScale: ActionScale?) -> String {
    guard let snapshot else { return "null" }
    if let cached, cached.sequence == snapshot.sequence { return cached.text }
    let view = SnapshotView(snapshot, pictures.draw(snapshot), actionScale)
    let text = (try? encoder.encode(view)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    cached = (snapshot.sequence, text)
    return text
  }
}

private struct PageUpdate: Encodable {
  let title: String
  let totalSteps: Int
  let state: String
  let cycleMilliseconds: Double
  let hasGoal: Bool
  let pen: PenOutline?
  let series: History<SeriesPoint>.Numbered
  let episodes: History<Episode>.Numbered
  let events: History<Event>.Numbered
}

/// A point of the curves over time.
struct SeriesPoint: Encodable, Sendable {
  let step: Int64
  let error, absoluteError, scale, entropy, value, stepsPerSecond, processorMilliseconds: Float?

  init(_ record: EarlierRecord) {
    step = record.step
    error = record.error
    absoluteError = record.absoluteError
    scale = record.scale
    entropy = record.entropy
    value = record.value
    (stepsPerSecond, processorMilliseconds) = (record.stepsPerSecond, nil)
  }

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

/// A completed episode.
struct Episode: Encodable, Sendable {
  let step: Int64
  let number: Int64
  let length: Int64
  let episodeReturn: Float?
  let success: Bool
  /// The success rate of the most recent episodes, this one included.
  var successRate: Double?

  init(_ record: EarlierRecord) {
    step = record.step
    number = 0
    length = record.length
    episodeReturn = record.episodeReturn
    success = record.success > 0
  }

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

/// An event.
struct Event: Encodable, Sendable {
  let seconds: Double
  let text: String
}

extension Float {
  /// The number, or nil if it is not finite, for which JSON has no notation.
  var ifFinite: Float? { isFinite ? self : nil }
}
