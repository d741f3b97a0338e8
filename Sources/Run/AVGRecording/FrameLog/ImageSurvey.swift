import AVGCore

/// A survey that chooses the topic to read: the first with colour images, or the first readable one if none has colour.
struct ImageSurvey: ~Copyable {
  /// The number of images to examine in search of colour once a readable grey topic has been found.
  private static let colorSearchLength = 300

  /// The findings about a topic with images.
  private struct Topic {
    var name: String
    var isGrey: Bool?
    /// The reason why its images cannot be decoded.
    var problem: String?
  }

  private let wanted: String?
  private var topics: [Topic] = []
  /// The other topics, each with a description of its messages.
  private var others: [String: String] = [:]
  private var imageCount = 0
  private var decoder = LoggedImageDecoder()
  private var frame = Frame()

  /// Starts a survey.
  ///
  /// - Parameter wanted: the topic to accept; nil for any.
  init(wanted: String?) { self.wanted = wanted }

  /// Whether further messages cannot change the choice.
  var isDecided: Bool {
    topics.contains { $0.isGrey == false && isWanted($0) }
      || imageCount > Self.colorSearchLength && topics.contains { $0.isGrey != nil && isWanted($0) }
  }

  /// The chosen topic; nil if none is readable.
  var choice: String? {
    let readable = topics.filter { $0.isGrey != nil && isWanted($0) }
    return (readable.first { $0.isGrey == false } ?? readable.first)?.name
  }

  /// The other topics with images, with the reason if they cannot be read.
  var otherTopics: [String] {
    topics.filter { $0.name != choice }.map { topic in
      topic.name + (topic.isGrey == nil ? topic.problem.map { " (\($0))" } ?? "" : "")
    }
  }

  private func isWanted(_ topic: Topic) -> Bool { wanted == nil || topic.name == wanted }

  /// Records the channels of a file.
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

  /// Examines a message.
  mutating func examine(
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

  /// The error for a file without readable images.
  func noImagesError(in file: String) -> LogError {
    let images = topics.map { topic in
      topic.name + (topic.isGrey == nil ? " (\(topic.problem ?? "no messages"))" : "")
    }
    let found = images + others.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
    return .missing(
      file: file, what: "readable images" + (wanted.map { " on \($0)" } ?? ""),
      advice: "Supported are \(ImageMessage.names); the file contains "
        + (found.isEmpty ? "no messages." : found.joined(separator: ", ") + "."))
  }
}
