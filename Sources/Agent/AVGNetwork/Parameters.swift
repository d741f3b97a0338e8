internal import CKernels

/// A named tensor of a network and its place in the network's buffers.
///
/// The shape and its row-major order are PyTorch's; the place is the kernels' layout, padded with zeros.
public struct Parameter: Sendable {
  /// The tensor's name, as in the published code: `actor.phi.0.weight`, say.
  public let name: String
  /// PyTorch's shape: [outputs, inputs, ky, kx], [outputs, inputs] or [outputs].
  public let shape: [Int]
  /// The tensor's dimensions as the kernels lay them out: row-major over these is row-major over `shape`.
  let dimensions: [Dimension]
  let offset: Int

  struct Dimension: Sendable {
    var count: Int
    var stride: Int
  }

  /// The number of entries, padding left out.
  public var count: Int { shape.reduce(1, *) }

  /// The tensor's entries in PyTorch's order.
  public func read(from buffer: borrowing FloatBuffer) -> [Float] {
    var entries = [Float]()
    entries.reserveCapacity(count)
    forEachPlace { entries.append(buffer[$0]) }
    return entries
  }

  /// Replaces the tensor's entries, given in PyTorch's order.
  public func write(_ entries: [Float], to buffer: inout FloatBuffer) {
    precondition(entries.count == count, "\(name) has \(count) entries, not \(entries.count)")
    var next = 0
    forEachPlace {
      buffer[$0] = entries[next]
      next += 1
    }
  }

  private func forEachPlace(_ visit: (Int) -> Void) {
    func walk(_ level: Int, _ place: Int) {
      if level == dimensions.count { return visit(place) }
      for index in 0..<dimensions[level].count {
        walk(level + 1, place + index * dimensions[level].stride)
      }
    }
    walk(0, offset)
  }
}

/// The weights [inputs, outputs] of a dense layer. Their gradient is x dyᵀ: x [inputs] and dy [outputs] are kept
/// instead of it.
struct OuterProduct: Sendable {
  var weights: Int
  var inputs: Int
  var outputs: Int
  /// Where x begins among the factors; dy follows.
  var factors: Int

  var count: Int { inputs * outputs }
  var outputFactors: Int { factors + padded(inputs) }
}

/// Gives each tensor of a network its place.
struct ParameterLayout {
  private(set) var parameters: [Parameter] = []
  private(set) var outerProducts: [OuterProduct] = []
  private(set) var count = 0
  private(set) var factorCount = 0

  /// Reserves `storageCount` floats and returns where they begin.
  mutating func reserve(_ storageCount: Int) -> Int {
    defer { count += padded(storageCount) }
    return count
  }

  /// Reserves the weights of a dense layer.
  mutating func reserveOuterProduct(inputs: Int, outputs: Int) -> OuterProduct {
    let product = OuterProduct(
      weights: reserve(inputs * outputs), inputs: inputs, outputs: outputs, factors: factorCount)
    factorCount = product.outputFactors + outputs
    outerProducts.append(product)
    return product
  }

  /// Names a tensor that lies at `offset`.
  mutating func name(_ name: String, shape: [Int], dimensions: [(count: Int, stride: Int)], offset: Int) {
    let dimensions = dimensions.map { Parameter.Dimension(count: $0.count, stride: $0.stride) }
    parameters.append(Parameter(name: name, shape: shape, dimensions: dimensions, offset: offset))
  }
}

/// All of a network's values, their gradients and Adam's two moments, each in one buffer.
public struct ParameterStore: ~Copyable, Sendable {
  /// The named tensors, in the order of their places.
  public let parameters: [Parameter]
  /// The parameters themselves.
  public var values: FloatBuffer
  /// Adam's running mean of the gradient; unused while β₁ is 0.
  public var firstMoments: FloatBuffer
  /// Adam's running mean of the squared gradient.
  public var secondMoments: FloatBuffer

  let outerProducts: [OuterProduct]
  /// The places that belong to no outer product, in their order.
  let plainRanges: [Range<Int>]
  /// The gradients of all that is no outer product's.
  var plainGradients: FloatBuffer
  /// x and dy of each outer product.
  var factors: FloatBuffer

  /// Makes a store of one vector of `count` zeros, for parameters that belong to no layer.
  public init(name: String, count: Int) {
    var layout = ParameterLayout()
    layout.name(name, shape: [count], dimensions: [(count, 1)], offset: layout.reserve(count))
    self.init(layout)
  }

  init(_ layout: ParameterLayout) {
    parameters = layout.parameters
    outerProducts = layout.outerProducts
    plainRanges = zip(
      [0] + outerProducts.map { $0.weights + $0.count }, outerProducts.map(\.weights) + [layout.count]
    ).map { $0..<$1 }
    values = FloatBuffer(count: layout.count)
    plainGradients = FloatBuffer(count: layout.count)
    firstMoments = FloatBuffer(count: layout.count)
    secondMoments = FloatBuffer(count: layout.count)
    factors = FloatBuffer(count: layout.factorCount)
  }

  /// The gradient of the loss. To read it multiplies out what dense layers keep as factors: for inspection.
  public var gradients: FloatBuffer {
    _read {
      for product in outerProducts { multiplyOut(product) }
      yield plainGradients
    }
    _modify { yield &plainGradients }
  }

  /// Σ of the squared gradients; not finite when any of them is not.
  ///
  /// ‖x dyᵀ‖² = ‖x‖²‖dy‖².
  func gradientSumOfSquares(_ kernels: avg_kernels) -> Float {
    var sum: Float = 0
    for range in plainRanges {
      sum += kernels.sum_of_squares(plainGradients.pointer(range.lowerBound, range.count), range.count)
    }
    for product in outerProducts {
      sum +=
        kernels.sum_of_squares(factors.pointer(product.factors, product.inputs), product.inputs)
        * kernels.sum_of_squares(factors.pointer(product.outputFactors, product.outputs), product.outputs)
    }
    return sum
  }

  private func multiplyOut(_ product: OuterProduct) {
    let gradient = plainGradients.pointer(product.weights, product.count)
    let outputs = factors.pointer(product.outputFactors, product.outputs)
    for input in 0..<product.inputs {
      let x = factors[product.factors + input]
      for output in 0..<product.outputs {
        gradient[input * product.outputs + output] = x * outputs[output]
      }
    }
  }

  /// Moves the values towards those of `other`, a store of the same layout: θ ← rate·θ_other + (1 − rate)·θ.
  ///
  /// - Parameter rate: 0…1; 1 copies them.
  public mutating func follow(_ other: borrowing ParameterStore, rate: Double) {
    let count = values.count
    precondition(count == other.values.count, "\(count) values cannot follow \(other.values.count)")
    let (gain, rest) = (Float(rate), Float(1 - rate))
    let followed = UnsafePointer(other.values.pointer(0, count))
    let target = values.pointer(0, count)
    for index in 0..<count {
      target[index] = gain * followed[index] + rest * target[index]
    }
  }
}
