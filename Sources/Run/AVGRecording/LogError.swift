import AVGCore
public import AVGSystem

/// An error of reading or writing a log.
public enum LogError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A system call failed.
  case system(file: String, action: String, reason: String)
  /// The file cannot be written.
  case file(FileError)
  /// The system cannot start the thread that writes the log.
  case noThread(file: String, ThreadError)
  /// The file is not an MCAP file.
  case foreign(file: String)
  /// The bytes at this position are damaged.
  case damaged(file: String, byte: Int, record: String, reason: String)
  /// The file is valid, but in a form that is not supported.
  case unsupported(file: String, what: String, advice: String)
  /// An image in an intact log cannot be used.
  case image(file: String, topic: String, time: UInt64, reason: String)
  /// The log ends in the middle of a control cycle.
  case ended(file: String)
  /// The file does not contain what was requested.
  case missing(file: String, what: String, advice: String)

  /// The file, what is wrong and where, and what to do.
  public var description: String { words.printable(keepsLines: true) }

  private var words: String {
    switch self {
    case .system(let file, let action, let reason):
      "\(file): cannot \(action): \(reason). Check the path and the disk."
    case .file(let error): error.description
    case .noThread(let file, let error): "\(file): \(error)"
    case .foreign(let file):
      "\(file): not an MCAP file: it does not begin with MCAP's magic bytes. Name a log written with --record, or another "
        + "MCAP file."
    case .damaged(let file, let byte, let record, let reason):
      "\(file): damaged at byte \(byte), \(record): \(reason). "
        + "'avg-vision log repair' saves the rest; or use another copy."
    case .unsupported(let file, let what, let advice): "\(file): cannot be read: \(what). \(advice)"
    case .image(let file, let topic, let time, let reason):
      "\(file): the image at \(time) ns on \(topic) cannot be used: \(reason). The file itself is intact: use another "
        + "topic, or another copy of the log."
    case .ended(let file): "\(file): ends in the middle of a control cycle. The cycles before it can be used."
    case .missing(let file, let what, let advice): "\(file): contains no \(what). \(advice)"
    }
  }
}
