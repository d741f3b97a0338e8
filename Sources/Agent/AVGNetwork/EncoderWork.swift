internal import AVGCore
internal import AVGSystem
internal import CKernels

// Forward and backward passes of an encoder, cut into pieces that threads may share. The layers of a single sample are cut
// into rows; of a batch, each sample is a piece. No result depends on who does which: rows do not depend on each other, and
// the gradients of samples are added in the samples' order.

/// What the threads know of a pass. Who does a piece writes to that piece's floats alone.
private struct EncoderWork {
  let encoder: Encoder
  let pass: UnsafePointer<Encoder.Pass>
  let parameters: UnsafePointer<Parameters>
  /// The layer whose parts are the pieces, or the first sample of those that are.
  var first = 0
  /// The parts that the layer is cut into.
  var parts: Int32 = 1

  init(_ encoder: Encoder, _ pass: UnsafePointer<Encoder.Pass>, _ parameters: UnsafePointer<Parameters>) {
    self.encoder = encoder
    self.pass = pass
    self.parameters = parameters
  }

  /// Does all pieces, with whoever is there.
  func share(_ pieces: Int, _ piece: WorkerPool.Piece) {
    withUnsafePointer(to: self) { encoder.workers.run(pieces: pieces, $0, piece) }
  }

  /// The work that a piece belongs to.
  static func of(_ context: UnsafeRawPointer) -> EncoderWork {
    context.assumingMemoryBound(to: EncoderWork.self).pointee
  }
}

extension Encoder {
  /// Computes `pass.points` from the loaded frames.
  public func forward(_ pass: inout Pass, _ parameters: borrowing Parameters) {
    let batch = pass.batch
    withUnsafePointer(to: pass) { pass in
      withUnsafePointer(to: parameters) { parameters in
        let work = EncoderWork(self, pass, parameters)
        if batch == 1 { return forwardInRows(work) }
        work.share(batch) { context, sample in
          let work = EncoderWork.of(context)
          for layer in work.encoder.layers.indices {
            work.encoder.forward(layer: layer, sample, work.pass.pointee, work.parameters.pointee)
          }
          if work.encoder.linear == nil { work.encoder.softmax(sample, work.pass.pointee) }
        }
      }
    }
    if batch == 1 || linear != nil { features(&pass, parameters) }
  }

  private func forwardInRows(_ work: EncoderWork) {
    var work = work
    for layer in layers.indices {
      work.first = layer
      work.parts = parts(of: layer)
      work.share(Int(work.parts)) { context, part in
        let work = EncoderWork.of(context)
        work.encoder.forward(
          layer: work.first, 0, work.pass.pointee, work.parameters.pointee,
          part: avg_part(index: Int32(part), count: work.parts))
      }
    }
  }

  /// Computes the parameters' gradients for the gradient of the features [batch, featureCount].
  ///
  /// - Parameter gradients: takes the gradient of the only sample, or adds those of all.
  public func backward(
    _ pass: inout Pass, _ parameters: borrowing Parameters, featureGradient: borrowing FloatBuffer,
    into gradients: inout Gradients
  ) {
    let batch = pass.batch
    precondition(batch == 1 || gradients.accumulates, "the gradients of \(batch) samples must be added")
    precondition(
      featureGradient.count == batch * featureCount,
      "\(batch) × \(featureCount) features, not \(featureGradient.count)")
    for sample in 0..<batch {
      for index in 0..<featureCount {
        pass.pointsGradient[sample * pass.pointStride + index] =
          featureGradient[sample * featureCount + index]
      }
    }
    transposeWeights(&pass, parameters)
    linearGradients(&pass, parameters, &gradients)
    let slots = gradients.accumulates ? pass.slots : 0
    withUnsafePointer(to: pass) { pass in
      withUnsafePointer(to: parameters) { parameters in
        let work = EncoderWork(self, pass, parameters)
        if slots == 0 {
          backwardInRows(work, gradients)
        } else {
          for first in stride(from: 0, to: batch, by: slots) {
            backward(work, samples: first..<min(first + slots, batch), &gradients)
          }
        }
      }
    }
  }

  /// The input gradients of the only sample's layers, each cut into rows, and then all weight gradients, the largest first.
  private func backwardInRows(_ work: EncoderWork, _ gradients: borrowing Gradients) {
    let gradient = gradients.dense.part(0, convolutionCount)
    // Alone, a layer's weight gradient comes while its output gradient is still in the cache.
    guard workers != nil else { return backward(0, slot: 0, work.pass.pointee, gradient) }
    var work = work
    featuresGradient(0, slot: 0, work.pass.pointee)
    for layer in layers.indices.dropFirst().reversed() {
      work.first = layer
      work.parts = parts(of: layer)
      work.share(Int(work.parts)) { context, part in
        let work = EncoderWork.of(context)
        work.encoder.inputGradient(
          layer: work.first, 0, slot: 0, work.pass.pointee,
          part: avg_part(index: Int32(part), count: work.parts))
      }
    }
    let weights = WeightWork(work: work, gradient: gradient)
    withUnsafePointer(to: weights) {
      workers.run(pieces: layers.count, $0) { context, layer in
        let weights = context.assumingMemoryBound(to: WeightWork.self).pointee
        weights.work.encoder.weightGradient(
          layer: layer, 0, slot: 0, weights.work.pass.pointee, weights.gradient)
      }
    }
  }

  /// The weights' gradients of as many samples as there are slots, added in the samples' order.
  private func backward(_ work: EncoderWork, samples: Range<Int>, _ gradients: inout Gradients) {
    var work = work
    work.first = samples.lowerBound
    work.share(samples.count) { context, slot in
      let work = EncoderWork.of(context)
      let count = work.encoder.convolutionCount
      work.encoder.backward(
        work.first + slot, slot: slot, work.pass.pointee,
        work.pass.pointee.slotGradients.part(slot * count, count))
    }
    for slot in 0..<samples.count {
      gradients.add(
        work.pass.pointee.slotGradients.pointer(slot * convolutionCount, convolutionCount), place: 0,
        count: convolutionCount)
    }
  }
}

extension Encoder {
  /// The parts that a layer is cut into: each prepares the weights for itself, so that nobody cuts for himself alone.
  private func parts(of layer: Int) -> Int32 { workers == nil ? 1 : layers[layer].parts }

  /// All gradients of one sample, one layer after the other.
  fileprivate func backward(
    _ sample: Int, slot: Int, _ pass: borrowing Pass, _ gradient: UnsafeMutablePointer<Float>
  ) {
    featuresGradient(sample, slot: slot, pass)
    for layer in layers.indices.reversed() {
      weightGradient(layer: layer, sample, slot: slot, pass, gradient)
      if layer > 0 { inputGradient(layer: layer, sample, slot: slot, pass) }
    }
  }
}

/// The layers' weight gradients of the only sample, which go to `gradient` as the parameters are laid out.
private struct WeightWork {
  let work: EncoderWork
  let gradient: UnsafeMutablePointer<Float>
}

extension WorkerPool? {
  /// Does all pieces, with the calling thread alone where there is no pool.
  func run(pieces: Int, _ context: UnsafeRawPointer, _ piece: WorkerPool.Piece) {
    if let pool = self { return pool.run(pieces: pieces, context, piece) }
    for index in 0..<pieces { piece(context, index) }
  }
}
