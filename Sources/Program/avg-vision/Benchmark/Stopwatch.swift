import AVGCore
import AVGSystem
import Glibc

/// A row: something that can be run repeatedly.
struct BenchmarkSubject {
  /// The name of the row.
  var name: String
  /// The encoder sharing, if it matters.
  var encoder: String?
  /// The instruction set, if it matters.
  var instructionSet: String?
  /// The floating-point operations that it needs by definition; 0 if they are not counted.
  var operations = 0
  /// The transitions of the batch that it learns from, if it does.
  var samples: Int?
  /// The order of acting and learning, if it matters.
  var order: String?
  /// Runs it once.
  var run: () -> Void
  /// Restores the state after each run; not timed.
  var finish: () -> Void = {}
}

/// The times of a row, and the memory it allocated.
struct Timing {
  /// Processor times of all runs, sorted, in milliseconds.
  var milliseconds: [Double]
  /// Elapsed times of all runs, sorted, in milliseconds; longer if other programs use the core.
  var elapsedMilliseconds: [Double]
  /// Mean number of bytes allocated by a run, after the warm-up; nil if nothing counts them.
  var allocatedBytes: Double?

  var median: Double { milliseconds[milliseconds.count / 2] }
  var minimum: Double { milliseconds[0] }
  var p99: Double { milliseconds[min(milliseconds.count - 1, milliseconds.count * 99 / 100)] }
  var elapsedMedian: Double { elapsedMilliseconds[elapsedMilliseconds.count / 2] }
}

/// The count of the bytes that the program allocates, by a library that is preloaded, as `check-allocations` does.
enum AllocationCounter {
  /// Bytes allocated so far, by all threads; nil without such a library.
  static let allocatedBytes: (@convention(c) () -> UInt64)? =
    dlsym(nil, "avg_allocated_bytes").map { unsafeBitCast($0, to: (@convention(c) () -> UInt64).self) }
}

/// Times subjects in turn.
enum Stopwatch {
  /// The number of runs of a subject before the next one's turn: long enough for warm caches, short enough that a drift
  /// affects all subjects alike.
  private static let turn = 20

  /// Runs each subject `times` times, after `warmUp` runs that are not timed.
  ///
  /// - Parameter tell: called from time to time, between timings, with the completed share.
  static func time(
    _ subjects: [BenchmarkSubject], times: Int, warmUp: Int = 100, tell: (Double) -> Void
  ) -> [Timing] {
    let total = Double(subjects.count * (warmUp + times))
    for (index, subject) in subjects.enumerated() {
      tell(Double(index * warmUp) / total)
      for _ in 0..<warmUp {
        subject.run()
        subject.finish()
      }
    }
    var durations = subjects.map { _ in [Double](repeating: 0, count: times) }
    var elapsed = subjects.map { _ in [Double](repeating: 0, count: times) }
    let allocatedBytes = AllocationCounter.allocatedBytes
    var bytes = subjects.map { _ in UInt64(0) }
    for start in stride(from: 0, to: times, by: turn) {
      for (index, subject) in subjects.enumerated() {
        tell(Double(subjects.count * (warmUp + start) + index * min(turn, times - start)) / total)
        // An untimed run, because the caches hold the previous subject's data.
        subject.run()
        subject.finish()
        for time in start..<min(start + turn, times) {
          let before = allocatedBytes?() ?? 0
          let began = MonotonicInstant.now
          let spent = ProcessorTime.ofThread.milliseconds
          subject.run()
          durations[index][time] = ProcessorTime.ofThread.milliseconds - spent
          elapsed[index][time] = began.duration(to: .now).milliseconds
          bytes[index] += (allocatedBytes?() ?? 0) - before
          subject.finish()
        }
      }
    }
    return subjects.indices.map {
      Timing(
        milliseconds: durations[$0].sorted(), elapsedMilliseconds: elapsed[$0].sorted(),
        allocatedBytes: allocatedBytes == nil ? nil : Double(bytes[$0]) / Double(times))
    }
  }
}
