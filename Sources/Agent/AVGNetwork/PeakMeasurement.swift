import AVGCore
internal import CKernels

extension InstructionSet {
  /// The multiply-adds that one core does with this set when nothing else is asked of it, in 10⁹ operations a
  /// second (a multiply-add is two): the best of `tries` runs.
  public func measurePeakGigaflops(tries: Int = 20) -> Double {
    let count = 20_000
    var lanes: Int32 = 0
    var best = Duration.seconds(1)
    for _ in 0..<tries {
      let start = MonotonicInstant.now
      _ = kernels.multiply_add_chains(count, &lanes)
      best = min(best, start.duration(to: .now))
    }
    return Double(count * 12 * 2 * Int(lanes)) / best.seconds / 1e9
  }
}
