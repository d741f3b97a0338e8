/// Plain forms of the kernels, in double precision, written from their definitions.
enum Reference {
  /// y [H′, W′, O] = b + w ∗ x; x [planes, H, W, C] as stacked images, w [O, planes·C, k, k] in PyTorch's order.
  struct Convolution {
    var planes: Int
    var height: Int
    var width: Int
    var channels: Int
    var outputs: Int
    var size: Int
    var stride: Int

    var inputs: Int { planes * channels }
    var outputHeight: Int { (height - size) / stride + 1 }
    var outputWidth: Int { (width - size) / stride + 1 }

    func x(_ input: Int, _ row: Int, _ column: Int) -> Int {
      (((input / channels) * height + row) * width + column) * channels + input % channels
    }

    func y(_ output: Int, _ row: Int, _ column: Int) -> Int {
      (row * outputWidth + column) * outputs + output
    }

    func w(_ output: Int, _ input: Int, _ ky: Int, _ kx: Int) -> Int {
      ((output * inputs + input) * size + ky) * size + kx
    }

    /// Visits every product x·w that goes into an output.
    func forEachTap(_ visit: (_ x: Int, _ w: Int, _ y: Int) -> Void) {
      for output in 0..<outputs {
        for row in 0..<outputHeight {
          for column in 0..<outputWidth {
            for input in 0..<inputs {
              for ky in 0..<size {
                for kx in 0..<size {
                  visit(
                    x(input, row * stride + ky, column * stride + kx), w(output, input, ky, kx),
                    y(output, row, column))
                }
              }
            }
          }
        }
      }
    }

    func forward(_ input: [Float], _ weights: [Float], _ biases: [Float], isRectified: Bool) -> [Double] {
      var result = (0..<outputHeight * outputWidth * outputs).map { Double(biases[$0 % outputs]) }
      forEachTap { x, w, y in result[y] += Double(input[x]) * Double(weights[w]) }
      return isRectified ? result.map { max($0, 0) } : result
    }
  }

  /// x₀ y₀ x₁ y₁ … of an image [height, width, channels].
  static func spatialSoftmax(_ image: [Double], height: Int, width: Int, channels: Int) -> [Double] {
    (0..<channels).flatMap { channel in
      let exponentials = (0..<height * width).map { exponential(image[$0 * channels + channel]) }
      let total = exponentials.reduce(0, +)
      func position(_ index: Int, _ count: Int) -> Double {
        count > 1 ? -1 + 2 * Double(index) / Double(count - 1) : 0
      }
      let x = exponentials.indices.reduce(0) { $0 + exponentials[$1] * position($1 % width, width) }
      let y = exponentials.indices.reduce(0) { $0 + exponentials[$1] * position($1 / width, height) }
      return [x / total, y / total]
    }
  }

  /// eˣ by its series, after halving x until it is small.
  private static func exponential(_ x: Double) -> Double {
    guard abs(x) > 0.5 else {
      var (term, sum) = (1.0, 1.0)
      for index in 1..<20 {
        term *= x / Double(index)
        sum += term
      }
      return sum
    }
    let half = exponential(x / 2)
    return half * half
  }

  static func largestError(_ found: [Float], _ expected: [Double]) -> Double {
    let scale = max(expected.map(abs).max() ?? 0, 1e-9)
    return zip(found, expected).map { abs(Double($0) - $1) / scale }.max() ?? 0
  }
}
