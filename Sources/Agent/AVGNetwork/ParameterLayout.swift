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

  /// Returns the tensor's entries, in PyTorch's order, from a buffer of the network's layout.
  public func read(from buffer: borrowing FloatBuffer) -> [Float] {
    var entries = [Float]()
    entries.reserveCapacity(count)
    forEachPlace { entries.append(buffer[$0]) }
    return entries
  }

  /// Replaces the tensor's entries, given in PyTorch's order, in a buffer of the network's layout.
  public func write(_ entries: [Float], to buffer: inout FloatBuffer) {
    precondition(entries.count == count, "\(name) has \(count) entries, not \(entries.count)")
    var next = 0
    forEachPlace {
      buffer[$0] = entries[next]
      next += 1
    }
  }

  /// Sets every entry in a buffer of the network's layout to `number`.
  public func fill(_ buffer: inout FloatBuffer, with number: Float) { forEachPlace { buffer[$0] = number } }

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

/// The places of a dense layer's weights [inputs, outputs] and of their gradient's factors.
///
/// One sample's gradient of y = Wx + b is the outer product x dyᵀ: x [inputs] and dy [outputs] say all of it.
struct OuterProduct: Sendable {
  /// The index of the first weight.
  var weights: Int
  var inputs: Int
  var outputs: Int
  /// The index of x among all factors; dy follows, on the next boundary of a kernel's block.
  var factors: Int

  var count: Int { inputs * outputs }
  var outputFactors: Int { factors + padded(inputs) }
}

/// The place of each tensor of a network in a buffer of its values, gradients or moments.
///
/// Layers reserve their places while a network is made; from then on the layout is constant.
public struct ParameterLayout: Sendable {
  /// The named tensors, in the order of their places.
  public private(set) var tensors: [Parameter] = []
  /// The length of a buffer, padding included.
  public private(set) var count = 0
  private(set) var outerProducts: [OuterProduct] = []
  /// The length of a buffer of all outer products' factors.
  private(set) var factorCount = 0

  init() {}

  /// Makes a layout of one vector of `count` numbers, for parameters that belong to no layer.
  public init(name: String, count: Int) {
    self.name(name, shape: [count], dimensions: [(count, 1)], offset: reserve(count))
  }

  /// The places that belong to no outer product, in their order.
  var plainRanges: [Range<Int>] {
    zip([0] + outerProducts.map { $0.weights + $0.count }, outerProducts.map(\.weights) + [count])
      .map { $0..<$1 }
  }

  /// Reserves `storageCount` floats and returns the index of the first.
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
    tensors.append(Parameter(name: name, shape: shape, dimensions: dimensions, offset: offset))
  }
}
