import AVGCore
import AVGImaging
import Testing

/// Hue, saturation and value as the OpenCV manual defines them, in floating point.
private func naiveHSV(_ red: Int, _ green: Int, _ blue: Int) -> (hue: Double, saturation: Double, value: Int)
{
  let value = max(red, green, blue)
  let spread = value - min(red, green, blue)
  if spread == 0 { return (0, 0, value) }
  let degrees =
    if value == red {
      60 * Double(green - blue) / Double(spread)
    } else if value == green {
      120 + 60 * Double(blue - red) / Double(spread)
    } else {
      240 + 60 * Double(red - green) / Double(spread)
    }
  return (degrees / 2, 255 * Double(spread) / Double(value), value)
}

/// Rounds halves up; a hue is wrapped afterwards.
private func rounded(_ value: Double) -> Int { Int((value + 0.5).rounded(.down)) }

/// Whether `value` is too close to a half for OpenCV's fixed point to round it reliably.
private func isTie(_ value: Double) -> Bool {
  abs((value + 0.5) - (value + 0.5).rounded()) < 0.05
}

@Suite("Colour mask")
struct ColorMaskTests {
  /// Compares the mask with the reference on every fifth level of each channel.
  private func disagreements(_ criteria: ColorCriteria) -> (wrong: Int, inside: Int, outside: Int) {
    let levels = Array(stride(from: 0, through: 255, by: 5))
    let mask = ColorMask(criteria)
    var frame = Frame(shape: FrameShape(height: levels.count, width: levels.count))
    var found = PixelMask(shape: frame.shape)
    var (wrong, inside, outside) = (0, 0, 0)
    for red in levels {
      for (row, green) in levels.enumerated() {
        for (column, blue) in levels.enumerated() {
          let index = (row * levels.count + column) * 3
          frame.pixels[index] = UInt8(red)
          frame.pixels[index + 1] = UInt8(green)
          frame.pixels[index + 2] = UInt8(blue)
        }
      }
      mask.find(in: frame, into: &found)
      for (row, green) in levels.enumerated() {
        for (column, blue) in levels.enumerated() {
          let (hue, saturation, value) = naiveHSV(red, green, blue)
          let grey = 0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)
          if isTie(hue) || isTie(saturation) || isTie(grey) { continue }
          let wrapped = rounded(hue) < 0 ? rounded(hue) + 180 : rounded(hue)
          let expected =
            criteria.minimumHue...criteria.maximumHue ~= wrapped
            && criteria.minimumSaturation...criteria.maximumSaturation ~= rounded(saturation)
            && criteria.minimumValue...criteria.maximumValue ~= value
            && rounded(grey) >= criteria.minimumGrey
          if expected { inside += 1 } else { outside += 1 }
          if expected != found[row, column] { wrong += 1 }
        }
      }
    }
    return (wrong, inside, outside)
  }

  @Test("the mask agrees with OpenCV's formula for the default green")
  func agreesForGreen() {
    let result = disagreements(ColorCriteria())
    #expect(result.wrong == 0)
    #expect(result.inside > 10_000)
    #expect(result.outside > 10_000)
  }

  @Test("the mask agrees with OpenCV's formula in every band of hues", arguments: 0..<12)
  func agreesForEveryHue(band: Int) {
    var criteria = ColorCriteria()
    criteria.minimumHue = band * 15
    criteria.maximumHue = band * 15 + 14
    criteria.minimumSaturation = 40
    criteria.maximumSaturation = 230
    criteria.minimumValue = 30
    criteria.maximumValue = 240
    let result = disagreements(criteria)
    #expect(result.wrong == 0)
    #expect(result.inside > 1000)
  }

  @Test("a saturation halfway between two levels rounds up, as OpenCV does")
  func roundsHalvesUp() {
    // 255 · 9 / 34 = 67.5, which OpenCV rounds to 68.
    var frame = Frame(shape: FrameShape(height: 1, width: 2))
    frame.pixels = [25, 34, 25, 26, 34, 26]
    #expect(ColorMask().area(in: frame) == 0.5)
  }

  @Test("pixels too dark for a reliable hue are not in the mask")
  func ignoresDarkPixels() {
    var frame = Frame(shape: FrameShape(height: 1, width: 2))
    frame.pixels = [0, 18, 0, 0, 17, 0]
    #expect(ColorMask().area(in: frame) == 0.5)
  }

  @Test("the area counts the holes of the target")
  func countsHoles() {
    var frame = Frame()
    for row in 20..<60 {
      for column in 40..<120 where !(30..<40 ~= row && 60..<100 ~= column) {
        let index = (row * 160 + column) * 3
        frame.pixels[index] = 45
        frame.pixels[index + 1] = 170
        frame.pixels[index + 2] = 70
      }
    }
    var open = PixelMask()
    ColorMask().find(in: frame, into: &open)
    #expect(open.count == 40 * 80 - 10 * 40)
    #expect(ColorMask().area(in: frame) == Double(40 * 80) / Double(160 * 90))
  }

  @Test("criteria out of range are refused with the key and the allowed values")
  func validates() throws {
    try ColorCriteria().validate()
    var criteria = ColorCriteria()
    criteria.maximumHue = 20
    let error = #expect(throws: InvalidSetting.self) { try criteria.validate() }
    #expect(error?.key == "maximumHue")
    #expect(error?.value == "20")
    #expect(error?.description.contains("30 to 179") == true)
  }
}
