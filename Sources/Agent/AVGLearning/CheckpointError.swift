public import AVGReplay

/// Why a checkpoint cannot be read.
public enum CheckpointError: Error, CustomStringConvertible {
  /// The file cannot be opened.
  case unreadable(file: String, reason: String)
  /// The file is no safetensors file, is cut off, or holds numbers that no run can have written.
  case damaged(file: String, reason: String)
  /// The file holds a tensor of a type that is not read, as those of half precision.
  case unsupportedType(file: String, tensor: String, type: String)
  /// The file is whole, but no checkpoint of this program.
  case foreign(file: String)
  /// The file was written by a newer program.
  case newer(file: String, format: String)
  /// The file holds an agent, but not the run around it.
  case noRun(file: String, key: String)
  /// The file lacks a tensor, or it belongs to another network.
  case mismatched(file: String, tensor: String, expected: String, found: String)

  /// The replay buffer that belongs to the file cannot be taken up.
  case replay(ReplayError)

  /// The file, what is wrong with it, and what to do.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file): cannot be read: \(reason). Check the path, and that it names a checkpoint or a run folder."
    case .damaged(let file, let reason):
      "\(file): not a whole checkpoint: \(reason). Use another copy or train again."
    case .unsupportedType(let file, let tensor, let type):
      "\(file): \(tensor) is stored as \(type); float32 (F32) is read, F64, U8 and U64 in their places. "
        + "Convert it, in Python: {name: tensor.float() for name, tensor in load_file(…).items()}."
    case .foreign(let file):
      "\(file): no checkpoint of avg-vision: its metadata name no format. Name a checkpoint that a run has left; "
        + "scripts/from_pytorch.py makes one of a PyTorch module's weights."
    case .newer(let file, let format):
      "\(file): written by a newer program: format \(format). Use that program, or another checkpoint."
    case .noRun(let file, let key):
      "\(file): cannot be resumed: its metadata lack '\(key)'. Start a new run from it: --start-from."
    case .replay(let error): error.description
    case .mismatched(let file, let tensor, let expected, let found):
      "\(file): \(tensor) should be \(expected), is \(found). Use the configuration that the run was trained with."
    }
  }
}
