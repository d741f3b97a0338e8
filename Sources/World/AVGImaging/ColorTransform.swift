/// The conversion of a box's sums of codes to its mean colour, in 0…255, rounded to nearest and clamped.
protocol ColorTransform {
  /// The mean colour of a box, given one sum for each channel of the pixel format.
  func color(_ first: UInt32, _ second: UInt32, _ third: UInt32) -> (red: UInt8, green: UInt8, blue: UInt8)
}

/// The conversion of sums of red, green and blue.
struct RGBTransform: ColorTransform {
  private let offset: Double
  private let scale: Double
  private let divisor: Double

  /// Makes the transform for sums whose weights add up to `totalWeight`.
  init(_ range: ColorEncoding.Range, totalWeight: UInt32) {
    let isLimited = range == .limited
    scale = isLimited ? 255 : 1
    divisor = (isLimited ? 219 : 1) * Double(totalWeight)
    offset = (isLimited ? 16 : 0) * Double(totalWeight)
  }

  func color(_ red: UInt32, _ green: UInt32, _ blue: UInt32) -> (red: UInt8, green: UInt8, blue: UInt8) {
    (code(red), code(green), code(blue))
  }

  /// Exact: the operands are integers below 2⁵³, so the quotient rounds down as in integer division, but far faster.
  private func code(_ sum: UInt32) -> UInt8 {
    let mean = ((Double(sum) - offset) * scale + 0.5 * divisor) / divisor
    return UInt8(max(0, min(255, mean)))
  }
}

/// The conversion of sums of luma and the two colour differences.
struct YCbCrTransform: ColorTransform {
  private let lumaScale: Float
  private let lumaOffset: Float
  private let redFromCr: Float
  private let greenFromCb: Float
  private let greenFromCr: Float
  private let blueFromCb: Float
  private let differenceOffset: Float

  /// Makes the transform for sums whose weights add up to `totalWeight` (ITU-R BT.601-7, 2.5).
  init(_ encoding: ColorEncoding, totalWeight: UInt32) {
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

  func color(_ luma: UInt32, _ cb: UInt32, _ cr: UInt32) -> (red: UInt8, green: UInt8, blue: UInt8) {
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
