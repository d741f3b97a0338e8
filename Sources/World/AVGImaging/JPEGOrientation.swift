import AVGCore

/// How a JPEG image is to be turned before it is shown: cameras that were held upright or upside down say so in EXIF.
///
/// Source: CIPA DC-008 (EXIF 2.32), 4.6.4, tag 274 (Orientation).
struct JPEGOrientation: Hashable, Sendable {
  /// Rows and columns change places; before that, rows are counted from the last or columns from the last.
  var isTransposed = false
  var flipsRows = false
  var flipsColumns = false

  /// As it is stored.
  static let upright = JPEGOrientation()

  private init() {}

  /// What a value of the tag stands for; any but 1…8 for nothing.
  private init(tag: Int) {
    isTransposed = (5...8).contains(tag)
    flipsRows = [3, 4, 6, 7].contains(tag)
    flipsColumns = [2, 3, 7, 8].contains(tag)
  }

  /// What the image says; upright where it says nothing, or nothing sensible.
  init(of image: UnsafeRawBufferPointer) {
    self = .upright
    JPEGSegments.forEach(in: image) { marker, segment in
      // APP1, of which an image can have several.
      guard marker == 0xE1, let tag = Self.tag(in: UnsafeRawBufferPointer(rebasing: segment)) else { return }
      self = JPEGOrientation(tag: tag)
    }
  }

  /// The tag's value in an APP1 segment; nil if it has none.
  private static func tag(in segment: UnsafeRawBufferPointer) -> Int? {
    let start = 6
    guard segment.count >= start + 8, segment.prefix(start).elementsEqual(Array("Exif\0\0".utf8)) else {
      return nil
    }
    let isLittleEndian = segment[start] == 0x49
    func number(_ count: Int, at place: Int) -> Int? {
      guard place >= 0, place + count <= segment.count else { return nil }
      let bytes = segment[place..<place + count]
      return (isLittleEndian ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(2, at: start + 2) == 42, let offset = number(4, at: start + 4),
      let count = number(2, at: start + offset)
    else { return nil }
    for index in 0..<count {
      let entry = start + offset + 2 + 12 * index
      guard let tag = number(2, at: entry) else { return nil }
      // One number of 16 bits.
      guard tag == 274, number(2, at: entry + 2) == 3, number(4, at: entry + 4) == 1 else { continue }
      return number(2, at: entry + 8)
    }
    return nil
  }

  /// The shape of a stored image that fills `shape` when it is turned.
  func storedShape(for shape: FrameShape) -> FrameShape {
    isTransposed ? FrameShape(height: shape.width, width: shape.height) : shape
  }

  /// Fills `frame` with `stored`, turned.
  func turn(_ stored: Frame, into frame: inout Frame) {
    let (height, width) = (stored.shape.height, stored.shape.width)
    precondition(storedShape(for: frame.shape) == stored.shape, "\(stored.shape) cannot fill \(frame.shape)")
    for row in 0..<frame.shape.height {
      for column in 0..<frame.shape.width {
        var (sourceRow, sourceColumn) = isTransposed ? (column, row) : (row, column)
        if flipsRows { sourceRow = height - 1 - sourceRow }
        if flipsColumns { sourceColumn = width - 1 - sourceColumn }
        let source = 3 * (sourceRow * width + sourceColumn)
        let target = 3 * (row * frame.shape.width + column)
        for channel in 0..<3 { frame.pixels[target + channel] = stored.pixels[source + channel] }
      }
    }
  }
}

/// The segments before a JPEG image's pixels. Source: ITU-T T.81, B.1.1.
enum JPEGSegments {
  /// Calls `visit` with each marker and what stands behind its length, up to the first scan; stops where a length
  /// leads out of the image.
  static func forEach(
    in image: UnsafeRawBufferPointer,
    _ visit: (_ marker: UInt8, _ segment: Slice<UnsafeRawBufferPointer>) -> Void
  ) {
    guard JPEGDecoder.hasStart(image) else { return }
    var position = 2
    while position + 4 <= image.count, image[position] == 0xFF {
      let marker = image[position + 1]
      // A marker may have more of these bytes before it.
      if marker == 0xFF {
        position += 1
        continue
      }
      let (startOfScan, endOfImage): (UInt8, UInt8) = (0xDA, 0xD9)
      guard marker != startOfScan, marker != endOfImage else { return }
      let end = position + 2 + (Int(image[position + 2]) << 8 | Int(image[position + 3]))
      guard end >= position + 4, end <= image.count else { return }
      visit(marker, image[position + 4..<end])
      position = end
    }
  }

  /// The number of channels that the image's frame header states; nil if it has none.
  static func channelCount(of image: UnsafeRawBufferPointer) -> Int? {
    var count: Int?
    forEach(in: image) { marker, segment in
      // SOF, without DHT, JPG and DAC, which lie among them.
      guard (0xC0...0xCF).contains(marker), ![0xC4, 0xC8, 0xCC].contains(marker), segment.count >= 6 else {
        return
      }
      count = Int(segment[segment.startIndex + 5])
    }
    return count
  }
}
