/// The capture order of an image's rows: all at once, or interlaced, with every other row half a frame later.
///
/// Two fields shown together turn moving edges into combs. So only one field of an interlaced image is used, and each
/// of its rows stands for two. <https://docs.kernel.org/userspace-api/media/v4l/field-order.html>
public enum FieldOrder: Hashable, Sendable {
  /// All rows are captured at once.
  case progressive
  /// The rows of the two fields alternate.
  case interleaved
  /// All rows of one field are followed by all rows of the other.
  case sequential
  /// Each image is one field, with half of the picture's rows.
  case single

  /// The conversion of a picture row to a row in memory: a right shift, then a left shift.
  ///
  /// - Parameter shift: log₂ of the number of field rows that share one row in memory (1 for subsampled chroma,
  ///   otherwise 0).
  func rowShifts(_ shift: Int) -> (right: Int, left: Int) {
    switch self {
    case .progressive: (shift, 0)
    case .interleaved: (shift + 1, 1)
    case .sequential, .single: (shift + 1, 0)
    }
  }
}
