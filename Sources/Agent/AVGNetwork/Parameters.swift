internal import CKernels

/// The values of all of a network's parameters, in one buffer.
///
/// The network itself is constant and holds none, so one network serves several sets of values: those that are learned,
/// and those of a target network that follows them.
public struct Parameters: ~Copyable, Sendable {
  /// The places of the tensors.
  public let layout: ParameterLayout
  /// The values [layout.count]. Padding is zero, and must stay so.
  public var values: FloatBuffer

  /// Makes parameters that are all zero.
  public init(_ layout: ParameterLayout) {
    self.layout = layout
    values = FloatBuffer(count: layout.count)
  }

  /// The named tensors, in the order of their places.
  public var tensors: [Parameter] { layout.tensors }

  /// Returns other parameters of the same network with the same values.
  public func copy() -> Parameters {
    var copy = Parameters(layout)
    copy.values.copy(from: values)
    return copy
  }

  /// Multiplies the tensors of this name, without the network's own, by `factor`.
  public mutating func scale(_ name: String, by factor: Float) {
    for tensor in tensors where tensor.name.hasSuffix("." + name) {
      tensor.write(tensor.read(from: values).map { factor * $0 }, to: &values)
    }
  }

  /// Moves the values towards those of `other`, of the same network: θ ← rate·θ_other + (1 − rate)·θ.
  ///
  /// - Parameter rate: 0…1; 1 copies them.
  public mutating func follow(_ other: borrowing Parameters, rate: Double) {
    let count = values.count
    precondition(count == other.values.count, "\(count) values cannot follow \(other.values.count)")
    let (gain, rest) = (Float(rate), Float(1 - rate))
    InstructionSet.best.kernels.follow(
      gain, rest, other.values.pointer(0, count), values.mutablePointer(0, count), count)
  }
}
