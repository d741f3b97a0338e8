import AVGCore
import AVGImaging

/// Converts captured bytes in the negotiated format to frames.
enum FrameDecoder: ~Copyable {
  case jpeg(JPEGDecoder)
  case raw(RawImageConverter)

  /// Makes the decoder for the format that `device` sends.
  init(_ format: CaptureFormat, shape: FrameShape, device: String) throws(CameraError) {
    guard let pixelFormat = format.pixelFormat.rawPixelFormat else {
      // Negotiation accepts only JPEG and the raw formats.
      self = .jpeg(JPEGDecoder())
      return
    }
    let layout = RawImageLayout(
      pixelFormat, width: format.size.width, height: format.size.height, bytesPerRow: format.bytesPerRow,
      fields: format.fields)
    do throws(RawImageError) {
      self = .raw(try RawImageConverter(layout, encoding: format.encoding, shape: shape))
    } catch {
      throw .unusableLayout(device: device, cause: error)
    }
  }

  /// The damage that shows without decoding, found by looking at the length or at the first and last marker only.
  func visibleDamage(in bytes: UnsafeRawBufferPointer) -> FrameDamage? {
    guard !bytes.isEmpty else { return .empty }
    switch self {
    case .jpeg:
      return JPEGDecoder.hasStart(bytes) ? JPEGDecoder.hasEnd(bytes) ? nil : .truncated : .undecodable
    case .raw(let converter):
      return bytes.count < converter.byteCount ? .truncated : nil
    }
  }

  /// Decodes one image into `frame`.
  ///
  /// - Returns: the damage to the image, if any; then `frame` is unchanged.
  mutating func decode(_ bytes: UnsafeRawBufferPointer, into frame: inout Frame) -> FrameDamage? {
    switch consume self {
    case .jpeg(var decoder):
      let damage = decoder.damage(decoding: bytes, into: &frame)
      self = .jpeg(decoder)
      return damage
    case .raw(var converter):
      let damage = converter.damage(converting: bytes, into: &frame)
      self = .raw(converter)
      return damage
    }
  }
}

extension JPEGDecoder {
  fileprivate mutating func damage(
    decoding bytes: UnsafeRawBufferPointer, into frame: inout Frame
  ) -> FrameDamage? {
    do throws(JPEGError) {
      try decode(bytes, into: &frame)
      return nil
    } catch .truncated {
      return .truncated
    } catch {
      return .undecodable
    }
  }
}

extension RawImageConverter {
  fileprivate mutating func damage(
    converting bytes: UnsafeRawBufferPointer, into frame: inout Frame
  ) -> FrameDamage? {
    do throws(RawImageError) {
      try convert(bytes, into: &frame)
      return nil
    } catch {
      return .truncated
    }
  }
}
