import AVGCore
import AVGImaging
import Synchronization

/// Turns the raw frames of a log into JPEG images, on the thread that writes it: the control loop neither waits for that
/// nor allocates.
final class FrameCompressor: @unchecked Sendable {
  /// The channel of the frames; 0, which is none, until it has been defined.
  let channel = Atomic<UInt16>(0)

  private let path: String
  private let quality: Int
  /// The writing thread's alone.
  private let encoder: JPEGEncoder

  /// Makes a compressor.
  ///
  /// - Parameters:
  ///   - path: the log's.
  ///   - quality: 1…100.
  init(quality: Int, path: String) throws(LogError) {
    self.path = path
    self.quality = quality
    do throws(JPEGError) { encoder = try JPEGEncoder() } catch {
      throw .system(file: path, action: "compress frames", reason: "\(error)")
    }
  }

  /// Appends a foxglove.CompressedImage in the place of a foxglove.RawImage.
  ///
  /// - Returns: false for a message that is none.
  func rewrite(
    _ channel: UInt16, _ data: UnsafeRawBufferPointer, _ target: inout ByteBuffer
  ) throws(LogError) -> Bool {
    guard channel == self.channel.load(ordering: .relaxed), let fields = Protobuf.Fields(Array(data)) else {
      return false
    }
    var frame = Frame(
      shape: FrameShape(height: Int(fields.unsigned(3)), width: Int(fields.unsigned(2))))
    let pixels = fields.bytes(6)
    guard pixels.count == frame.shape.byteCount else { return false }
    frame.pixels = pixels
    do throws(JPEGError) {
      target.appendCompressedImage(try encoder.encode(frame, quality: quality), time: fields.nanoseconds(1))
    } catch {
      throw .system(file: path, action: "compress a frame", reason: "\(error)")
    }
    return true
  }
}

extension ByteBuffer {
  /// The fields of a foxglove.CompressedImage.
  mutating func appendCompressedImage(_ jpeg: [UInt8], time: UInt64) {
    append(field: 1, nanoseconds: time)
    append(field: 2, jpeg)
    append(field: 3, text: "jpeg")
    append(field: 4, text: "camera")
  }
}
