public import AVGSystem

/// What can go wrong with a replay ring.
public enum ReplayError: Error, Hashable, CustomStringConvertible {
  /// The system does not give that much memory.
  case noMemory(bytes: Int)
  /// Not even one transition fits into the megabytes allowed.
  case tooSmall(megabytes: Int, needed: Int)
  /// A file could not be read or written.
  case file(FileError)
  /// The ring's files are not those that the checkpoint was written beside.
  case damaged(file: String, reason: String)

  /// The ring that was saved does not fit into this one.
  case shrunk(folder: String)

  /// What failed, and what to do.
  public var description: String {
    switch self {
    case .noMemory(let bytes):
      "replay: the system does not give \(Self.megabytes(bytes)) MB of memory. Keep fewer steps (steps), or fewer "
        + "megabytes (megabytes)."
    case .tooSmall(let megabytes, let needed):
      "replay: megabytes: one transition needs more than \(megabytes) MB. Allow at least \(Self.megabytes(needed))."
    case .file(let error): error.description
    case .shrunk(let folder):
      "\(folder): the saved buffer is larger than steps and megabytes allow now. Keep those of the run, or start a new one."
    case .damaged(let file, let reason):
      "\(file): \(reason). Go on from an older checkpoint, or begin with an empty buffer: remove the folder of the file "
        + "and start a new run."
    }
  }

  private static func megabytes(_ bytes: Int) -> Int { bytes / 1_000_000 + 1 }
}
