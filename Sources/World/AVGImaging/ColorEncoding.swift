/// The meaning of an uncompressed image's codes in terms of red, green and blue.
public struct ColorEncoding: Hashable, Sendable {
  /// The weights of red, green and blue in luma; ignored for RGB and grey.
  public enum Matrix: Hashable, Sendable {
    /// ITU-R BT.601, as most webcams use.
    case bt601
    /// ITU-R BT.709, as some HD cameras use.
    case bt709

    var redWeight: Float { self == .bt601 ? 0.299 : 0.2126 }
    var blueWeight: Float { self == .bt601 ? 0.114 : 0.0722 }
  }

  /// The range of codes in use.
  public enum Range: Hashable, Sendable {
    /// Luma, red, green and blue use 16…235, colour differences 16…240.
    case limited
    /// All 256 codes.
    case full
  }

  /// The weights of luma.
  public var matrix: Matrix
  /// The range of codes in use.
  public var range: Range

  /// Makes an encoding; the default is BT.601 in limited range.
  public init(matrix: Matrix = .bt601, range: Range = .limited) {
    self.matrix = matrix
    self.range = range
  }
}
