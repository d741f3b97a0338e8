import AVGCore

/// How one axis of an image is shrunk: every output pixel is the mean of the stretch of source pixels below it.
///
/// The weights are whole numbers, so the means are exact; at an integer ratio each of them is 1.
struct BoxAxis {
  /// A source pixel and its share in an output pixel.
  struct Tap {
    var position: Int
    var weight: UInt32
  }

  /// The sum of the weights of one output pixel, the same for all.
  let totalWeight: UInt32
  private let taps: [Tap]
  private let firstTaps: [Int]

  /// Maps the source pixels of `range` onto `count` output pixels.
  init(range: Range<Int>, count: Int) {
    // In units of 1/sourceUnits of a source pixel, output pixel i covers i × outputUnits ..< (i + 1) × outputUnits.
    let divisor = Self.greatestCommonDivisor(range.count, count)
    let outputUnits = range.count / divisor
    let sourceUnits = count / divisor
    var taps: [Tap] = []
    var firstTaps = [0]
    for output in 0..<count {
      var unit = output * outputUnits
      let end = unit + outputUnits
      while unit < end {
        let pixel = unit / sourceUnits
        let next = min(end, (pixel + 1) * sourceUnits)
        taps.append(Tap(position: range.lowerBound + pixel, weight: UInt32(next - unit)))
        unit = next
      }
      firstTaps.append(taps.count)
    }
    self.taps = taps
    self.firstTaps = firstTaps
    totalWeight = UInt32(outputUnits)
  }

  /// The source pixels of an output pixel.
  subscript(output: Int) -> ArraySlice<Tap> {
    taps[firstTaps[output]..<firstTaps[output + 1]]
  }

  private static func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
    second == 0 ? first : greatestCommonDivisor(second, first % second)
  }
}

/// Shrinks interleaved 8-bit images by area, cropped about the centre: rows first, for any interleaving; the
/// columns are left to whoever knows the pixel format.
struct BoxFilter {
  /// The shrinking of the columns.
  let columns: BoxAxis
  /// The weight of one whole box.
  let totalWeight: UInt32
  /// Weighted sums of the bytes of the rows below one output row, indexed as the bytes of a source row.
  private(set) var rowSums: [UInt32]
  private let shape: FrameShape
  private let rows: BoxAxis
  private let bytesPerRow: Int
  private let usedBytes: Range<Int>

  /// Prepares for images of `width` × `height` pixels, at most `ImageLimits.maximumSide` each way.
  ///
  /// - Parameters:
  ///   - bytesPerRow: from one source row to the next.
  ///   - usedBytes: the bytes of a row in which the given columns lie.
  init(
    width: Int, height: Int, bytesPerRow: Int, shape: FrameShape, usedBytes: (Range<Int>) -> Range<Int>
  ) {
    let crop = CentreCrop(width: width, height: height, to: shape)
    columns = BoxAxis(range: crop.columns, count: shape.width)
    rows = BoxAxis(range: crop.rows, count: shape.height)
    totalWeight = columns.totalWeight * rows.totalWeight
    self.shape = shape
    self.bytesPerRow = bytesPerRow
    self.usedBytes = usedBytes(crop.columns)
    rowSums = [UInt32](repeating: 0, count: self.usedBytes.upperBound)
  }

  /// Fills `rowSums` for an output row.
  mutating func sumRows(of source: UnsafeBufferPointer<UInt8>, below outputRow: Int) {
    let (usedBytes, bytesPerRow, taps) = (usedBytes, bytesPerRow, rows[outputRow])
    var sums = rowSums.mutableSpan
    var isFirst = true
    for tap in taps {
      let start = tap.position * bytesPerRow
      precondition(start >= 0 && start + usedBytes.upperBound <= source.count, "source image too short")
      // Three plain loops: each becomes a few vector instructions.
      if isFirst {
        for index in usedBytes {
          sums[unchecked: index] = tap.weight &* UInt32(source[start &+ index])
        }
        isFirst = false
      } else if tap.weight == 1 {
        for index in usedBytes {
          sums[unchecked: index] &+= UInt32(source[start &+ index])
        }
      } else {
        for index in usedBytes {
          sums[unchecked: index] &+= tap.weight &* UInt32(source[start &+ index])
        }
      }
    }
  }

  /// Shrinks a whole RGB image [height, width, 3] into `pixels`, rounding to nearest.
  mutating func shrinkRGB(_ source: UnsafeBufferPointer<UInt8>, into pixels: inout [UInt8]) {
    precondition(pixels.count == shape.byteCount, "frame of \(pixels.count) bytes is not \(shape)")
    let half = totalWeight / 2
    for row in 0..<shape.height {
      sumRows(of: source, below: row)
      for column in 0..<shape.width {
        var red: UInt32 = 0
        var green: UInt32 = 0
        var blue: UInt32 = 0
        for tap in columns[column] {
          red &+= tap.weight &* rowSums[3 * tap.position]
          green &+= tap.weight &* rowSums[3 * tap.position + 1]
          blue &+= tap.weight &* rowSums[3 * tap.position + 2]
        }
        let pixel = 3 * (row * shape.width + column)
        pixels[pixel] = UInt8((red &+ half) / totalWeight)
        pixels[pixel + 1] = UInt8((green &+ half) / totalWeight)
        pixels[pixel + 2] = UInt8((blue &+ half) / totalWeight)
      }
    }
  }
}
