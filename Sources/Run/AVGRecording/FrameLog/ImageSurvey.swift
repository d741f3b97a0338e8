import AVGCore

/// Finds out which topic's images to read: the first with colours; where none has, the first that can be read.
struct ImageSurvey: ~Copyable {
  /// How many images are looked at for one with colours, when one without has been found.
  private static let patience = 300

  /// What is known of a topic with images.
  private struct Topic {
    var name: String
    var isGrey: Bool?
    /// Why an image could not be read.
    var problem: String?
  }

  private let wanted: String?
  private var topics: [Topic] = []
  /// What else there is, by topic.
  private var others: [String: String] = [:]
  private var imageCount = 0
  private var decoder = LoggedImageDecoder()
  private var frame = Frame()

  /// Looks for a topic with images.
  ///
  /// - Parameter wanted: the only one to take; nil for any.
  init(wanted: String?) { self.wanted = wanted }

  /// Nothing that comes can change the choice.
  var isDecided: Bool {
    topics.contains { $0.isGrey == false && isWanted($0) }
      || imageCount > Self.patience && topics.contains { $0.isGrey != nil && isWanted($0) }
  }

  /// The topic to read; nil if none can be.
  var choice: String? {
    let readable = topics.filter { $0.isGrey != nil && isWanted($0) }
    return (readable.first { $0.isGrey == false } ?? readable.first)?.name
  }

  /// The other topics with images, and why they cannot be read where that is known.
  var passedOver: [String] {
    topics.filter { $0.name != choice }.map { topic in
      topic.name + (topic.isGrey == nil ? topic.problem.map { " (\($0))" } ?? "" : "")
    }
  }

  private func isWanted(_ topic: Topic) -> Bool { wanted == nil || topic.name == wanted }

  /// Notes what a file defines.
  mutating func note(_ channels: [UInt16: MCAPReader.Channel], _ schemas: [UInt16: MCAPReader.Schema]) {
    for channel in channels.values.sorted(by: { $0.topic < $1.topic }) {
      let schema = schemas[channel.schema]
      if let kind = ImageMessage(channel, schema), kind.isCertain {
        _ = place(of: channel.topic)
      } else {
        others[channel.topic] = "\(schema?.name ?? "no schema") in \(channel.encoding)"
      }
    }
  }

  /// Looks at a message.
  mutating func take(
    _ message: MCAPReader.Message, _ channel: MCAPReader.Channel, _ schema: MCAPReader.Schema?
  ) {
    guard let kind = ImageMessage(channel, schema) else { return }
    let image = kind.image(in: message.data)
    guard image != nil || kind.isCertain else { return }
    imageCount += 1
    let place = place(of: channel.topic)
    guard topics[place].isGrey == nil else { return }
    if let problem = decoder.decode(image, into: &frame) {
      topics[place].problem = topics[place].problem ?? problem
    } else {
      topics[place].isGrey = image?.isGrey
    }
  }

  private mutating func place(of topic: String) -> Int {
    if let place = topics.firstIndex(where: { $0.name == topic }) { return place }
    topics.append(Topic(name: topic))
    return topics.count - 1
  }

  /// What to say where there is nothing to read.
  func nothing(in file: String) -> LogError {
    let images = topics.map { topic in
      topic.name + (topic.isGrey == nil ? " (\(topic.problem ?? "no messages"))" : "")
    }
    let found = images + others.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
    return .missing(
      file: file, what: "images that can be read" + (wanted.map { " on \($0)" } ?? ""),
      advice: "Readable are \(ImageMessage.names); it holds "
        + (found.isEmpty ? "no messages." : found.joined(separator: ", ") + "."))
  }
}
