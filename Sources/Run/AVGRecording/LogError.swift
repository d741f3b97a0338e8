import AVGCore
public import AVGSystem

/// What can go wrong with a log.
public enum LogError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system refused something.
  case system(file: String, action: String, reason: String)
  /// The system gives no thread that writes the log.
  case noThread(file: String, ThreadError)
  /// The file does not begin as an MCAP file.
  case foreign(file: String)
  /// Bytes that cannot be right, with their place.
  case damaged(file: String, byte: Int, record: String, reason: String)
  /// The file is right, but made in a way that is not read here.
  case unsupported(file: String, what: String, advice: String)
  /// An image of a log that is whole.
  case image(file: String, topic: String, time: UInt64, reason: String)
  /// The log ends within a control cycle.
  case ended(file: String)
  /// The file holds nothing of what was asked for.
  case missing(file: String, what: String, advice: String)

  /// The file, what is wrong and where, and what to do.
  public var description: String { words.printable(keepsLines: true) }

  private var words: String {
    switch self {
    case .system(let file, let action, let reason):
      "\(file): cannot \(action): \(reason). Check the path and the disk."
    case .noThread(let file, let error): "\(file): \(error)"
    case .foreign(let file):
      "\(file): no MCAP file: it does not begin with MCAP's magic bytes. Name a log written with --record, or another "
        + "MCAP file."
    case .damaged(let file, let byte, let record, let reason):
      "\(file): damaged at byte \(byte), \(record): \(reason). "
        + "'avg-vision log repair' keeps what is whole; or use another copy."
    case .unsupported(let file, let what, let advice): "\(file): cannot be read: \(what). \(advice)"
    case .image(let file, let topic, let time, let reason):
      "\(file): the image at \(time) ns on \(topic) cannot be used: \(reason). The file itself is whole: use another "
        + "topic, or another copy of the log."
    case .ended(let file): "\(file): ends within a control cycle. What comes before it can be used."
    case .missing(let file, let what, let advice): "\(file): holds no \(what). \(advice)"
    }
  }
}
