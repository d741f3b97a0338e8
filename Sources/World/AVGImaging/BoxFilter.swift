import AVGCore

/// Shrinks uncompressed images to RGB with a box filter, cropped about the centre.
///
/// For each output row, first the source rows that it covers are summed byte by byte, whatever the pixel format, and
/// then the columns of each channel. The sums are converted to RGB last. This equals averaging after conversion, except
/// for clamping, and needs far fewer multiplications.
struct BoxFilter {
  private let shape: FrameShape
  private let rows: BoxAxis
  private let channels: [Channel]
  private var planes: [PlaneRowSums]
  private let toColor: Transform
  /// The box sums of one output row, channel by channel [3, width].
  private var boxSums: [UInt32]

  /// The plane of a channel, and the filter over the bytes of that plane's rows.
  private struct Channel {
    var plane: Int
    var columns: BoxAxis
  }

  private enum Transform {
    case rgb(RGBTransform)
    case yCbCr(YCbCrTransform)
  }

  /// Prepares the filter for images of one layout, at most `ImageLimits.maximumSide` pixels a side.
  init(_ layout: RawImageLayout, encoding: ColorEncoding, shape: FrameShape) {
    let crop = CentreCrop(width: layout.width, height: layout.height, to: shape)
    let format = layout.pixelFormat
    let columns = BoxAxis(range: crop.columns, count: shape.width)
    rows = BoxAxis(range: crop.rows, count: shape.height)
    channels = format.channels.map { channel in
      Channel(plane: channel.plane, columns: columns.remapped(channel.byte(ofColumn:)))
    }
    planes = format.planeRowShifts.enumerated().map { plane, rowShift in
      PlaneRowSums(
        firstByte: layout.firstByte(ofPlane: plane), bytesPerRow: layout.bytesPerRow,
        rowShifts: layout.fields.rowShifts(rowShift),
        usedBytes: format.bytes(ofColumns: crop.columns, plane: plane))
    }
    let totalWeight = columns.totalWeight * rows.totalWeight
    toColor =
      format.isYCbCr
      ? .yCbCr(YCbCrTransform(encoding, totalWeight: totalWeight))
      : .rgb(RGBTransform(encoding.range, totalWeight: totalWeight))
    boxSums = [UInt32](repeating: 0, count: 3 * shape.width)
    self.shape = shape
  }

  /// Shrinks a complete image into `pixels` [height, width, 3].
  mutating func shrink(_ source: UnsafeBufferPointer<UInt8>, into pixels: inout [UInt8]) {
    precondition(pixels.count == shape.byteCount, "frame of \(pixels.count) bytes is not \(shape)")
    for row in 0..<shape.height {
      for plane in planes.indices {
        planes[plane].add(rows[row], of: source)
      }
      for channel in channels.indices {
        addColumns(of: channel)
      }
      switch toColor {
      case .rgb(let transform): convert(row, with: transform, into: &pixels)
      case .yCbCr(let transform): convert(row, with: transform, into: &pixels)
      }
    }
  }

  private mutating func addColumns(of channel: Int) {
    let (columns, first) = (channels[channel].columns, channel * shape.width)
    let rowSums = planes[channels[channel].plane].sums
    var sums = boxSums.mutableSpan
    columns.sum(rowSums.span, into: &sums, from: first)
  }

  private func convert(_ row: Int, with transform: some ColorTransform, into pixels: inout [UInt8]) {
    let sums = boxSums.span
    var pixels = pixels.mutableSpan
    for column in 0..<shape.width {
      let color = transform.color(
        sums[column], sums[shape.width + column], sums[2 * shape.width + column])
      let pixel = 3 * (row * shape.width + column)
      pixels[pixel] = color.red
      pixels[pixel + 1] = color.green
      pixels[pixel + 2] = color.blue
    }
  }
}

/// The weighted sums of the bytes in those rows of a plane that one output row covers.
private struct PlaneRowSums {
  /// Indexed by byte position in a row.
  private(set) var sums: [UInt32]
  private let firstByte: Int
  private let bytesPerRow: Int
  private let rowShifts: (right: Int, left: Int)
  private let usedBytes: Range<Int>

  /// Describes a plane.
  ///
  /// - Parameters:
  ///   - firstByte: the offset of the plane in the image.
  ///   - bytesPerRow: the distance between two rows.
  ///   - rowShifts: convert an image row to a row of the plane, by a right shift and then a left shift.
  ///   - usedBytes: the bytes of a row to sum.
  init(firstByte: Int, bytesPerRow: Int, rowShifts: (right: Int, left: Int), usedBytes: Range<Int>) {
    self.firstByte = firstByte
    self.bytesPerRow = bytesPerRow
    self.rowShifts = rowShifts
    self.usedBytes = usedBytes
    sums = [UInt32](repeating: 0, count: usedBytes.upperBound)
  }

  /// Sums the image rows that `taps` refer to, replacing the previous sums.
  mutating func add(_ taps: ArraySlice<BoxAxis.Tap>, of source: UnsafeBufferPointer<UInt8>) {
    let (firstByte, bytesPerRow, rowShifts, usedBytes) = (firstByte, bytesPerRow, rowShifts, usedBytes)
    var sums = sums.mutableSpan
    var isFirst = true
    for tap in taps {
      let start = firstByte + ((tap.position >> rowShifts.right) << rowShifts.left) * bytesPerRow
      precondition(start >= 0 && start + usedBytes.upperBound <= source.count, "source image too short")
      // Three separate loops without branches, so that each is vectorised. `unchecked` is safe: `sums` has
      // `usedBytes.upperBound` entries, and the precondition bounds `source`.
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
}
