/// Height and width of an RGB image, in pixels.
public struct FrameShape: Codable, Hashable, Sendable {
  /// Rows.
  public var height: Int
  /// Columns.
  public var width: Int

  /// Makes a shape from a number of rows and of columns.
  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// What the agent sees: 90 rows of 160 pixels.
  public static let standard = FrameShape(height: 90, width: 160)

  /// Bytes of one RGB image: height × width × 3.
  public var byteCount: Int { height * width * 3 }
}

/// When and where an image was taken.
public struct FrameStamp: Hashable, Sendable {
  /// The capture instant as the source reports it: for a camera the start of exposure where the driver says
  /// so, else the arrival of the data.
  public var captured: MonotonicInstant
  /// The source's running number; a step of more than one is a gap.
  public var sequence: UInt32
  /// The time it took to turn the source's bytes into this frame's pixels.
  public var decodeTime: Duration
  /// The bytes that the source sent for this frame: the size of a compressed image; 0 where nothing was sent.
  public var sourceByteCount: Int

  /// Makes a stamp.
  public init(
    captured: MonotonicInstant, sequence: UInt32, decodeTime: Duration = .zero, sourceByteCount: Int = 0
  ) {
    self.captured = captured
    self.sequence = sequence
    self.decodeTime = decodeTime
    self.sourceByteCount = sourceByteCount
  }
}

/// One RGB image [height, width, 3], 8 bits a channel, with its stamp.
public struct Frame: Sendable {
  /// Rows and columns.
  public let shape: FrameShape
  /// The samples, row-major, R G B.
  public var pixels: [UInt8]
  /// Capture instant and sequence number.
  public var stamp: FrameStamp

  /// Makes a black frame.
  public init(shape: FrameShape = .standard) {
    self.shape = shape
    pixels = [UInt8](repeating: 0, count: shape.byteCount)
    stamp = FrameStamp(captured: MonotonicInstant(nanoseconds: 0), sequence: 0)
  }

  /// Overwrites this frame's pixels and stamp with those of `other`, of the same shape, without allocating.
  public mutating func copy(from other: borrowing Frame) {
    precondition(shape == other.shape, "frame shape \(shape) cannot take \(other.shape)")
    stamp = other.stamp
    other.pixels.withUnsafeBufferPointer { source in
      pixels.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: source) }
    }
  }
}
