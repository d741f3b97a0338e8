public import AVGCore

/// How the weights of a convolution are drawn.
public enum ConvolutionInitialization: String, SettingChoice {
  case deltaOrthogonal, orthogonal

  /// Which weights are drawn.
  public var meaning: String {
    switch self {
    case .deltaOrthogonal:
      "An orthogonal matrix at the kernel's centre, zeros around it (Xiao et al. 2018; ReLoD's choice)."
    case .orthogonal: "An orthogonal matrix over all taps, as PyTorch's orthogonal_ on the flattened kernel."
    }
  }
}

/// A matrix [rows, columns], row-major, with orthonormal rows or columns (whichever are fewer), times `gain`.
///
/// The modified Gram–Schmidt process on normal numbers, in double precision; the distribution is that of PyTorch's
/// `torch.nn.init.orthogonal_`.
func orthogonalMatrix(rows: Int, columns: Int, gain: Double, random: inout RandomSource) -> [Float] {
  let count = min(rows, columns)
  let length = max(rows, columns)
  var vectors = (0..<count * length).map { _ in random.normal() }
  vectors.withUnsafeMutableBufferPointer { vectors in
    for start in stride(from: 0, to: count * length, by: length) {
      for earlier in stride(from: 0, to: start, by: length) {
        var projection = 0.0
        for index in 0..<length { projection += vectors[start + index] * vectors[earlier + index] }
        for index in 0..<length { vectors[start + index] -= projection * vectors[earlier + index] }
      }
      var square = 0.0
      for index in 0..<length { square += vectors[start + index] * vectors[start + index] }
      let norm = square.squareRoot()
      for index in 0..<length { vectors[start + index] /= norm }
    }
  }
  return (0..<rows * columns).map { index in
    let (row, column) = (index / columns, index % columns)
    return Float(gain * vectors[rows <= columns ? row * length + column : column * length + row])
  }
}
