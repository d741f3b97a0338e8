public import AVGCore
import CTurboJPEG

/// An encoder of frames as JPEG images with TurboJPEG.
public struct JPEGEncoder: ~Copyable {
  private let handle: tjhandle

  /// Makes an encoder, to keep for many images.
  public init() throws(JPEGError) {
    guard let handle = tjInitCompress() else {
      throw .encoderUnavailable(reason: "TurboJPEG gives no compressor")
    }
    self.handle = handle
  }

  deinit {
    tjDestroy(handle)
  }

  /// Encodes `frame` with 4:2:0 chroma.
  ///
  /// - Parameter quality: 1…100.
  public func encode(_ frame: borrowing Frame, quality: Int = 85) throws(JPEGError) -> [UInt8] {
    let shape = frame.shape
    let capacity = tjBufSize(Int32(shape.width), Int32(shape.height), Int32(TJSAMP_420.rawValue))
    var size = capacity
    var bytes = [UInt8](repeating: 0, count: Int(capacity))
    let status = frame.pixels.withUnsafeBufferPointer { source in
      bytes.withUnsafeMutableBufferPointer { target in
        var start = target.baseAddress
        return tjCompress2(
          handle, source.baseAddress, Int32(shape.width), Int32(3 * shape.width), Int32(shape.height),
          Int32(TJPF_RGB.rawValue), &start, &size, Int32(TJSAMP_420.rawValue), Int32(quality),
          TJFLAG_NOREALLOC)
      }
    }
    guard status == 0 else { throw .unusableSize(width: shape.width, height: shape.height) }
    bytes.removeLast(bytes.count - Int(size))
    return bytes
  }
}
