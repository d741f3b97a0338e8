public import AVGSystem
import AVGTraining

/// What can go wrong with a study's files.
public enum SweepError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A run's episodes could not be read.
  case episodes(FileError)
  /// A file is not a report of `evaluate`.
  case evaluation(path: String)
  /// A folder holds a run that this study would not make.
  case foreignRun(folder: String)

  /// The file, what failed, and what to do.
  public var description: String {
    switch self {
    case .episodes(let error): error.description
    case .evaluation(let path): "\(path): no report of an evaluation. Delete it; the study makes it again."
    case .foreignRun(let folder):
      "\(folder): holds a run of another configuration. Move it away, or give another folder with --output."
    }
  }
}
