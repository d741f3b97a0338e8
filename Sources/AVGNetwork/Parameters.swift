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

/// Gives each tensor of a network its place.
struct ParameterLayout {
  private(set) var parameters: [Parameter] = []
  private(set) var count = 0

  /// Reserves `storageCount` floats and returns where they begin.
  mutating func reserve(_ storageCount: Int) -> Int {
    defer { count += padded(storageCount) }
    return count
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
  /// The gradient of the loss.
  public var gradients: FloatBuffer
  /// Adam's running mean of the gradient; unused while β₁ is 0.
  public var firstMoments: FloatBuffer
  /// Adam's running mean of the squared gradient.
  public var secondMoments: FloatBuffer

  /// Makes a store of one vector of `count` zeros, for parameters that belong to no layer.
  public init(name: String, count: Int) {
    var layout = ParameterLayout()
    layout.name(name, shape: [count], dimensions: [(count, 1)], offset: layout.reserve(count))
    self.init(layout)
  }

  init(_ layout: ParameterLayout) {
    parameters = layout.parameters
    values = FloatBuffer(count: layout.count)
    gradients = FloatBuffer(count: layout.count)
    firstMoments = FloatBuffer(count: layout.count)
    secondMoments = FloatBuffer(count: layout.count)
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
