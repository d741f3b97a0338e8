internal import CKernels

/// A set of vector instructions that the kernels were compiled for.
public enum InstructionSet: String, CaseIterable, Sendable {
  /// SSE2 on x86-64, NEON on aarch64.
  case baseline
  /// AVX2 with fused multiply-add.
  case avx2
  /// AVX-512 F, VL, DQ and BW.
  case avx512

  /// The sets that this processor has, the plainest first.
  public static var available: [InstructionSet] {
    allCases.filter { $0.table != nil }
  }

  /// The widest set that this processor has.
  public static var best: InstructionSet {
    available.last ?? .baseline
  }

  private var table: UnsafePointer<avg_kernels>? {
    switch self {
    case .baseline: avg_kernels_for(AVG_BASELINE)
    case .avx2: avg_kernels_for(AVG_AVX2)
    case .avx512: avg_kernels_for(AVG_AVX512)
    }
  }

  /// The kernels of this set.
  var kernels: avg_kernels {
    guard let table else { preconditionFailure("this processor has no \(rawValue)") }
    return table.pointee
  }
}

/// Rounds a number of channels or outputs up to what the kernels take.
func padded(_ count: Int) -> Int {
  let block = Int(AVG_CHANNEL_BLOCK)
  return (count + block - 1) / block * block
}
