internal import AVGCore
internal import AVGSystem

// Forward and backward passes of a perceptron. A batch goes through all layers in pieces of some samples, and its weights'
// gradients are cut into columns: threads may share both, and no result depends on who does which.

/// What the threads know of a pass. Who does a piece writes to that piece's floats alone.
private struct PerceptronWork {
  let network: MultilayerPerceptron
  let pass: UnsafePointer<MultilayerPerceptron.Pass>
  let values: UnsafePointer<FloatBuffer>
  /// What the layers' gradients are multiplied by.
  var scale: Float = 1
  /// Whether the input's gradient is computed.
  var reachesInput = true

  /// The work that a piece belongs to.
  static func of(_ context: UnsafeRawPointer) -> PerceptronWork {
    context.assumingMemoryBound(to: PerceptronWork.self).pointee
  }
}

/// The columns of a layer's weight gradient, for all samples.
private struct ColumnsWork {
  let layer: DenseLayer
  let x: UnsafePointer<Float>
  let step: Int
  let dy: UnsafePointer<Float>
  let samples: Int
  let gradient: UnsafeMutablePointer<Float>
}

extension MultilayerPerceptron {
  /// Computes `pass.output` from `pass.input`.
  public func forward(_ pass: inout Pass, _ parameters: borrowing Parameters) {
    if pass.batch > 1, pass.packed.wantWeights() {
      pack(parameters.values, into: &pass.packed.weights, transposed: false)
    }
    pass.usedSamples = pass.batch
    let pieces = Pass.pieceCount(of: pass.batch)
    withUnsafePointer(to: pass) { pass in
      withUnsafePointer(to: parameters.values) { values in
        let work = PerceptronWork(network: self, pass: pass, values: values)
        withUnsafePointer(to: work) {
          workers.run(pieces: pieces, $0) { context, piece in
            let work = PerceptronWork.of(context)
            work.network.forward(work.pass.pointee.samples(of: piece), work.pass.pointee, work.values.pointee)
          }
        }
      }
    }
  }

  /// Computes the gradients for the output gradient `outputGradient` [batch, outputs].
  ///
  /// The input's gradient is for `outputGradient` itself; that of the parameters is `scale` times as large. So one
  /// pass with gradient 1 serves both of AVG's losses: ∂Q/∂A for the policy, −2δ/σ_δ·∇Q for the critic.
  ///
  /// - Parameters:
  ///   - reachesInput: computes the input's gradient; else that is left as it was.
  ///   - gradients: takes the gradient of the only sample, or adds those of all.
  public func backward(
    _ pass: inout Pass, _ parameters: borrowing Parameters, outputGradient: [Float], scale: Float = 1,
    reachesInput: Bool = true, into gradients: inout Gradients
  ) {
    precondition(
      pass.batch == 1 || gradients.accumulates, "the gradients of \(pass.batch) samples must be added")
    setHeadGradient(&pass, outputGradient)
    backward(&pass, parameters, count: pass.batch, scale: scale, reachesInput: reachesInput)
    let batch = pass.batch
    weightGradient(
      first, pass.input.pointer(0, batch * inputs), step: inputs,
      pass.firstGradient.pointer(0, batch * first.outputs), samples: batch, &gradients)
    weightGradient(
      second, pass.hidden.pointer(0, batch * first.outputs), step: first.outputs,
      pass.secondGradient.pointer(0, batch * second.outputs), samples: batch, &gradients)
    weightGradient(
      head, pass.penultimate.pointer(0, batch * second.outputs), step: second.outputs,
      pass.headGradient.pointer(0, batch * head.outputs), samples: batch, &gradients)
  }

  /// Computes the input's gradient alone, of those samples whose output gradient is not zero; that of others is not
  /// written. Afterwards the pass has no activations any more to go backward from.
  public func backwardToInput(
    _ pass: inout Pass, _ parameters: borrowing Parameters, outputGradient: [Float]
  ) {
    setHeadGradient(&pass, outputGradient)
    // Normalised hidden vectors have more to them than their rows.
    guard pass.batch > 1, !normalizesHidden else {
      let isZero = outputGradient.allSatisfy { $0 == 0 }
      return backward(&pass, parameters, count: isZero ? 0 : pass.batch, scale: 1, reachesInput: true)
    }
    let count = pass.gather(self)
    backward(&pass, parameters, count: count, scale: 1, reachesInput: true)
    pass.scatterInputGradients(self, count: count)
  }

  /// Takes the gradient of the outputs [batch, outputs].
  private func setHeadGradient(_ pass: inout Pass, _ outputGradient: [Float]) {
    precondition(
      outputGradient.count == pass.batch * outputs,
      "\(pass.batch) × \(outputs) outputs, not \(outputGradient.count)")
    pass.clearGradients(isPadded: first.outputs != hiddenUnits)
    for sample in 0..<pass.batch {
      for output in 0..<outputs {
        pass.headGradient[sample * head.outputs + output] = outputGradient[sample * outputs + output]
      }
    }
  }

  /// Computes the gradients of the input and, times `scale`, of the layers' outputs, of the first `count` samples.
  private func backward(
    _ pass: inout Pass, _ parameters: borrowing Parameters, count: Int, scale: Float, reachesInput: Bool
  ) {
    guard count > 0 else { return }
    if pass.batch > 1, pass.packedTransposed.wantWeights() {
      pack(parameters.values, into: &pass.packedTransposed.weights, transposed: true)
    }
    let pieces = Pass.pieceCount(of: count)
    pass.usedSamples = count
    withUnsafePointer(to: pass) { pass in
      withUnsafePointer(to: parameters.values) { values in
        let work = PerceptronWork(
          network: self, pass: pass, values: values, scale: scale, reachesInput: reachesInput)
        withUnsafePointer(to: work) {
          workers.run(pieces: pieces, $0) { context, piece in
            let work = PerceptronWork.of(context)
            work.network.backwardToInput(work.pass.pointee.samples(of: piece), work)
          }
        }
      }
    }
  }

  /// Hands a layer's gradients to `gradients`, those of a batch cut into columns.
  private func weightGradient(
    _ layer: DenseLayer, _ x: UnsafePointer<Float>, step: Int, _ dy: UnsafePointer<Float>, samples: Int,
    _ gradients: inout Gradients
  ) {
    guard samples > 1 else { return layer.weightGradient(x, step: step, dy, samples: 1, &gradients) }
    let work = ColumnsWork(
      layer: layer, x: x, step: step, dy: dy, samples: samples,
      gradient: gradients.dense.mutablePointer(0, gradients.dense.count))
    withUnsafePointer(to: work) {
      workers.run(pieces: layer.columnPieces, $0) { context, piece in
        let work = context.assumingMemoryBound(to: ColumnsWork.self).pointee
        work.layer.addWeightGradient(
          work.x, step: work.step, work.dy, samples: work.samples, piece: piece, work.gradient)
      }
    }
  }

  /// The floats that a batch's packed weights take.
  var packedCount: Int { first.packedCount + second.packedCount + head.packedCount }

  /// Lays the weights out as a batch's kernels take them, forward or, transposed, backward.
  private func pack(_ values: borrowing FloatBuffer, into packed: inout FloatBuffer, transposed: Bool) {
    pack(first, at: 0, &packed, values, transposed: transposed)
    pack(second, at: first.packedCount, &packed, values, transposed: transposed)
    pack(head, at: first.packedCount + second.packedCount, &packed, values, transposed: transposed)
  }

  private func pack(
    _ layer: DenseLayer, at place: Int, _ packed: inout FloatBuffer, _ values: borrowing FloatBuffer,
    transposed: Bool
  ) {
    let target = packed.mutablePointer(place, layer.packedCount)
    if transposed {
      layer.packTransposed(values, into: target)
    } else {
      layer.pack(values, into: target)
    }
  }

  /// The packed weights of each layer; nil for a single sample, whose kernels take them as they are.
  private func layers(
    _ packed: borrowing PackedWeights
  ) -> (first: UnsafePointer<Float>?, second: UnsafePointer<Float>?, head: UnsafePointer<Float>?) {
    guard packed.weights.count > 0 else { return (nil, nil, nil) }
    return (
      packed.weights.pointer(0, first.packedCount),
      packed.weights.pointer(first.packedCount, second.packedCount),
      packed.weights.pointer(first.packedCount + second.packedCount, head.packedCount)
    )
  }

  fileprivate func forward(_ samples: Range<Int>, _ pass: borrowing Pass, _ values: borrowing FloatBuffer) {
    let (from, count) = (samples.lowerBound, samples.count)
    let packed = layers(pass.packed)
    let hidden = pass.hidden.part(from * first.outputs, count * first.outputs)
    let penultimate = pass.penultimate.part(from * second.outputs, count * second.outputs)
    first.forward(
      pass.input.pointer(from * inputs, count * inputs), step: inputs, hidden, samples: count,
      packed: packed.first, values)
    if normalizesHidden { pass.firstNormalization.normalize(hidden, samples, count: hiddenUnits) }
    activations.activate(hidden, count: count * first.outputs)
    second.forward(
      hidden, step: first.outputs, penultimate, samples: count, packed: packed.second, values)
    if normalizesHidden { pass.secondNormalization.normalize(penultimate, samples, count: hiddenUnits) }
    activations.activate(penultimate, count: count * second.outputs)
    normalize(penultimate, samples, pass)
    head.forward(
      penultimate, step: second.outputs, pass.output.part(from * head.outputs, count * head.outputs),
      samples: count, packed: packed.head, values)
  }

  /// Normalises the last hidden vectors of some samples, in place.
  private func normalize(
    _ penultimate: UnsafeMutablePointer<Float>, _ samples: Range<Int>, _ pass: borrowing Pass
  ) {
    if keepsActivated {
      let count = samples.count * second.outputs
      pass.activated.part(samples.lowerBound * second.outputs, count).update(from: penultimate, count: count)
    }
    let norms = pass.norms.part(samples.lowerBound, samples.count)
    for sample in 0..<samples.count {
      let vector = penultimate + sample * second.outputs
      switch normalization {
      case .none: break
      case .unit: norms[sample] = Activations.unitNormalize(vector, count: second.outputs)
      case .layer: norms[sample] = Activations.layerNormalize(vector, count: hiddenUnits)
      case .rms: norms[sample] = Activations.rootMeanSquareNormalize(vector, count: hiddenUnits)
      }
    }
  }

  /// Computes the gradients of the heads' input, both hidden vectors and, if wanted, the input from that of the output; then
  /// multiplies the layers', but not the input's, by the work's scale.
  fileprivate func backwardToInput(_ samples: Range<Int>, _ work: PerceptronWork) {
    backwardToInput(samples, work.pass.pointee, work.values.pointee, work)
  }

  private func backwardToInput(
    _ samples: Range<Int>, _ pass: borrowing Pass, _ values: borrowing FloatBuffer, _ work: PerceptronWork
  ) {
    let (from, count) = (samples.lowerBound, samples.count)
    let packed = layers(pass.packedTransposed)
    let hidden = pass.hidden.pointer(from * first.outputs, count * first.outputs)
    let d1 = pass.firstGradient.part(from * first.outputs, count * first.outputs)
    let d2 = pass.secondGradient.part(from * second.outputs, count * second.outputs)
    head.inputGradient(
      pass.headGradient.pointer(from * head.outputs, count * head.outputs), d2, step: second.outputs,
      samples: count, packed: packed.head, values)
    normalizeGradient(d2, samples, pass)
    let activated =
      keepsActivated
      ? pass.activated.pointer(from * second.outputs, count * second.outputs)
      : pass.penultimate.pointer(from * second.outputs, count * second.outputs)
    activations.activateGradient(activated, d2, count: count * second.outputs)
    if normalizesHidden { pass.secondNormalization.backward(d2, samples, count: hiddenUnits) }
    second.inputGradient(d2, d1, step: first.outputs, samples: count, packed: packed.second, values)
    activations.activateGradient(hidden, d1, count: count * first.outputs)
    if normalizesHidden { pass.firstNormalization.backward(d1, samples, count: hiddenUnits) }
    if work.reachesInput {
      first.inputGradient(
        d1, pass.inputGradient.part(from * inputs, count * inputs), step: inputs, samples: count,
        packed: packed.first, values)
    }
    let scale = work.scale
    guard scale != 1 else { return }
    let d3 = pass.headGradient.part(from * head.outputs, count * head.outputs)
    activations.scale(d1, by: scale, count: count * first.outputs)
    activations.scale(d2, by: scale, count: count * second.outputs)
    activations.scale(d3, by: scale, count: count * head.outputs)
  }

  /// Makes the gradients of the last hidden vectors of those of their normalised ones, in place.
  private func normalizeGradient(
    _ gradient: UnsafeMutablePointer<Float>, _ samples: Range<Int>, _ pass: borrowing Pass
  ) {
    let penultimate = pass.penultimate.pointer(
      samples.lowerBound * second.outputs, samples.count * second.outputs)
    for sample in 0..<samples.count {
      let (y, norm) = (penultimate + sample * second.outputs, pass.norms[samples.lowerBound + sample])
      let vector = gradient + sample * second.outputs
      switch normalization {
      case .none: break
      case .unit: Activations.unitNormalizeGradient(y, norm: norm, vector, count: second.outputs)
      case .layer: Activations.layerNormalizeGradient(y, deviation: norm, vector, count: hiddenUnits)
      case .rms: Activations.rootMeanSquareNormalizeGradient(y, root: norm, vector, count: hiddenUnits)
      }
    }
  }
}
