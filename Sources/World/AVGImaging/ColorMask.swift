public import AVGCore

/// Finds the pixels of a colour in integer arithmetic, with the same results as OpenCV's `cvtColor(…, COLOR_RGB2HSV)`
/// and `inRange`.
public struct ColorMask: Sendable {
  /// The colours to find.
  public let criteria: ColorCriteria

  /// The lookup table: one entry for each value of a byte.
  private let levels: [Level]

  /// A table entry, which saves every pixel two divisions. (Spread: largest − smallest channel, V − min(R, G, B).)
  private struct Level {
    /// For a pixel whose value V is this level: the smallest spread whose saturation is in range.
    var minimumSpread: Int32 = 256
    /// For the same pixel: the width of the range of spreads, so that one unsigned comparison tests both bounds.
    var spreadRange: UInt32 = 0
    /// For a pixel whose spread is this level: the hue, in 1/4096, of one level of difference between two channels.
    var hueScale: Int32 = 0
  }

  /// Makes a mask finder for valid criteria.
  public init(_ criteria: ColorCriteria = ColorCriteria()) {
    self.criteria = criteria
    levels = (0..<256).map { level in
      var entry = Level()
      // OpenCV's fixed-point scales: 12 fractional bits, rounded.
      let saturationScale = level == 0 ? 0 : Int((255 * 4096 / Double(level)).rounded())
      entry.hueScale = level == 0 ? 0 : Int32((30 * 4096 / Double(level)).rounded())
      guard criteria.minimumValue <= level, level <= criteria.maximumValue else { return entry }
      for spread in 0...level {
        let saturation = (spread * saturationScale + 2048) >> 12
        guard criteria.minimumSaturation <= saturation, saturation <= criteria.maximumSaturation else {
          continue
        }
        entry.minimumSpread = min(entry.minimumSpread, Int32(spread))
        entry.spreadRange = UInt32(Int32(spread) - entry.minimumSpread)
      }
      return entry
    }
  }

  /// The share of the frame that the colour covers, holes included, 0…1.
  ///
  /// Allocates a mask; in the control loop, keep one and use `find(in:into:)`.
  public func area(in frame: borrowing Frame) -> Double {
    var mask = PixelMask(shape: frame.shape)
    find(in: frame, into: &mask)
    mask.fillHoles()
    return mask.share
  }

  /// Marks the pixels of the colour.
  ///
  /// - Parameters:
  ///   - frame: [height, width, 3].
  ///   - mask: receives the result, [height, width]; holes stay open.
  public func find(in frame: borrowing Frame, into mask: inout PixelMask) {
    precondition(frame.shape == mask.shape, "a mask of \(mask.shape) cannot take a frame of \(frame.shape)")
    let (height, width, wordsPerRow) = (mask.shape.height, mask.shape.width, mask.wordsPerRow)
    frame.pixels.withUnsafeBufferPointer { pixels in
      levels.withUnsafeBufferPointer { levels in
        for row in 0..<height {
          for word in 0..<wordsPerRow {
            let columns = (word * 64)..<min(word * 64 + 64, width)
            let start = (row * width + columns.lowerBound) * 3
            // Bound: columns end at the row's width, so this range lies within height · width · 3.
            let run = UnsafeBufferPointer(rebasing: pixels[start..<start + columns.count * 3])
            mask.words[row * wordsPerRow + word] = bits(of: run, levels)
          }
        }
      }
    }
  }

  /// The mask bits of up to 64 pixels [count, 3], the first in bit 0.
  private func bits(of pixels: UnsafeBufferPointer<UInt8>, _ levels: UnsafeBufferPointer<Level>) -> UInt64 {
    let hues = Int32(criteria.minimumHue)...Int32(criteria.maximumHue)
    let minimumGrey = Int32(criteria.minimumGrey)
    var bits: UInt64 = 0
    var bit: UInt64 = 1
    var index = 0
    while index < pixels.count {
      let red = Int32(pixels[index])
      let green = Int32(pixels[index + 1])
      let blue = Int32(pixels[index + 2])
      // Plain comparisons, because `max` and `min` are slow in a debug build.
      let (higher, lower) = red > green ? (red, green) : (green, red)
      let value = higher > blue ? higher : blue
      let spread = value &- (lower < blue ? lower : blue)
      // Value and spread fit a byte, and there are 256 levels, so the indices are in bounds. Most pixels fail this
      // test. A spread below the minimum wraps to a large unsigned number and fails too.
      let level = levels[Int(truncatingIfNeeded: value)]
      if UInt32(bitPattern: spread &- level.minimumSpread) <= level.spreadRange {
        let difference =
          value == red
          ? green &- blue
          : value == green ? blue &- red &+ 2 &* spread : red &- green &+ 4 &* spread
        var hue = (difference &* levels[Int(truncatingIfNeeded: spread)].hueScale &+ 2048) >> 12
        if hue < 0 { hue &+= 180 }
        // OpenCV's weights, in 1/32768.
        let grey = (red &* 9798 &+ green &* 19235 &+ blue &* 3735 &+ 16384) >> 15
        if hues.contains(hue), grey >= minimumGrey { bits |= bit }
      }
      bit &<<= 1
      index &+= 3
    }
    return bits
  }
}
