public import AVGCore

extension Parameters {
  /// Draws weights of which most are zero, so that inputs share few units and interfere less (Elsayed et al. 2024,
  /// algorithm 1); biases stay as they are.
  ///
  /// The weights of an output, n inputs wide, are uniform in ±1/√n; then ⌈`sparsity`·n⌉ of them, drawn at random, become
  /// zero. At least one stays, unlike in the published code, whose outputs of nine inputs or fewer lose all.
  public mutating func drawSparsely(sparsity: Double, random: inout RandomSource) {
    for tensor in tensors where tensor.shape.count > 1 {
      let inputs = tensor.shape.dropFirst().reduce(1, *)
      let bound = 1 / Double(inputs).squareRoot()
      let zeros = min(Int((sparsity * Double(inputs)).rounded(.up)), inputs - 1)
      var weights: [Float] = []
      weights.reserveCapacity(tensor.count)
      for _ in 0..<tensor.shape[0] {
        var row = (0..<inputs).map { _ in Float(random.uniform(in: -bound...bound)) }
        for index in random.choose(zeros, of: inputs) { row[index] = 0 }
        weights += row
      }
      tensor.write(weights, to: &values)
    }
  }
}

extension RandomSource {
  /// Draws `count` different numbers below `total`: the first of a shuffle (Fisher & Yates).
  fileprivate mutating func choose(_ count: Int, of total: Int) -> ArraySlice<Int> {
    var numbers = Array(0..<total)
    for index in 0..<count {
      numbers.swapAt(index, index + Int(uniform() * Double(total - index)))
    }
    return numbers.prefix(count)
  }
}
