internal import AVGCore

/// How the weights of a convolution are drawn.
public enum ConvolutionInitialization: String, Codable, Sendable, CaseIterable {
  /// An orthogonal matrix at the kernel's centre, zeros around it (Xiao et al. 2018; ReLoD's choice).
  case deltaOrthogonal
  /// An orthogonal matrix over all taps, as PyTorch's `orthogonal_` on the flattened kernel.
  case orthogonal
}

/// A matrix [rows, columns], row-major, with orthonormal rows or columns (whichever are fewer), times `gain`.
///
/// The Gram–Schmidt process on normal numbers, in double precision; the distribution is that of PyTorch's
/// `torch.nn.init.orthogonal_`.
func orthogonalMatrix(rows: Int, columns: Int, gain: Double, random: inout RandomSource) -> [Float] {
  let count = min(rows, columns)
  let length = max(rows, columns)
  var vectors: [[Double]] = []
  while vectors.count < count {
    var vector = (0..<length).map { _ in random.normal() }
    // Twice is enough (Giraud et al. 2005): the second pass removes what rounding left of the first.
    for _ in 0..<2 {
      for earlier in vectors {
        removeProjection(on: earlier, from: &vector)
      }
    }
    let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    vectors.append(vector.map { $0 / norm })
  }
  return (0..<rows * columns).map { index in
    let (row, column) = (index / columns, index % columns)
    return Float(gain * (rows <= columns ? vectors[row][column] : vectors[column][row]))
  }
}

/// Takes from `vector` its part along `direction`, of length 1.
///
/// Plain loops: this is nearly all of the time that it takes to draw a network, above all in a debug build.
private func removeProjection(on direction: [Double], from vector: inout [Double]) {
  var projection = 0.0
  var index = 0
  while index < vector.count {
    projection += vector[index] * direction[index]
    index &+= 1
  }
  index = 0
  while index < vector.count {
    vector[index] -= projection * direction[index]
    index &+= 1
  }
}
