/// When the rows of an image were taken: all at once, or, as television does it, every other row half a frame later.
///
/// What moves looks like a comb where both halves are shown together. So only one of them is used, each row of it for
/// two. <https://docs.kernel.org/userspace-api/media/v4l/field-order.html>
public enum FieldOrder: Hashable, Sendable {
  /// All at once.
  case progressive
  /// The rows of two fields take turns.
  case interleaved
  /// All rows of one field, then all of the other.
  case sequential
  /// An image has the rows of one field alone, half of the picture's.
  case single

  /// How a row of the picture becomes one in memory: shifted to the right, then to the left.
  ///
  /// - Parameter shift: the binary logarithm of the rows of a field that share one in memory.
  func rowShifts(_ shift: Int) -> (right: Int, left: Int) {
    switch self {
    case .progressive: (shift, 0)
    case .interleaved: (shift + 1, 1)
    case .sequential, .single: (shift + 1, 0)
    }
  }
}
