/// The supported uncompressed pixel formats, 8 bits a sample.
/// <https://docs.kernel.org/userspace-api/media/v4l/pixfmt.html>
public enum RawPixelFormat: Hashable, Sendable, CaseIterable {
  /// 4:2:2, Y₀ Cb Y₁ Cr.
  case yuyv
  /// 4:2:2, Cb Y₀ Cr Y₁.
  case uyvy
  /// 4:2:0, a plane of Y, then one of Cb Cr with half the rows.
  case nv12
  /// 4:2:0, a plane of Y, then one of Cr Cb with half the rows.
  case nv21
  /// R G B.
  case rgb24
  /// B G R.
  case bgr24
  /// R G B and an ignored byte, such as alpha.
  case rgba32
  /// B G R and an ignored byte, such as alpha.
  case bgra32
  /// Y alone.
  case grey
}

/// The position of one channel's samples in the rows of a plane.
struct ChannelLayout {
  /// The index of the plane.
  var plane = 0
  /// The offset of the first sample in bytes.
  var offset: Int
  /// The distance between two samples in bytes.
  var stride: Int
  /// log₂ of the number of columns that share a sample.
  var columnShift = 0

  /// The offset in the row of a column's sample.
  func byte(ofColumn column: Int) -> Int {
    offset + (column >> columnShift) * stride
  }
}

extension RawPixelFormat {
  /// Whether the channels are luma and colour differences, otherwise red, green and blue.
  var isYCbCr: Bool {
    switch self {
    case .yuyv, .uyvy, .nv12, .nv21: true
    case .rgb24, .bgr24, .rgba32, .bgra32, .grey: false
    }
  }

  /// The three channels, Y Cb Cr or R G B; grey is all of red, green and blue.
  var channels: [ChannelLayout] {
    switch self {
    case .yuyv: Self.packed422(luma: 0, cb: 1, cr: 3)
    case .uyvy: Self.packed422(luma: 1, cb: 0, cr: 2)
    case .nv12: Self.planar420(cb: 0, cr: 1)
    case .nv21: Self.planar420(cb: 1, cr: 0)
    case .rgb24: [0, 1, 2].map { ChannelLayout(offset: $0, stride: 3) }
    case .bgr24: [2, 1, 0].map { ChannelLayout(offset: $0, stride: 3) }
    case .rgba32: [0, 1, 2].map { ChannelLayout(offset: $0, stride: 4) }
    case .bgra32: [2, 1, 0].map { ChannelLayout(offset: $0, stride: 4) }
    case .grey: [0, 0, 0].map { ChannelLayout(offset: $0, stride: 1) }
    }
  }

  /// For each plane, log₂ of the number of image rows that share one of its rows.
  var planeRowShifts: [Int] { [.nv12, .nv21].contains(self) ? [0, 1] : [0] }

  /// The byte range in a row of `plane` that holds the samples of these columns.
  func bytes(ofColumns columns: Range<Int>, plane: Int) -> Range<Int> {
    let channels = channels.filter { $0.plane == plane }
    let first = channels.map { $0.byte(ofColumn: columns.lowerBound) }.min() ?? 0
    let last = channels.map { $0.byte(ofColumn: columns.upperBound - 1) }.max() ?? 0
    return first..<last + 1
  }

  private static func planar420(cb: Int, cr: Int) -> [ChannelLayout] {
    [
      ChannelLayout(offset: 0, stride: 1),
      ChannelLayout(plane: 1, offset: cb, stride: 2, columnShift: 1),
      ChannelLayout(plane: 1, offset: cr, stride: 2, columnShift: 1),
    ]
  }

  private static func packed422(luma: Int, cb: Int, cr: Int) -> [ChannelLayout] {
    [
      ChannelLayout(offset: luma, stride: 2),
      ChannelLayout(offset: cb, stride: 4, columnShift: 1),
      ChannelLayout(offset: cr, stride: 4, columnShift: 1),
    ]
  }
}
