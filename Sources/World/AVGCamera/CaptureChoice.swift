public import AVGCore
import AVGImaging

/// A pixel format and size to ask a camera for.
public struct CaptureChoice: Hashable, Sendable {
  /// The pixel format.
  public var pixelFormat: FourCharacterCode
  /// Columns and rows.
  public var size: ImageSize

  /// Makes a choice.
  public init(pixelFormat: FourCharacterCode, size: ImageSize) {
    self.pixelFormat = pixelFormat
    self.size = size
  }

  /// Chooses the offer that scales best to frames of `shape`; nil if none is usable.
  ///
  /// 1. The first format in `FourCharacterCode.usable` that has a usable size.
  /// 2. The frame's size times 4, 8, 2 or 1, in this order: 640×360, 1280×720, 320×180, 160×90. A JPEG decoder scales
  ///    down by these factors itself, and four averages noise at little cost. For uncompressed formats eight comes
  ///    last: USB 2 carries that size at only 10 frames/s.
  /// 3. The smallest size whose centre can be cropped to such a multiple, in the same order: 640×480 is cropped to
  ///    640×360.
  /// 4. The smallest size that is not smaller than the frame.
  ///
  /// A driver that lists no sizes is asked for four times the frame's size.
  public static func best(of offers: [OfferedFormat], for shape: FrameShape) -> CaptureChoice? {
    for pixelFormat in FourCharacterCode.usable {
      let multiples = pixelFormat.isJPEG ? [4, 8, 2, 1] : [4, 2, 1, 8]
      let sizes = offers.filter { $0.pixelFormat == pixelFormat }
        .flatMap { $0.sizes.candidates(for: shape, multiples: multiples) }
        .filter { ImageLimits.allow(width: $0.width, height: $0.height, for: shape) }
      let best = sizes.min {
        $0.rank(for: shape, multiples: multiples).lexicographicallyPrecedes(
          $1.rank(for: shape, multiples: multiples))
      }
      if let best { return CaptureChoice(pixelFormat: pixelFormat, size: best) }
    }
    return nil
  }
}

extension ImageSize {
  /// The rank of this size under rules 2 to 4, compared lexicographically: smaller is better.
  fileprivate func rank(for shape: FrameShape, multiples: [Int]) -> [Int] {
    let crop = CentreCrop(width: width, height: height, to: shape)
    let multiple = multiples.firstIndex {
      crop.columns.count == $0 * shape.width && crop.rows.count == $0 * shape.height
    }
    let isCropped = crop.columns.count < width || crop.rows.count < height
    return [multiple == nil ? 2 : isCropped ? 1 : 0, multiple ?? 0, width * height, width]
  }
}

extension OfferedSizes {
  /// The sizes to consider: all that are listed, or the ones from a range that the rules could choose.
  fileprivate func candidates(for shape: FrameShape, multiples: [Int]) -> [ImageSize] {
    switch self {
    case .discrete(let sizes):
      return sizes
    case .unknown:
      return [ImageSize(width: 4 * shape.width, height: 4 * shape.height)]
    case .range(let minimum, let maximum, let step):
      return ([1] + multiples).map { multiple in
        ImageSize(
          width: Self.atLeast(multiple * shape.width, from: minimum.width, by: step.width),
          height: Self.atLeast(multiple * shape.height, from: minimum.height, by: step.height))
      }.filter { $0.width <= maximum.width && $0.height <= maximum.height }
    }
  }

  /// The smallest length in a range that is not smaller than `length`.
  private static func atLeast(_ length: Int, from minimum: Int, by step: Int) -> Int {
    guard length > minimum else { return minimum }
    let step = max(step, 1)
    return minimum + (length - minimum + step - 1) / step * step
  }
}

extension OfferedRates {
  /// The slowest rate that is not below `wanted`, or the fastest if all are below; `wanted` itself if the driver lists
  /// none.
  ///
  /// A rate within 1 % counts as reached, so that 30000/1001 passes for 30.
  public func best(atLeast wanted: FrameRate) -> FrameRate {
    let enough = 0.99 * wanted.framesPerSecond
    switch self {
    case .unknown:
      return wanted
    case .range(let slowest, let fastest):
      if slowest.framesPerSecond > wanted.framesPerSecond { return slowest }
      return fastest.framesPerSecond < wanted.framesPerSecond ? fastest : wanted
    case .discrete(let rates):
      let bySpeed = rates.sorted { $0.framesPerSecond < $1.framesPerSecond }
      return bySpeed.first { $0.framesPerSecond >= enough } ?? bySpeed.last ?? wanted
    }
  }
}
