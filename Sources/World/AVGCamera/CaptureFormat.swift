import AVGCore
public import AVGImaging

/// An image's width and height in pixels.
public struct ImageSize: Hashable, Sendable {
  /// Columns.
  public var width: Int
  /// Rows.
  public var height: Int

  /// Makes a size.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// Makes a size from text such as `640x360`; nil if the text has another form.
  public init?(_ text: String) {
    let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sides.count == 2, let width = sides[0], let height = sides[1], width > 0, height > 0 else {
      return nil
    }
    self.init(width: width, height: height)
  }
}

extension ImageSize: CustomStringConvertible {
  /// Width × height, as in `640x360`.
  public var description: String { "\(width)x\(height)" }
}

/// The sizes that a driver offers for a pixel format (`VIDIOC_ENUM_FRAMESIZES`).
public enum OfferedSizes: Hashable, Sendable {
  /// Only these sizes.
  case discrete([ImageSize])
  /// Any from `minimum` to `maximum` in steps of `step`; a continuous range steps by one pixel.
  case range(minimum: ImageSize, maximum: ImageSize, step: ImageSize)
  /// The driver does not list any.
  case unknown
}

extension OfferedSizes {
  /// Whether this size may be requested; if the driver lists none, any may.
  func contain(_ size: ImageSize) -> Bool {
    switch self {
    case .discrete(let sizes): sizes.contains(size)
    case .unknown: true
    case .range(let minimum, let maximum, let step):
      Self.reaches(size.width, minimum.width, maximum.width, step.width)
        && Self.reaches(size.height, minimum.height, maximum.height, step.height)
    }
  }

  private static func reaches(_ length: Int, _ minimum: Int, _ maximum: Int, _ step: Int) -> Bool {
    length >= minimum && length <= maximum && (length - minimum).isMultiple(of: max(1, step))
  }
}

extension OfferedSizes: CustomStringConvertible {
  /// The sizes on one line.
  public var description: String {
    switch self {
    case .discrete(let sizes): sizes.map(\.description).joined(separator: " ")
    case .range(let minimum, let maximum, let step): "\(minimum) to \(maximum) in steps of \(step)"
    case .unknown: "sizes not listed"
    }
  }
}

/// A pixel format that a driver offers, with its sizes.
public struct OfferedFormat: Hashable, Sendable {
  /// The pixel format.
  public var pixelFormat: FourCharacterCode
  /// The sizes it comes in.
  public var sizes: OfferedSizes

  /// Makes an offer.
  public init(pixelFormat: FourCharacterCode, sizes: OfferedSizes) {
    self.pixelFormat = pixelFormat
    self.sizes = sizes
  }

  /// The offer restricted to `size`, if one is given.
  func limited(to size: ImageSize?) -> OfferedFormat {
    guard let size else { return self }
    return OfferedFormat(pixelFormat: pixelFormat, sizes: .discrete(sizes.contain(size) ? [size] : []))
  }
}

/// The frame rates that a driver offers for a format and size (`VIDIOC_ENUM_FRAMEINTERVALS`), in frames per second.
public enum OfferedRates: Hashable, Sendable {
  /// Only these rates.
  case discrete([FrameRate])
  /// Any rate between the two.
  case range(slowest: FrameRate, fastest: FrameRate)
  /// The driver does not list any.
  case unknown
}

extension OfferedRates: CustomStringConvertible {
  /// The rates on one line.
  public var description: String {
    switch self {
    case .discrete(let rates): rates.map(\.description).joined(separator: " ") + " frames/s"
    case .range(let slowest, let fastest): "\(slowest) to \(fastest) frames/s"
    case .unknown: "rates not listed"
    }
  }
}

/// A frame rate, as the fraction that drivers use.
public struct FrameRate: Hashable, Sendable {
  /// The number of frames.
  public var frames: UInt32
  /// The number of seconds in which they come.
  public var seconds: UInt32

  /// Makes a rate of `frames` in `seconds`.
  public init(frames: UInt32, seconds: UInt32 = 1) {
    self.frames = frames
    self.seconds = seconds
  }

  /// The time between two frames; zero if `frames` is zero.
  public var interval: Duration {
    frames == 0 ? .zero : .nanoseconds(Int64(seconds) * 1_000_000_000 / Int64(frames))
  }

  /// The rate in frames per second; 0 if `seconds` is zero.
  public var framesPerSecond: Double {
    seconds == 0 ? 0 : Double(frames) / Double(seconds)
  }
}

extension FrameRate: CustomStringConvertible {
  /// The rate as a number with at most two decimals.
  public var description: String {
    let hundredths = Int((framesPerSecond * 100).rounded())
    let fraction = hundredths % 100 == 0 ? "" : ".\(hundredths % 100 / 10)\(hundredths % 10)"
    return "\(hundredths / 100)\(fraction)"
  }
}

/// The format that a camera has been set to send.
public struct CaptureFormat: Hashable, Sendable {
  /// The pixel format.
  public var pixelFormat: FourCharacterCode
  /// The size of the whole picture, even if each image is a single field of it.
  public var size: ImageSize
  /// Bytes from one row to the next; 0 for compressed formats.
  public var bytesPerRow: Int
  /// The colour encoding that the driver reports; ignored for JPEG, which carries its own.
  public var encoding: ColorEncoding
  /// The field order; one field of an interlaced image is used.
  public var fields = FieldOrder.progressive
  /// The frame rate that the driver confirmed; nil if it reports none.
  public var rate: FrameRate?
}

extension CaptureFormat {
  /// A warning that frames come too slowly for any to be fresh enough to act on; nil if they come fast enough.
  ///
  /// - Parameter maximumAge: the maximum age of a frame that is acted on.
  public func slowness(for maximumAge: Duration) -> String? {
    guard let rate, rate.interval >= maximumAge else { return nil }
    let interval = Int(rate.interval.milliseconds.rounded())
    return "too slow at \(rate) frames/s: a frame every \(interval) ms, but none older than "
      + "\(Int(maximumAge.milliseconds.rounded())) ms is acted on; choose a faster camera.size or camera.format, or let "
      + "camera.maximumFrameAgeCycles allow \(2 * interval) ms"
  }
}

extension CaptureFormat: CustomStringConvertible {
  /// Format, size and rate, as in `MJPG 640x360 at 30 frames/s`.
  public var description: String {
    "\(pixelFormat) \(size)" + (rate.map { " at \($0) frames/s" } ?? "")
      + (fields == .progressive ? "" : ", interlaced: one field of two is used")
  }
}
