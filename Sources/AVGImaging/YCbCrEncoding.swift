/// How luma and colour differences stand for red, green and blue.
public struct YCbCrEncoding: Hashable, Sendable {
  /// The weights of red, green and blue in luma.
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
    /// Luma 16…235, differences 16…240.
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

/// The step from sums of codes over a box to the box's mean colour, in 0…255.
struct YCbCrTransform {
  private let lumaScale: Float
  private let lumaOffset: Float
  private let redFromCr: Float
  private let greenFromCb: Float
  private let greenFromCr: Float
  private let blueFromCb: Float
  private let differenceOffset: Float

  /// Makes the transform for sums of codes whose weights add up to `totalWeight` (ITU-R BT.601-7, 2.5).
  init(_ encoding: YCbCrEncoding, totalWeight: UInt32) {
    let red = encoding.matrix.redWeight
    let blue = encoding.matrix.blueWeight
    let green = 1 - red - blue
    let isLimited = encoding.range == .limited
    let weight = Float(totalWeight)
    lumaScale = (isLimited ? 255 / 219 : 1) / weight
    lumaOffset = (isLimited ? 16 : 0) * weight
    differenceOffset = 128 * weight
    let differenceScale = (isLimited ? 255 / 224 : 1) / weight
    redFromCr = 2 * (1 - red) * differenceScale
    blueFromCb = 2 * (1 - blue) * differenceScale
    greenFromCr = -redFromCr * red / green
    greenFromCb = -blueFromCb * blue / green
  }

  /// The mean colour of a box, rounded to nearest and clamped.
  func color(luma: UInt32, cb: UInt32, cr: UInt32) -> (red: UInt8, green: UInt8, blue: UInt8) {
    let luma = (Float(luma) - lumaOffset) * lumaScale
    let cb = Float(cb) - differenceOffset
    let cr = Float(cr) - differenceOffset
    return (
      Self.code(luma + redFromCr * cr),
      Self.code(luma + greenFromCb * cb + greenFromCr * cr),
      Self.code(luma + blueFromCb * cb)
    )
  }

  private static func code(_ value: Float) -> UInt8 {
    UInt8(max(0, min(255, value)) + 0.5)
  }
}
