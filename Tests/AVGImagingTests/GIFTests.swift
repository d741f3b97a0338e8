import AVGCore
import AVGImaging
import CGIF
import Testing

@Suite("GIF")
struct GIFTests {
  /// A picture of one colour with a white square in it.
  private static func picture(_ place: Int, height: Int = 20, width: Int = 30) -> Frame {
    var frame = Frame(shape: FrameShape(height: height, width: width))
    for pixel in 0..<height * width {
      let isInside = pixel / width < 8 && place..<place + 8 ~= pixel % width
      frame.pixels[3 * pixel] = isInside ? 255 : 20
      frame.pixels[3 * pixel + 1] = isInside ? 255 : 120
      frame.pixels[3 * pixel + 2] = isInside ? 255 : 200
    }
    return frame
  }

  private static func image(of pictures: [Frame]) throws -> [UInt8] {
    var writer = try GIFWriter(shape: pictures[0].shape, colorsOf: pictures[0], delayHundredths: 300)
    for picture in pictures { try writer.append(picture) }
    return try writer.finish()
  }

  /// The bytes that giflib reads.
  private final class Input {
    var bytes: ArraySlice<UInt8>
    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }
  }

  /// The image as giflib decodes it: the pictures as a viewer shows them, one over the other, and their delays.
  private static func decode(_ bytes: [UInt8]) throws -> (frames: [Frame], delays: [Int]) {
    let input = Input(bytes)
    let opened = withExtendedLifetime(input) {
      DGifOpen(
        Unmanaged.passUnretained(input).toOpaque(),
        { file, target, count in
          guard let target, let place = file?.pointee.UserData else { return 0 }
          let input = Unmanaged<Input>.fromOpaque(place).takeUnretainedValue()
          let part = input.bytes.prefix(Int(count))
          for (offset, byte) in part.enumerated() { target[offset] = byte }
          input.bytes.removeFirst(part.count)
          return CInt(part.count)
        }, nil)
    }
    let file = try #require(opened)
    defer { DGifCloseFile(file, nil) }
    try #require(DGifSlurp(file) == GIF_OK)
    let image = file.pointee
    let map = try #require(image.SColorMap).pointee
    var shown = Frame(shape: FrameShape(height: Int(image.SHeight), width: Int(image.SWidth)))
    var (frames, delays) = ([Frame](), [Int]())
    for index in 0..<Int(image.ImageCount) {
      var control = GraphicsControlBlock()
      try #require(DGifSavedExtensionToGCB(file, CInt(index), &control) == GIF_OK)
      for pixel in 0..<shown.pixels.count / 3 {
        let value = Int(image.SavedImages[index].RasterBits[pixel])
        guard value != Int(control.TransparentColor) else { continue }
        let color = map.Colors[value]
        shown.pixels[3 * pixel] = color.Red
        shown.pixels[3 * pixel + 1] = color.Green
        shown.pixels[3 * pixel + 2] = color.Blue
      }
      frames.append(shown)
      delays.append(Int(control.DelayTime))
    }
    withExtendedLifetime(input) {}
    return (frames, delays)
  }

  @Test("every picture comes back with its size, colours and delay")
  func roundTrips() throws {
    let pictures = [0, 9, 22, 22].map { Self.picture($0) }
    let (frames, delays) = try Self.decode(Self.image(of: pictures))
    #expect(frames.count == 4 && delays == [300, 300, 300, 300])
    for (frame, picture) in zip(frames, pictures) {
      #expect(frame.shape == picture.shape)
      let distance = zip(frame.pixels, picture.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
      #expect(distance <= 8)
    }
  }

  @Test("the same pictures give the same bytes, and a repeated picture takes almost no room")
  func isDeterministic() throws {
    let picture = Self.picture(3, height: 100, width: 300)
    let one = try Self.image(of: [picture])
    #expect(try Self.image(of: [picture]) == one)
    #expect(try Self.image(of: [picture, picture]).count - one.count < 500)
  }

  @Test("a picture of another size, an image without pixels, and a picture after the end are refused")
  func refuses() throws {
    let picture = Self.picture(0)
    var writer = try GIFWriter(shape: picture.shape, colorsOf: picture, delayHundredths: 5)
    #expect(throws: GIFError.badShape(height: 5, width: 6)) {
      try writer.append(Self.picture(0, height: 5, width: 6))
    }
    _ = try writer.finish()
    #expect(throws: GIFError.self) { try writer.append(picture) }
    #expect(throws: GIFError.badShape(height: 0, width: 6)) {
      _ = try GIFWriter(shape: FrameShape(height: 0, width: 6), colorsOf: picture, delayHundredths: 5)
    }
  }
}
