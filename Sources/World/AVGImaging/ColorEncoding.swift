/// How the codes of an uncompressed image stand for red, green and blue.
public struct ColorEncoding: Hashable, Sendable {
  /// The weights of red, green and blue in luma; of no meaning for RGB and grey.
  public enum Matrix: Hashable, Sendable {
    /// ITU-R BT.601: webcams, as a rule.
    case bt601
    /// ITU-R BT.709: some HD cameras.
    case bt709

    var redWeight: Float { self == .bt601 ? 0.299 : 0.2126 }
    var blueWeight: Float { self == .bt601 ? 0.114 : 0.0722 }
  }

  /// The codes in use.
  public enum Range: Hashable, Sendable {
    /// Luma, red, green and blue 16…235, colour differences 16…240.
    case limited
    /// All 256 codes.
    case full
  }

  /// The weights of luma.
  public var matrix: Matrix
  /// The codes in use.
  public var range: Range

  /// Makes an encoding; BT.601 in limited range unless told otherwise.
  public init(matrix: Matrix = .bt601, range: Range = .limited) {
    self.matrix = matrix
    self.range = range
  }
}
