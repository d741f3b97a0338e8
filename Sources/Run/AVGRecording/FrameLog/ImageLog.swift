import AVGCore

/// The images of any MCAP file, one after the other: a log of ours, or someone else's.
///
/// Read are Foxglove's CompressedImage and RawImage in Protocol Buffers and JSON, and sensor_msgs' CompressedImage and
/// Image as ROS 1 and ROS 2 write them; in one file, also compressed as a whole, or in those of a folder.
public struct ImageLog: ~Copyable {
  /// An image and when it was taken.
  public struct Entry: Sendable {
    /// Nanoseconds on the file's clock.
    public var time: UInt64
    /// The image; nil for a message that holds none.
    public var image: LoggedImage?
  }

  /// The topic whose images are read.
  public let topic: String
  /// The other topics with images, and why they cannot be read where that is known.
  public let passedOver: [String]

  private let files: [String]
  private var fileCount = 1
  private var reader: MCAPReader

  /// Opens a file, or a folder of files, and finds its images.
  ///
  /// - Parameter topic: whose images to read; nil for the first one with colours, else the first that can be read.
  public init(reading path: String, topic: String? = nil) throws(LogError) {
    let files = try LogFiles.paths(of: path)
    var survey = ImageSurvey(wanted: topic)
    for file in files where !survey.isDecided {
      var reader = try MCAPReader(reading: file)
      while !survey.isDecided, let item = try reader.next() {
        guard case .message(let message) = item, let channel = reader.channels[message.channel] else {
          continue
        }
        survey.take(message, channel, reader.schemas[channel.schema])
      }
      survey.note(reader.channels, reader.schemas)
    }
    guard let choice = survey.choice else { throw survey.nothing(in: path) }
    let reader = try MCAPReader(reading: files[0])
    self.files = files
    self.topic = choice
    passedOver = survey.passedOver
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
