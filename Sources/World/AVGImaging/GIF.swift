public import AVGCore
import CGIF

/// A writer of animated GIF images that repeat for ever, through giflib.
///
/// All pictures share the 255 colours that suit a sample best (giflib's median cut). A pixel that hardly differs from
/// what is already shown is left as it is, which costs almost no bytes. The same pictures give the same bytes.
public struct GIFWriter: ~Copyable {
  /// The size of every picture.
  public let shape: FrameShape
  // nil once the image is finished; giflib's handle then no longer exists.
  private var file: UnsafeMutablePointer<GifFileType>?
  private let output: Output
  private let delay: UInt16
  private var palette: Palette
  private var line: [UInt8]
  /// The picture as a viewer shows it now [height, width, 3]; nil before the first picture.
  private var shown: Frame?

  /// The bytes that giflib has written; a class, because giflib's callback refers to it by address.
  private final class Output {
    var bytes: [UInt8] = []
  }

  /// The palette index of an unchanged pixel.
  private static let unchanged: UInt8 = 255
  /// The largest difference of a channel that is ignored, chosen above a camera's noise.
  private static let tolerance = 24

  /// Starts an image.
  ///
  /// - Parameters:
  ///   - shape: the shape of every picture, 1 to 65,535 rows and columns.
  ///   - sample: a picture of any shape from which the colours are chosen.
  ///   - delayHundredths: the display time of each picture in hundredths of a second; browsers need at least 2.
  public init(shape: FrameShape, colorsOf sample: borrowing Frame, delayHundredths: UInt16) throws(GIFError) {
    guard 1...65_535 ~= shape.width, 1...65_535 ~= shape.height else {
      throw .badShape(height: shape.height, width: shape.width)
    }
    let palette = try Palette(of: sample)
    let output = Output()
    file = try Self.open(output, shape: shape, palette: palette)
    self.shape = shape
    self.output = output
    self.palette = palette
    delay = delayHundredths
    line = [UInt8](repeating: 0, count: shape.width)
  }

  deinit {
    if let file { EGifCloseFile(file, nil) }
  }

  /// Adds a picture [height, width, 3].
  public mutating func append(_ frame: borrowing Frame) throws(GIFError) {
    guard frame.shape == shape else {
      throw .badShape(height: frame.shape.height, width: frame.shape.width)
    }
    guard file != nil else { throw .notWritten(reason: "it is finished already") }
    // Disposal method 1 (keep the previous picture) and a transparent index, `unchanged`. The delay is little-endian.
    let control: [UInt8] = [0b0000_0101, UInt8(delay & 255), UInt8(delay >> 8), Self.unchanged]
    try check(EGifPutExtension(file, CInt(GRAPHICS_EXT_FUNC_CODE), CInt(control.count), control))
    try check(EGifPutImageDesc(file, 0, 0, CInt(shape.width), CInt(shape.height), false, nil))
    let isFirst = shown == nil
    var shown = self.shown ?? Frame(shape: shape)
    for row in 0..<shape.height {
      for column in 0..<shape.width {
        let pixel = (row * shape.width + column) * 3
        let isSimilar = (pixel..<pixel + 3).allSatisfy {
          abs(Int(frame.pixels[$0]) - Int(shown.pixels[$0])) <= Self.tolerance
        }
        if isSimilar, !isFirst {
          line[column] = Self.unchanged
          continue
        }
        for place in pixel..<pixel + 3 { shown.pixels[place] = frame.pixels[place] }
        line[column] = palette.index(frame.pixels[pixel], frame.pixels[pixel + 1], frame.pixels[pixel + 2])
      }
      try check(EGifPutLine(file, &line, CInt(shape.width)))
    }
    self.shown = shown
  }

  /// Finishes the image; no picture can be added afterwards.
  ///
  /// - Returns: the bytes of the file.
  public mutating func finish() throws(GIFError) -> [UInt8] {
    guard let file else { return output.bytes }
    self.file = nil
    // This frees the handle even if it fails.
    var code: CInt = 0
    guard EGifCloseFile(file, &code) == GIF_OK else { throw .notWritten(reason: Self.message(of: code)) }
    return output.bytes
  }

  /// Opens an image that is written to `output`, which must live as long as the handle, and writes the header.
  private static func open(
    _ output: Output, shape: FrameShape, palette: Palette
  ) throws(GIFError) -> UnsafeMutablePointer<GifFileType> {
    var code: CInt = 0
    let opened = EGifOpen(
      Unmanaged.passUnretained(output).toOpaque(),
      { file, bytes, count in
        guard let bytes, let place = file?.pointee.UserData else { return 0 }
        Unmanaged<Output>.fromOpaque(place).takeUnretainedValue().bytes
          .append(contentsOf: UnsafeBufferPointer(start: bytes, count: Int(count)))
        return count
      }, &code)
    guard let file = opened else { throw .notWritten(reason: message(of: code)) }
    guard let map = GifMakeMapObject(256, nil) else {
      EGifCloseFile(file, nil)
      throw .notWritten(reason: "no memory for its colours")
    }
    defer { GifFreeMapObject(map) }
    for (index, color) in palette.colors.enumerated() { map.pointee.Colors[index] = color }
    EGifSetGifVersion(file, true)
    // The screen descriptor is followed by Netscape's looping extension: sub-block 1 with a repeat count, 0 for ever.
    let isWritten =
      EGifPutScreenDesc(file, CInt(shape.width), CInt(shape.height), 8, 0, map) == GIF_OK
      && EGifPutExtensionLeader(file, CInt(APPLICATION_EXT_FUNC_CODE)) == GIF_OK
      && EGifPutExtensionBlock(file, 11, Array("NETSCAPE2.0".utf8)) == GIF_OK
      && EGifPutExtensionBlock(file, 3, [1, 0, 0] as [UInt8]) == GIF_OK
      && EGifPutExtensionTrailer(file) == GIF_OK
    guard isWritten else {
      let reason = message(of: file.pointee.Error)
      EGifCloseFile(file, nil)
      throw .notWritten(reason: reason)
    }
    return file
  }

  private func check(_ status: CInt) throws(GIFError) {
    guard status == GIF_OK else { throw .notWritten(reason: Self.message(of: file?.pointee.Error ?? 0)) }
  }

  private static func message(of code: CInt) -> String {
    GifErrorString(code).map { String(cString: $0) } ?? "error \(code)"
  }
}

/// The palette of an image.
private struct Palette {
  /// The colours, at most 255.
  let colors: [GifColorType]
  /// A cache of the nearest colour for each cell of 8 × 8 × 8 levels; 255 where none has been computed yet.
  private var nearest = [UInt8](repeating: 255, count: 32 * 32 * 32)

  /// The palette that giflib's median cut chooses for the sample.
  init(of sample: borrowing Frame) throws(GIFError) {
    func channel(_ offset: Int) -> [UInt8] {
      stride(from: offset, to: sample.pixels.count, by: 3).map { sample.pixels[$0] }
    }
    var (red, green, blue) = (channel(0), channel(1), channel(2))
    var count: CInt = 255
    var indices = [UInt8](repeating: 0, count: red.count)
    var colors = [GifColorType](repeating: GifColorType(), count: 256)
    let status = GifQuantizeBuffer(
      CUnsignedInt(sample.shape.width), CUnsignedInt(sample.shape.height), &count, &red, &green, &blue,
      &indices,
      &colors)
    guard status == GIF_OK, count > 0 else { throw .notWritten(reason: "no colours were found") }
    self.colors = Array(colors.prefix(Int(count)))
  }

  /// The index of the colour nearest to the centre of the given colour's cell.
  mutating func index(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let cell = Int(red / 8) << 10 | Int(green / 8) << 5 | Int(blue / 8)
    if nearest[cell] == 255 {
      func square(_ one: UInt8, _ other: UInt8) -> Int {
        let difference = Int(one / 8 * 8 + 4) - Int(other)
        return difference * difference
      }
      let distances = colors.map { square(red, $0.Red) + square(green, $0.Green) + square(blue, $0.Blue) }
      nearest[cell] = UInt8(distances.indices.min { distances[$0] < distances[$1] } ?? 0)
    }
    return nearest[cell]
  }
}

/// An error of writing a GIF image.
public enum GIFError: Error, Hashable, CustomStringConvertible {
  /// A picture does not have the image's size, or the image has a size that the format does not allow.
  case badShape(height: Int, width: Int)
  /// giflib failed.
  case notWritten(reason: String)

  /// What failed, why, and what to do.
  public var description: String {
    switch self {
    case .badShape(let height, let width):
      "GIF image: cannot hold a picture of this size: \(width) × \(height). Give all pictures one size, up to 65,535 pixels a side."
    case .notWritten(let reason):
      "GIF image: cannot be written: \(reason). Free some memory."
    }
  }
}
