import AVGCore
import AVGImaging

/// Sends an image as a camera does that compresses it: what JPEG leaves out is gone.
struct JPEGCompression: ~Copyable {
  private var encoder: JPEGEncoder?
  private var decoder = JPEGDecoder()

  /// Encodes the pixels at a quality of 1…100 and decodes them again.
  ///
  /// - Throws: `SimulationError.compression`.
  mutating func apply(quality: Int, to frame: inout Frame) throws(SimulationError) {
    do throws(JPEGError) {
      if encoder == nil { encoder = try JPEGEncoder() }
      guard let image = try encoder?.encode(frame, quality: quality) else { return }
      // The array's own method does not pass on which error it was.
      var failure: JPEGError?
      image.withUnsafeBytes { bytes in
        do throws(JPEGError) { try decoder.decode(bytes, into: &frame) } catch { failure = error }
      }
      if let failure { throw failure }
    } catch {
      throw .compression(error)
    }
  }
}
