import AVGCore

/// The rotation and mirroring that a JPEG image's EXIF data prescribe, as phones and cameras record how they were held.
///
/// Source: CIPA DC-008 (EXIF 2.32), 4.6.4, tag 274 (Orientation).
struct JPEGOrientation: Hashable, Sendable {
  /// Whether rows and columns are exchanged, after the two flips.
  var isTransposed = false
  var flipsRows = false
  var flipsColumns = false

  /// The orientation of an image that is shown as stored.
  static let upright = JPEGOrientation()

  private init() {}

  /// The orientation for a value of the tag; values outside 1…8 leave the image upright.
  private init(tag: Int) {
    isTransposed = (5...8).contains(tag)
    flipsRows = [3, 4, 6, 7].contains(tag)
    flipsColumns = [2, 3, 7, 8].contains(tag)
  }

  /// The orientation of an image; upright if its EXIF data are missing or invalid.
  init(of image: UnsafeRawBufferPointer) {
    self = .upright
    JPEGSegments.forEach(in: image) { marker, segment in
      // APP1; an image can have several.
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
      // Type 3 (SHORT), count 1.
      guard tag == 274, number(2, at: entry + 2) == 3, number(4, at: entry + 4) == 1 else { continue }
      return number(2, at: entry + 8)
    }
    return nil
  }

  /// The shape that a stored image must have to fill `shape` when turned.
  func storedShape(for shape: FrameShape) -> FrameShape {
    isTransposed ? FrameShape(height: shape.width, width: shape.height) : shape
  }

  /// Fills `frame` with `stored` in the right orientation.
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

/// The marker segments before the coded data of a JPEG image. Source: ITU-T T.81, B.1.1.
enum JPEGSegments {
  /// Calls `visit` with each marker and its segment after the length field, up to the first scan; stops where a length
  /// exceeds the image.
  static func forEach(
    in image: UnsafeRawBufferPointer,
    _ visit: (_ marker: UInt8, _ segment: Slice<UnsafeRawBufferPointer>) -> Void
  ) {
    guard JPEGDecoder.hasStart(image) else { return }
    var position = 2
    while position + 4 <= image.count, image[position] == 0xFF {
      let marker = image[position + 1]
      // Any number of fill bytes FF may precede a marker.
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

  /// The number of channels according to the frame header; nil if there is none.
  static func channelCount(of image: UnsafeRawBufferPointer) -> Int? {
    var count: Int?
    forEach(in: image) { marker, segment in
      // The SOF markers; DHT, JPG and DAC lie in the same range.
      guard (0xC0...0xCF).contains(marker), ![0xC4, 0xC8, 0xCC].contains(marker), segment.count >= 6 else {
        return
      }
      count = Int(segment[segment.startIndex + 5])
    }
    return count
  }
}
