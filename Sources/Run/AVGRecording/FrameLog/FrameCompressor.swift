import AVGCore
import AVGSystem
import AVGImaging
import Synchronization

/// Compresses a log's raw frames to JPEG on the writer's thread, so that the control loop neither waits nor allocates.
final class FrameCompressor: @unchecked Sendable {
  /// The channel of the frames; 0, which is no channel, until it has been defined.
  let channel = Atomic<UInt16>(0)

  private let path: String
  private let quality: Int
  /// Used by the writer's thread only.
  private let encoder: JPEGEncoder

  /// Makes a compressor.
  ///
  /// - Parameters:
  ///   - path: the path of the log, for errors.
  ///   - quality: the JPEG quality, 1…100.
  init(quality: Int, path: String) throws(LogError) {
    self.path = path
    self.quality = quality
    do throws(JPEGError) { encoder = try JPEGEncoder() } catch {
      throw .system(file: path, action: "compress frames", reason: "\(error)")
    }
  }

  /// Replaces a foxglove.RawImage by a foxglove.CompressedImage.
  ///
  /// - Returns: false for any other message.
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
  /// Appends the fields of a foxglove.CompressedImage.
  mutating func appendCompressedImage(_ jpeg: [UInt8], time: UInt64) {
    append(field: 1, nanoseconds: time)
    append(field: 2, jpeg)
    append(field: 3, text: "jpeg")
    append(field: 4, text: "camera")
  }
}
