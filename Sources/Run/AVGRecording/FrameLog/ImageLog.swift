public import AVGCore

/// The images of any MCAP file, in order: a log of this program or of another.
///
/// Supported are Foxglove's CompressedImage and RawImage in Protocol Buffers and JSON, and sensor_msgs' CompressedImage
/// and Image of ROS 1 and ROS 2, in a single file, which may be compressed as a whole, or in a folder of files.
public struct ImageLog: ~Copyable {
  /// An image and its time.
  public struct Entry: Sendable {
    /// The time in nanoseconds on the file's clock.
    public var time: UInt64
    /// The image; nil if the message contains none.
    public var image: SourceImage?
  }

  /// The topic that is read.
  public let topic: String
  /// The other topics with images, with the reason if they cannot be read.
  public let otherTopics: [String]

  private let files: [String]
  private var fileCount = 1
  private var reader: MCAPReader

  /// Opens a file, or a folder of files, and finds its images.
  ///
  /// - Parameter topic: the topic to read; nil for the first with colour images, or the first readable one.
  public init(reading path: String, topic: String? = nil) throws(LogError) {
    let files = try LogFiles.paths(of: path)
    var survey = ImageSurvey(wanted: topic)
    for file in files where !survey.isDecided {
      var reader = try MCAPReader(reading: file)
      while !survey.isDecided, let item = try reader.next() {
        guard case .message(let message) = item, let channel = reader.channels[message.channel] else {
          continue
        }
        survey.examine(message, channel, reader.schemas[channel.schema])
      }
      survey.note(reader.channels, reader.schemas)
    }
    guard let choice = survey.choice else { throw survey.noImagesError(in: path) }
    let reader = try MCAPReader(reading: files[0])
    self.files = files
    self.topic = choice
    otherTopics = survey.otherTopics
    self.reader = reader
  }

  /// The next image of the topic; nil at the end.
  public mutating func next() throws(LogError) -> Entry? {
    while true {
      while let item = try reader.next() {
        guard case .message(let message) = item, let channel = reader.channels[message.channel],
          channel.topic == topic, let kind = ImageMessage(channel, reader.schemas[channel.schema])
        else { continue }
        return Entry(time: message.time, image: kind.image(in: message.data))
      }
      guard fileCount < files.count else { return nil }
      reader = try MCAPReader(reading: files[fileCount])
      fileCount += 1
    }
  }
}
