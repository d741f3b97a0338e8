public import AVGCore
import CGIF

/// An animated GIF image that repeats for ever, written picture by picture through giflib.
///
/// All pictures have the 255 colours that suit a sample best (giflib's median cut). A pixel that hardly differs from what
/// is shown in its place already stays, which takes almost no room. The same pictures give the same bytes.
public struct GIFWriter: ~Copyable {
  /// The size of every picture.
  public let shape: FrameShape
  // nil once the image is finished.
  private var file: UnsafeMutablePointer<GifFileType>?
  private let output: Output
  private let delay: UInt16
  private var palette: Palette
  private var line: [UInt8]
  /// What is shown now [height, width, 3]; nil before the first picture.
  private var shown: Frame?

  /// What giflib has written; a class, for its callback knows it by its address.
  private final class Output {
    var bytes: [UInt8] = []
  }

  /// The index of a pixel that stays as it was.
  private static let unchanged: UInt8 = 255
  /// The greatest difference of a channel that counts as none: above the noise of a camera.
  private static let tolerance = 24

  /// Begins an image.
  ///
  /// - Parameters:
  ///   - shape: of every picture: 1 to 65,535 rows and columns.
  ///   - sample: of any shape; what is in it decides on the colours.
  ///   - delayHundredths: how long each picture stands, in hundredths of a second; browsers want 2 at least.
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
    // Leave the picture before where it is; `unchanged` is transparent. The delay's lower byte comes first.
    let control: [UInt8] = [0b0000_0101, UInt8(delay & 255), UInt8(delay >> 8), Self.unchanged]
    try check(EGifPutExtension(file, CInt(GRAPHICS_EXT_FUNC_CODE), CInt(control.count), control))
    try check(EGifPutImageDesc(file, 0, 0, CInt(shape.width), CInt(shape.height), false, nil))
    let isFirst = shown == nil
    var shown = self.shown ?? Frame(shape: shape)
    for row in 0..<shape.height {
      for column in 0..<shape.width {
        let pixel = (row * shape.width + column) * 3
        let isLike = (pixel..<pixel + 3).allSatisfy {
          abs(Int(frame.pixels[$0]) - Int(shown.pixels[$0])) <= Self.tolerance
        }
        if isLike, !isFirst {
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

  /// Ends the image; no picture can be added afterwards.
  ///
  /// - Returns: the bytes of the file.
  public mutating func finish() throws(GIFError) -> [UInt8] {
    guard let file else { return output.bytes }
    self.file = nil
    // It frees the file even where it fails.
    var code: CInt = 0
    guard EGifCloseFile(file, &code) == GIF_OK else { throw .notWritten(reason: Self.message(of: code)) }
    return output.bytes
  }

  /// Opens an image that goes to `output`, which must live as long, and writes what stands before the pictures.
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
    // After the screen Netscape's extension: 1, and how often to repeat; 0 for ever.
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

/// The colours of an image.
private struct Palette {
  /// At most 255.
  let colors: [GifColorType]
  /// The nearest colour of each cell of 8 × 8 × 8 levels; 255 where it has not been looked for.
  private var nearest = [UInt8](repeating: 255, count: 32 * 32 * 32)

  /// The colours by which giflib's median cut would show the image.
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

  /// The place of the colour that is nearest to the middle of the cell that this one lies in.
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

/// What can go wrong with a GIF image.
public enum GIFError: Error, Hashable, CustomStringConvertible {
  /// A picture is not of the image's size, or the image's is none that the format has.
  case badShape(height: Int, width: Int)
  /// giflib refused.
  case notWritten(reason: String)

  /// What failed, why, and what to do.
  public var description: String {
    switch self {
    case .badShape(let height, let width):
      "GIF image: cannot hold a picture of this size: \(width) × \(height). Give all pictures one size, up to 65,535."
    case .notWritten(let reason):
      "GIF image: cannot be written: \(reason). Check the memory that is left."
    }
  }
}
