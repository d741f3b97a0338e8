import AVGCore
import CTurboJPEG

/// TurboJPEG's decompressor, for one image.
///
/// It keeps Huffman and quantisation tables from image to image, damaged ones too: after some broken images it
/// refuses whole ones. A new one costs a quarter of a microsecond and makes decoding a function of the bytes alone.
struct TurboJPEG: ~Copyable {
  private let handle: tjhandle

  init() throws(JPEGError) {
    guard let handle = tjInitDecompress() else {
      throw .decoderUnavailable(reason: Self.lastError(of: nil))
    }
    self.handle = handle
  }

  deinit {
    tjDestroy(handle)
  }

  /// The smallest size not below `shape` to which an image of this size can be scaled while it is decoded.
  static func scaledSize(width: Int, height: Int, covering shape: FrameShape) -> FrameShape? {
    scales.lazy.map { FrameShape(height: $0.scaled(height), width: $0.scaled(width)) }
      .first { $0.height >= shape.height && $0.width >= shape.width }
  }

  /// The scales on offer, from the smallest to 1.
  private static let scales: [tjscalingfactor] = {
    var count: Int32 = 0
    let factors = UnsafeBufferPointer(start: tjGetScalingFactors(&count), count: Int(count))
    return factors.filter { $0.num <= $0.denom }.sorted { $0.num * $1.denom < $1.num * $0.denom }
  }()

  /// The width and height that the image's header states.
  func size(of image: UnsafeRawBufferPointer) throws(JPEGError) -> (width: Int, height: Int) {
    var width: Int32 = 0
    var height: Int32 = 0
    var subsampling: Int32 = 0
    var colorspace: Int32 = 0
    let status = tjDecompressHeader3(
      handle, image.bindMemory(to: UInt8.self).baseAddress, UInt(image.count), &width, &height, &subsampling,
      &colorspace)
    // A stream that ends after its tables has no size and is no error to TurboJPEG.
    guard status == 0, width > 0, height > 0 else { throw failure(of: image) }
    return (Int(width), Int(height))
  }

  /// Decodes `image` to RGB at the scale that gives `shape`; what it leaves in `pixels` on an error is undefined.
  func decode(
    _ image: UnsafeRawBufferPointer, at shape: FrameShape, into pixels: inout [UInt8]
  ) throws(JPEGError) {
    precondition(pixels.count >= shape.byteCount, "buffer of \(pixels.count) bytes cannot take \(shape)")
    // A warning is a guess at missing data; and some progressive images take hours of scans.
    let flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS
    let status = pixels.withUnsafeMutableBufferPointer {
      tjDecompress2(
        handle, image.bindMemory(to: UInt8.self).baseAddress, UInt(image.count), $0.baseAddress,
        Int32(shape.width), Int32(3 * shape.width), Int32(shape.height), Int32(TJPF_RGB.rawValue), flags)
    }
    guard status == 0 else { throw failure(of: image) }
  }

  /// The error of the call that just failed on `image`.
  private func failure(of image: UnsafeRawBufferPointer) -> JPEGError {
    // Some cameras pad their images with zeros.
    let content = image.prefix((image.lastIndex { $0 != 0 } ?? -1) + 1)
    let startMarker: [UInt8] = [0xFF, 0xD8]
    let endMarker: [UInt8] = [0xFF, 0xD9]
    return content.starts(with: startMarker) && !content.suffix(2).elementsEqual(endMarker)
      ? .truncated(byteCount: image.count)
      : .damaged(byteCount: image.count, reason: Self.lastError(of: handle))
  }

  private static func lastError(of handle: tjhandle?) -> String {
    tjGetErrorStr2(handle).map { String(cString: $0) } ?? "no reason given"
  }
}

extension tjscalingfactor {
  /// A width or height after scaling, as TurboJPEG rounds it (the macro TJSCALED).
  fileprivate func scaled(_ length: Int) -> Int {
    (length * Int(num) + Int(denom) - 1) / Int(denom)
  }
}
