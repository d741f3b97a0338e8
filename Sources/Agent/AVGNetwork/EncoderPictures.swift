public import AVGCore
internal import CKernels

// The places of an encoder's features in its images, for pictures.

extension Encoder {
  /// The image columns that image points of x = −1 and of x = 1 stand for.
  public var imageColumns: (first: Float, last: Float) { receptiveCentres(layers.last?.outputWidth ?? 0) }

  /// The image rows that image points of y = −1 and of y = 1 stand for.
  public var imageRows: (first: Float, last: Float) { receptiveCentres(layers.last?.outputHeight ?? 0) }

  /// The centres of the receptive fields of the first and the last of `count` outputs in a line, in pixels.
  private func receptiveCentres(_ count: Int) -> (first: Float, last: Float) {
    var centre: Float = 0
    var step: Float = 1
    for layer in layers {
      centre += Float(layer.shape.kernelSize - 1) / 2 * step
      step *= Float(layer.shape.stride)
    }
    return (centre, centre + Float(max(0, count - 1)) * step)
  }

  /// Copies the last convolution's activations for the first sample, without padding. It allocates: not for the loop.
  public func featureMaps(of pass: borrowing Pass) -> FeatureMaps? {
    guard let last = layers.last, let offset = activationOffsets.last else { return nil }
    let pixelCount = last.outputHeight * last.outputWidth
    let values = (0..<last.logicalChannels).flatMap { channel in
      (0..<pixelCount).map { pass.activations[offset + $0 * last.outputChannels + channel] }
    }
    return FeatureMaps(
      height: last.outputHeight, width: last.outputWidth, channels: last.logicalChannels, values: values)
  }
}
