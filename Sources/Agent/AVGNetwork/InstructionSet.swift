import Glibc
internal import CKernels

/// A set of vector instructions that the kernels were compiled for.
///
/// All but SSE2 give the same results, bit for bit: the same products, summed in the same order, each multiply-add
/// rounded once. SSE2 has no fused multiply-add and rounds twice.
public enum InstructionSet: String, CaseIterable, Sendable {
  /// SSE2, which every x86-64 processor has.
  case sse2
  /// NEON, which every aarch64 processor has.
  case neon
  /// AVX2 with fused multiply-add.
  case avx2
  /// AVX-512 F, VL, DQ and BW.
  case avx512

  /// What the results depend on: sets of the same arithmetic compute the same bits. The number goes up when the order of
  /// the computation, or an elementary function, changes.
  public var arithmetic: String { self == .sse2 ? "unfused 1" : "fused 1" }

  /// A set of this processor that has the given arithmetic, the one in use if possible; nil if there is none.
  public static func computing(_ arithmetic: String) -> InstructionSet? {
    best.arithmetic == arithmetic ? best : available.last { $0.arithmetic == arithmetic }
  }

  /// The environment variable that names the set to use.
  public static let variable = "AVG_INSTRUCTION_SET"

  /// The sets that this processor has, the plainest first.
  public static var available: [InstructionSet] {
    allCases.filter { $0.table != nil }
  }

  /// The names of the sets that this processor has, for a sentence.
  public static var choice: String { available.map(\.rawValue).joined(separator: ", ") }

  /// The set that is used where none is asked for: what `AVG_INSTRUCTION_SET` names, if this processor has it, else the
  /// widest that it has.
  public static let best = environment.flatMap { try? named($0) } ?? widest

  /// What the environment asks for, if anything: an empty variable is as none.
  public static var environment: String? {
    getenv(variable).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  private static var widest: InstructionSet { available.last ?? .sse2 }

  /// The set of this name.
  ///
  /// - Throws: `InstructionSetError` if there is none, or this processor lacks it.
  public static func named(_ name: String) throws(InstructionSetError) -> InstructionSet {
    guard let set = InstructionSet(rawValue: name), set.table != nil else {
      throw InstructionSetError(name: name, isKnown: InstructionSet(rawValue: name) != nil)
    }
    return set
  }

  private var table: UnsafePointer<avg_kernels>? {
    switch self {
    #if arch(arm64)
      case .neon: avg_kernels_for(AVG_BASELINE)
      case .sse2: nil
    #else
      case .sse2: avg_kernels_for(AVG_BASELINE)
      case .neon: nil
    #endif
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

/// A name that no instruction set of this processor has.
public struct InstructionSetError: Error, Equatable, CustomStringConvertible {
  /// What was asked for.
  public let name: String
  /// Whether other processors have a set of this name.
  public let isKnown: Bool

  /// What failed, and what to do.
  public var description: String {
    let what = isKnown ? "an instruction set that this processor lacks" : "no such instruction set"
    return "\(what): \(name); choose of \(InstructionSet.choice), or leave it to the program"
  }
}

/// Rounds a number of channels or outputs up to what the kernels take.
func padded(_ count: Int) -> Int {
  let block = Int(AVG_CHANNEL_BLOCK)
  return (count + block - 1) / block * block
}
