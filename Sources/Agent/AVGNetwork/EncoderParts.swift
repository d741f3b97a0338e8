internal import AVGCore
internal import CKernels

// The steps that the passes of an encoder are made of. They write to the parts of a pass that are a sample's, or a slot's:
// the place of one of the samples that go backward at the same time.

extension Encoder {
  /// The parameters of the convolutions, which come first in the layout.
  var convolutionCount: Int { layers.last.map { $0.parameterEnd } ?? 0 }

  /// The floats of the transposed weights of all layers but the first.
  var transposedCount: Int { layers.dropFirst().reduce(0) { $0 + $1.weightCount } }

  /// Computes a part of layer `index` from the one below it.
  func forward(
    layer index: Int, _ sample: Int, _ pass: borrowing Pass, _ parameters: borrowing Parameters,
    part: avg_part = .whole
  ) {
    let output = pass.activations.part(
      sample * activationCount + activationOffsets[index], layers[index].outputCount)
    layers[index].forward(input(of: index, sample, pass), output, parameters.values, part: part)
  }

  /// Computes the features of all samples from the last layer.
  func features(_ pass: inout Pass, _ parameters: borrowing Parameters) {
    guard !layers.isEmpty else { return }
    guard let linear else {
      for sample in 0..<pass.batch { softmax(sample, pass) }
      return
    }
    if pass.batch > 1 {
      linear.pack(parameters.values, into: pass.packed.mutablePointer(0, linear.packedCount))
    }
    let images = input(of: layers.count, 0, pass)
    linear.forward(
      images, step: activationCount, pass.points.mutablePointer(0, pass.points.count), samples: pass.batch,
      packed: packed(pass), parameters.values)
  }

  /// Computes one sample's image points from the last layer.
  func softmax(_ sample: Int, _ pass: borrowing Pass) {
    guard let last = layers.last else { return }
    kernels.spatial_softmax(
      input(of: layers.count, sample, pass), Int32(last.outputHeight), Int32(last.outputWidth),
      Int32(last.outputChannels), pass.probabilities.part(sample * last.outputCount, last.outputCount),
      pass.points.part(sample * pass.pointStride, pass.pointStride))
  }

  /// Lays the weights out for the input gradients.
  func transposeWeights(_ pass: inout Pass, _ parameters: borrowing Parameters) {
    var place = 0
    for layer in layers.dropFirst() {
      layer.transposeWeights(parameters.values, pass.transposed.mutablePointer(place, layer.weightCount))
      place += layer.weightCount
    }
  }

  /// Computes a linear head's gradients, and the images' that it was computed from.
  func linearGradients(
    _ pass: inout Pass, _ parameters: borrowing Parameters, _ gradients: inout Gradients
  ) {
    guard let linear else { return }
    let batch = pass.batch
    let gradient = pass.pointsGradient.pointer(0, batch * linear.outputs)
    linear.weightGradient(
      input(of: layers.count, 0, pass), step: activationCount, gradient, samples: batch, &gradients)
    if batch > 1 {
      linear.packTransposed(parameters.values, into: pass.packed.mutablePointer(0, linear.packedCount))
    }
    linear.inputGradient(
      gradient, pass.imageGradient.mutablePointer(0, batch * linear.inputs), step: linear.inputs,
      samples: batch,
      packed: packed(pass), parameters.values)
  }

  private func packed(_ pass: borrowing Pass) -> UnsafePointer<Float>? {
    pass.batch > 1 ? pass.packed.pointer(0, pass.packed.count) : nil
  }

  /// Computes the last layer's gradient from that of the features.
  func featuresGradient(_ sample: Int, slot: Int, _ pass: borrowing Pass) {
    guard let last = layers.last else { return }
    let target = trueGradient(of: layers.count - 1, slot: slot, pass)
    let image = input(of: layers.count, sample, pass)
    guard let linear else {
      return kernels.spatial_softmax_gradient(
        pass.probabilities.pointer(sample * last.outputCount, last.outputCount),
        pass.points.pointer(sample * pass.pointStride, pass.pointStride),
        pass.pointsGradient.pointer(sample * pass.pointStride, pass.pointStride), Int32(last.outputHeight),
        Int32(last.outputWidth), Int32(last.outputChannels), last.isRectified ? image : nil, target,
        last.gradientRowStride)
    }
    // Into the longer rows of the layer's gradient.
    let source = pass.imageGradient.pointer(sample * linear.inputs, linear.inputs)
    let length = last.outputWidth * last.outputChannels
    for row in 0..<last.outputHeight {
      for index in 0..<length {
        let place = row * length + index
        target[row * last.gradientRowStride + index] =
          last.isRectified && image[place] <= 0 ? 0 : source[place]
      }
    }
  }

  /// Computes the gradients of layer `index`'s weights and biases, at their places in `gradient`.
  func weightGradient(
    layer index: Int, _ sample: Int, slot: Int, _ pass: borrowing Pass,
    _ gradient: UnsafeMutablePointer<Float>
  ) {
    layers[index].weightGradient(
      input(of: index, sample, pass),
      pass.layerGradients.pointer(
        slot * gradientCount + gradientOffsets[index], layers[index].gradientCount), gradient)
  }

  /// Computes a part of the gradient of layer `index` − 1 from that of layer `index`.
  func inputGradient(
    layer index: Int, _ sample: Int, slot: Int, _ pass: borrowing Pass, part: avg_part = .whole
  ) {
    let layer = layers[index]
    let place = layers[1..<index].reduce(0) { $0 + $1.weightCount }
    layer.inputGradient(
      pass.layerGradients.pointer(slot * gradientCount + gradientOffsets[index], layer.gradientCount),
      rectified: layers[index - 1].isRectified ? input(of: index, sample, pass) : nil,
      trueGradient(of: index - 1, slot: slot, pass), rowStride: layers[index - 1].gradientRowStride,
      transposed: pass.transposed.pointer(place, layer.weightCount), part: part)
  }

  /// The floats of the output gradients of all layers for one sample.
  var gradientCount: Int { layers.reduce(0) { $0 + $1.gradientCount } }

  /// The input of layer `index`: the loaded frames or the output of the layer below. `layers.count` stands for the head.
  private func input(of index: Int, _ sample: Int, _ pass: borrowing Pass) -> UnsafePointer<Float> {
    index == 0
      ? pass.input.pointer(sample * inputCount, inputCount)
      : pass.activations.pointer(
        sample * activationCount + activationOffsets[index - 1], layers[index - 1].outputCount)
  }

  /// The output gradient of layer `index`, from the first entry behind the zeros of its border on.
  private func trueGradient(
    of index: Int, slot: Int, _ pass: borrowing Pass
  ) -> UnsafeMutablePointer<Float> {
    let layer = layers[index]
    return pass.layerGradients.part(
      slot * gradientCount + gradientOffsets[index] + layer.gradientOffset,
      layer.gradientCount - layer.gradientOffset)
  }
}

extension avg_part {
  /// All of a piece of work.
  static var whole: avg_part { avg_part(index: 0, count: 1) }
}
