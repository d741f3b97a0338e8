import AVGCore
import AVGImaging
import AVGSystem

/// A value of a TensorBoard summary: a tagged number, picture or histogram.
///
/// Source: TensorFlow's `summary.proto`, limited to the fields that all readers support.
struct Summary {
  let tag: String
  fileprivate let value: Value

  fileprivate enum Value {
    case scalar(Float)
    case image(png: [UInt8], shape: FrameShape)
    case histogram(ValueHistogram)
  }

  /// A number.
  static func scalar(_ tag: String, _ value: Double) -> Summary {
    Summary(tag: tag, value: .scalar(Float(value)))
  }

  /// A picture, as PNG.
  static func image(_ tag: String, _ picture: Frame) throws(PNGError) -> Summary {
    Summary(tag: tag, value: .image(png: try PNG.encode(picture), shape: picture.shape))
  }

  /// A histogram.
  static func histogram(_ tag: String, _ histogram: ValueHistogram) -> Summary {
    Summary(tag: tag, value: .histogram(histogram))
  }

  /// The message `Summary.Value`.
  var message: ByteBuffer {
    ByteBuffer { message in
      message.append(field: 1, Array(tag.utf8))
      switch value {
      case .scalar(let number): message.append(field: 2, number, isOneof: true)
      case .image(let png, let shape):
        let image = ByteBuffer {
          $0.append(field: 1, shape.height)
          $0.append(field: 2, shape.width)
          // RGB.
          $0.append(field: 3, 3)
          $0.append(field: 4, png)
        }
        message.append(field: 4, message: image)
      case .histogram(let histogram): message.append(field: 5, message: histogram.message)
      }
    }
  }
}

/// A histogram with buckets of equal width between minimum and maximum.
struct ValueHistogram: Hashable, Sendable {
  private(set) var minimum: Double
  private(set) var maximum: Double
  private(set) var count: Double
  private(set) var sum: Double
  private(set) var sumOfSquares: Double
  /// The upper bounds of the buckets.
  private(set) var limits: [Double]
  private(set) var buckets: [Double]

  static let bucketCount = 30

  /// Counts the finite values; nil if there are none.
  init?(_ values: [Float]) {
    let values = values.lazy.filter(\.isFinite).map(Double.init)
    guard let least = values.min(), let greatest = values.max() else { return nil }
    (minimum, maximum) = (least, greatest)
    (count, sum, sumOfSquares) = (0, 0, 0)
    // If all values are equal, the buckets still need a width.
    let width = greatest > least ? (greatest - least) / Double(Self.bucketCount) : 1
    limits = (1...Self.bucketCount).map { least + Double($0) * width }
    buckets = [Double](repeating: 0, count: Self.bucketCount)
    for value in values {
      count += 1
      sum += value
      sumOfSquares += value * value
      buckets[min(Int((value - least) / width), Self.bucketCount - 1)] += 1
    }
  }

  /// Makes a histogram from the counts of equal parts of `range`; nil if all are zero.
  init?(counts: [Int], in range: ClosedRange<Double>) {
    guard counts.contains(where: { $0 > 0 }) else { return nil }
    let width = (range.upperBound - range.lowerBound) / Double(counts.count)
    (minimum, maximum) = (range.lowerBound, range.upperBound)
    limits = counts.indices.map { range.lowerBound + Double($0 + 1) * width }
    buckets = counts.map(Double.init)
    count = buckets.reduce(0, +)
    let middles = limits.map { $0 - width / 2 }
    sum = zip(buckets, middles).reduce(0) { $0 + $1.0 * $1.1 }
    sumOfSquares = zip(buckets, middles).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
  }

  /// The message `HistogramProto`.
  fileprivate var message: ByteBuffer {
    ByteBuffer {
      $0.append(field: 1, minimum)
      $0.append(field: 2, maximum)
      $0.append(field: 3, count)
      $0.append(field: 4, sum)
      $0.append(field: 5, sumOfSquares)
      $0.append(field: 6, limits)
      $0.append(field: 7, buckets)
    }
  }
}
